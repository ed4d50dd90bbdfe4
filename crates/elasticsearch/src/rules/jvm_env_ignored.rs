//! Heap and options in variables or flags that have no effect.

use crate::compose::is_java_opts;
use crate::jvm::JvmFile;
use crate::model::Elasticsearch;
use crate::node::{Carrier, Node, Variable};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/jvm-env-ignored", check };

/// Configured 1.x and 2.x, stops 5.x, ignored since.
const OLD: &[&str] = &[
    "ES_HEAP_SIZE",
    "ES_MIN_MEM",
    "ES_MAX_MEM",
    "ES_HEAP_NEWSIZE",
    "ES_DIRECT_SIZE",
    "ES_USE_IPV4",
    "ES_GC_OPTS",
    "ES_GC_LOG_FILE",
];

fn check(model: &Elasticsearch, _: &Context<'_>, findings: &mut Findings) {
    for node in &model.nodes {
        let known_script = node.container.as_ref().is_none_or(|container| container.official);
        for variable in node.environment.iter().filter(|_| known_script) {
            check_variable(node, variable, findings);
        }
        check_percentages(node, findings);
        report_heap_in_unit(node, findings);
    }
}

fn check_variable(node: &Node, variable: &Variable, findings: &mut Findings) {
    let name = variable.name.value.as_str();
    let own = if node.release.is_opensearch() { "OPENSEARCH_JAVA_OPTS" } else { "ES_JAVA_OPTS" };
    let empty = variable.value.as_ref().is_none_or(|value| value.text.is_empty());
    let (fate, severity) = if OLD.contains(&name) && !empty {
        if node.release.is_before(5, 0) {
            return;
        }
        let five = node.release.is_from(5, 0) && node.release.is_before(6, 0);
        if five { ("refused by 5.x", Severity::Error) } else { ("ignored since 6.0", Severity::Warning) }
    } else if matches!(name, "JAVA_OPTS" | "JAVA_TOOL_OPTIONS") && !empty && !node.release.is_before(5, 0) {
        ("ignored", Severity::Warning)
    } else if name == "ES_JVM_OPTIONS" && node.release.is_from(6, 0) {
        ("ignored since 6.0", Severity::Warning)
    } else if (name == "OPENSEARCH_JAVA_OPTS" && !node.release.is_opensearch())
        || (name == "ES_JAVA_OPTS" && node.release.is_opensearch())
    {
        ("ignored by this program", Severity::Warning)
    } else {
        return;
    };
    let category =
        if severity == Severity::Error && node.release.is_stated() { Category::Invalid } else { Category::Outage };
    let report = findings
        .report(variable.name.span, format!("{name} is {fate}: use {own} or jvm.options.d"))
        .severity(severity)
        .category(category);
    let has_own = node.environment.iter().any(|other| other.name.value == own);
    if let ("ES_HEAP_SIZE", Some(value), false) = (name, &variable.value, has_own)
        && crate::jvm::size_of(&value.text).is_some()
        && variable.name.span.file == value.content.file
    {
        let options = format!("-Xms{0} -Xmx{0}", value.text);
        // In a shell and in a unit the blank needs quotes; a value that has some already is left alone.
        let edits = match node.carrier {
            Carrier::Compose | Carrier::Kubernetes | Carrier::Eck | Carrier::Helm => {
                vec![Edit::replace(variable.name.span, own), Edit::replace(value.content, options)]
            }
            _ if variable.name.span.end + 1 != value.content.start => Vec::new(),
            _ if variable.in_unit => {
                vec![Edit::replace(variable.name.span.to(value.content), format!("\"{own}={options}\""))]
            }
            _ => {
                vec![Edit::replace(variable.name.span, own), Edit::replace(value.content, format!("\"{options}\""))]
            }
        };
        report.suggest_as(Safety::Safe, format!("use {own}"), edits);
    }
}

/// The options go into a variable of a unit: drop-ins of packages and of people override each other there.
fn report_heap_in_unit(node: &Node, findings: &mut Findings) {
    for variable in node.environment.iter().filter(|variable| variable.in_unit && is_java_opts(&variable.name.value)) {
        let Some(value) = &variable.value else { continue };
        let words = JvmFile::of_words(&value.text, value.content);
        if words.options.iter().any(|option| option.heap().is_some()) {
            findings
                .report(variable.name.span, format!("the heap is set by {} in a unit", variable.name.value))
                .severity(Severity::Info)
                .category(Category::Maintainability)
                .help("set it in jvm.options.d, where the other options are (before 7.7 in jvm.options)");
        }
    }
}

/// From 7.11 on, heap sizes that are derived from the roles follow, and win over shares of the memory.
fn check_percentages(node: &Node, findings: &mut Findings) {
    let options = node.jvm_options();
    let sized = options.mentions_heap();
    let automatic = node.release.is_from(7, 11) && !node.release.is_opensearch();
    for option in options.heap_shares() {
        let Some((name, _)) = option.flag() else { continue };
        let reason = if sized {
            "a heap size is set, and it wins"
        } else if automatic {
            "the automatic heap size follows and wins since 7.11"
        } else {
            continue;
        };
        findings
            .report(option.span, format!("{name} has no effect: {reason}"))
            .severity(Severity::Warning)
            .category(Category::Maintainability)
            .help("set -Xms and -Xmx instead");
    }
}
