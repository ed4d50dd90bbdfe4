//! Reserved memory in the wrong unit, reserved twice, or hardly any.

use crate::cloud::{Cloud, Modules, Notation, Parameter, Scalar, node_memory};
use crate::model::Document;
use confvet_core::units::ByteSize;
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Set, Severity, Span};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/elasticache-reserved-memory", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    let modules = Modules::of(set);
    for cloud in modules.clouds() {
        check_cloud(cloud, &modules, findings);
    }
}

fn check_cloud(cloud: &Cloud, modules: &Modules<'_>, findings: &mut Findings) {
    for group in cloud.groups().filter(|group| !group.is_memorydb) {
        let bytes = group.parameter("reserved-memory");
        let percent = group.parameter("reserved-memory-percent");
        if let (Some(bytes), Some(percent)) = (bytes, percent) {
            findings
                .report(bytes.name.span, "`reserved-memory` and `reserved-memory-percent` exclude each other")
                .category(Category::Invalid)
                .label(percent.name.span, "the other one")
                .help("keep `reserved-memory-percent`: it fits every node type");
            continue;
        }
        // A module names the node type beside its parameters, a group is used by what names it.
        let own = group.attribute("node_type").into_iter();
        let nodes: Vec<&Scalar> =
            own.chain(modules.users_of(group).filter_map(|user| user.attribute("node_type"))).collect();
        if let Some(bytes) = bytes {
            in_bytes(cloud, &nodes, bytes, findings);
        }
        if let Some(percent) = percent {
            in_percent(cloud, &nodes, percent, findings);
        }
    }
}

fn in_bytes(cloud: &Cloud, nodes: &[&Scalar], parameter: &Parameter, findings: &mut Findings) {
    let Some(text) = parameter.value.text.as_deref() else { return };
    let Ok(value) = text.parse::<u64>() else {
        let number = text.trim_end_matches('%').trim();
        let percent = number.parse::<u64>().ok().filter(|&number| text.ends_with('%') && (1..=100).contains(&number));
        let report = findings
            .report(parameter.value.span, format!("`reserved-memory` is a number of bytes, got `{text}`"))
            .category(Category::Invalid);
        match percent {
            Some(number) => {
                report.help(format!("reserve a share of memory with `reserved-memory-percent = {number}`")).suggest_as(
                    Safety::Unsafe,
                    "reserve a share of memory",
                    by_percent(cloud, parameter, number),
                );
            }
            None => {
                report.help("write the bytes, or a share of memory with `reserved-memory-percent`");
            }
        }
        return;
    };
    match value {
        0 => {
            findings
                .report(parameter.value.span, "`reserved-memory 0` reserves nothing for backups and failovers")
                .severity(Severity::Warning)
                .help("without it a quarter is reserved");
        }
        1..1_048_576 => {
            let help = if value <= 100 {
                format!("reserve a share of memory with `reserved-memory-percent = {value}`; its default is already 25")
            } else {
                "reserve a share of memory with `reserved-memory-percent`; its default is already 25".to_owned()
            };
            findings
                .report(
                    parameter.value.span,
                    format!("`reserved-memory` is in bytes, so `{text}` reserves {value} bytes"),
                )
                .here(format!("{value} bytes, i.e. nothing"))
                .help(help)
                .suggest("reserve a share of memory", by_percent(cloud, parameter, value));
        }
        _ => against_nodes(nodes, parameter, value, findings),
    }
}

/// Renames the parameter, and writes the bare number.
fn by_percent(cloud: &Cloud, parameter: &Parameter, value: u64) -> Vec<Edit> {
    if cloud.notation == Notation::Reply || !(1..=100).contains(&value) {
        return Vec::new();
    }
    let mut edits = vec![Edit::replace(parameter.name.span, "reserved-memory-percent")];
    if parameter.value.text.as_deref() != Some(value.to_string().as_str()) {
        edits.push(Edit::replace(parameter.value.span, value.to_string()));
    }
    edits
}

fn against_nodes(nodes: &[&Scalar], parameter: &Parameter, value: u64, findings: &mut Findings) {
    let sized = nodes.iter().filter_map(|node| Some((node_memory(node.text.as_deref()?)?, node.span)));
    let sized: Vec<(ByteSize, Span)> = sized.collect();
    let (Some(&(smallest, small)), Some(&(largest, large))) =
        (sized.iter().min_by_key(|(memory, _)| *memory), sized.iter().max_by_key(|(memory, _)| *memory))
    else {
        return;
    };
    let reserved = ByteSize(value);
    let span = parameter.value.span;
    if reserved >= smallest {
        findings
            .report(span, format!("{reserved} are reserved of the {smallest} that the node has"))
            .label(small, "the node");
    } else if reserved < largest.percent(25) {
        findings
            .report(span, format!("{reserved} reserved of {largest} are less than a quarter"))
            .severity(Severity::Warning)
            .label(large, "the node");
    }
}

fn in_percent(cloud: &Cloud, nodes: &[&Scalar], parameter: &Parameter, findings: &mut Findings) {
    let Some(text) = parameter.value.text.as_deref() else { return };
    let span = parameter.value.span;
    let Some(value) = text.parse::<u64>().ok().filter(|value| *value <= 100) else {
        let bare = text.trim_end_matches('%').trim();
        let fixable =
            cloud.notation != Notation::Reply && bare.parse::<u64>().is_ok_and(|value| value <= 100) && bare != text;
        findings
            .report(span, format!("`reserved-memory-percent` is an integer from 0 to 100, got `{text}`"))
            .category(Category::Invalid)
            .suggest_as(Safety::Safe, format!("write `{bare}`"), fixable.then(|| Edit::replace(span, bare)));
        return;
    };
    let advised = |node: &Scalar| match node.text.as_deref() {
        Some(name) if name.ends_with(".micro") => 50,
        Some(name) if name.ends_with(".small") => 30,
        _ => 25,
    };
    let small = nodes.iter().max_by_key(|node| advised(node));
    let burstable = small.map_or(25, |node| advised(node));
    if value < 25 {
        findings
            .report(span, format!("{value} % reserved leave too little for backups and failovers under load"))
            .severity(Severity::Warning)
            .help("AWS advises not to go below the default of 25");
    } else if let Some(node) = small.filter(|_| value < burstable) {
        let name = node.text.as_deref().unwrap_or_default();
        findings
            .report(span, format!("AWS advises {burstable} % on `{name}`"))
            .severity(Severity::Info)
            .label(node.span, "a small node");
    } else if value > 50 {
        findings
            .report(span, format!("{value} % reserved leave less than half of the memory for data"))
            .severity(Severity::Info);
    }
}
