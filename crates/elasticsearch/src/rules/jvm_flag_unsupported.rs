//! A flag that a JDK in use does not take: the JVM dies before Elasticsearch writes a line.

use crate::flags::{FlagState, JvmFlag};
use crate::jvm::{Collector, FlagValue, JvmArgument, JvmFile, JvmOption, JvmSource};
use crate::model::Elasticsearch;
use crate::node::Node;
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity, Span};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/jvm-flag-unsupported", check };

/// One JDK of each kind that was measured.
const MEASURED: [u16; 5] = [8, 11, 17, 21, 25];

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for (file, node) in model.read_jvm_files().filter(|(file, _)| file.source != JvmSource::IgnoredName) {
        let known = node.known_jdks(context);
        for option in &file.options {
            match &option.argument {
                JvmArgument::Flag { name, .. } => check_flag(node, file, option, name, &known, findings),
                JvmArgument::Other(text) => check_other(option, text, findings),
                JvmArgument::Heap { .. } | JvmArgument::Property { .. } => {}
            }
        }
    }
    for node in &model.nodes {
        check_collectors(node, context, findings);
    }
}

/// Which of some JDKs run the line.
fn running(option: &JvmOption, jdks: &[u16]) -> Vec<u16> {
    jdks.iter().copied().filter(|&jdk| option.applies_to(jdk)).collect()
}

fn check_flag(node: &Node, file: &JvmFile, option: &JvmOption, name: &str, known: &[u16], findings: &mut Findings) {
    let candidates = if known.is_empty() { running(option, &MEASURED) } else { running(option, known) };
    let Some(&first) = candidates.first() else { return };
    let Some(flag) = JvmFlag::find(name) else {
        let near = JvmFlag::nearest(name);
        // Not every flag of JDK 8 is in the table.
        if near.is_some() || !candidates.contains(&8) {
            report_unknown(option, name, first, near, findings);
        }
        return;
    };
    let refusing: Vec<u16> = candidates.iter().copied().filter(|&jdk| refuses(node, option, flag, jdk)).collect();
    let all_refuse = refusing.len() == candidates.len();
    if let Some(&jdk) = refusing.first().filter(|_| all_refuse || !known.is_empty()) {
        report_refused(file, option, flag, jdk, all_refuse, findings);
    } else if known.is_empty() {
        let seven = node.release.is_stated() && node.release.is_from(7, 0) && node.release.is_before(8, 0);
        if seven && option.applies_to(17) && flag.state(17) == FlagState::Refused && !node.release.is_opensearch() {
            findings
                .report(
                    option.span,
                    format!("{} is unknown to JDK 17, on which 7.x may run: the JVM does not start there", flag.name),
                )
                .severity(Severity::Info)
                .category(Category::Outage);
        }
    } else if candidates.iter().all(|&jdk| flag.state(jdk) == FlagState::Ignored) {
        findings
            .report(option.span, format!("{} has no effect in JDK {first}: it only prints a warning", flag.name))
            .severity(Severity::Warning)
            .category(Category::Maintainability);
    } else if let Some(jdk) = candidates.iter().find(|&&jdk| flag.state(jdk) == FlagState::Deprecated)
        // A range that ends says that somebody knows.
        && option.jdks.is_none_or(|range| range.to.is_none())
    {
        findings
            .report(option.span, format!("{} is deprecated in JDK {jdk}", flag.name))
            .severity(Severity::Info)
            .category(Category::Maintainability);
    }
}

/// Does a JDK refuse the flag where it stands?
fn refuses(node: &Node, option: &JvmOption, flag: &JvmFlag, jdk: u16) -> bool {
    let unlocked = |by: &str| {
        let before = node.jvm_options().on(jdk).take_while(|(_, other)| other.span != option.span);
        before.filter(|(_, other)| other.switches_on(by)).count() > 0
    };
    match flag.state(jdk) {
        FlagState::Refused => true,
        FlagState::Experimental => !unlocked("UnlockExperimentalVMOptions"),
        FlagState::Diagnostic => !unlocked("UnlockDiagnosticVMOptions"),
        FlagState::Accepted | FlagState::Deprecated | FlagState::Ignored | FlagState::Unmeasured => false,
    }
}

fn report_unknown(option: &JvmOption, name: &str, jdk: u16, near: Option<&str>, findings: &mut Findings) {
    let question = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    let report = findings
        .report(option.span, format!("{name} is unknown to JDK {jdk}: the JVM does not start{question}"))
        .severity(Severity::Error)
        .category(Category::Invalid);
    if let Some(near) = near
        && option.span.len() > name.len()
    {
        let at = match option.flag() {
            Some((_, FlagValue::Bare | FlagValue::Set(_))) => "-XX:".len(),
            _ => "-XX:+".len(),
        };
        let span = option.span.slice(at..at + name.len());
        report.suggest_as(Safety::Unsafe, format!("write {near}"), [Edit::replace(span, near)]);
    }
}

fn report_refused(
    file: &JvmFile,
    option: &JvmOption,
    flag: &JvmFlag,
    jdk: u16,
    all_refuse: bool,
    findings: &mut Findings,
) {
    let name = flag.name;
    let (message, unlock) = match flag.state(jdk) {
        FlagState::Experimental => (
            format!(
                "{name} is experimental in JDK {jdk}: the JVM does not start without -XX:+UnlockExperimentalVMOptions before it"
            ),
            Some("-XX:+UnlockExperimentalVMOptions"),
        ),
        FlagState::Diagnostic => (
            format!(
                "{name} is for diagnosis in JDK {jdk}: the JVM does not start without -XX:+UnlockDiagnosticVMOptions before it"
            ),
            Some("-XX:+UnlockDiagnosticVMOptions"),
        ),
        _ if MEASURED.iter().any(|&older| older < jdk && flag.state(older) != FlagState::Refused) => {
            (format!("{name} was removed and is unknown to JDK {jdk}: the JVM does not start"), None)
        }
        _ => (format!("{name} is unknown to JDK {jdk}: the JVM does not start"), None),
    };
    let category = if all_refuse { Category::Invalid } else { Category::Outage };
    let report = findings.report(option.span, message).severity(Severity::Error).category(category);
    let of_file = file.source != JvmSource::Environment && option.jdks.is_none();
    if let Some(unlock) = unlock {
        if of_file {
            report.suggest_as(
                Safety::Unsafe,
                "unlock it first",
                [Edit::insert_before(option.line, format!("{unlock}\n"))],
            );
        }
        return;
    }
    if let Some(range) = accepting_range(flag).filter(|_| of_file) {
        report.suggest_as(
            Safety::Safe,
            format!("use it only on the JDKs that take it (`{range}`)"),
            [Edit::insert_before(option.span, range)],
        );
    } else if let Some(new) =
        successor(name).filter(|_| option.jdks.is_none_or(|range| range.from >= 9) && option.span.len() > name.len())
    {
        report.suggest_as(Safety::Unsafe, format!("write `{new}`"), [Edit::replace(option.span, new)]);
    }
}

/// What does the same from JDK 9 on.
fn successor(flag: &str) -> Option<&'static str> {
    match flag {
        "UseConcMarkSweepGC" => Some("-XX:+UseG1GC"),
        _ if flag.starts_with("PrintGC") || flag.starts_with("PrintTenuring") => Some("-Xlog:gc*"),
        _ => None,
    }
}

/// The prefix of the JDKs from 8 on that take a flag.
fn accepting_range(flag: &JvmFlag) -> Option<&'static str> {
    const PREFIXES: [&str; 5] = ["8:", "8-13:", "8-20:", "8-24:", "8-:"];
    let taken = MEASURED.iter().take_while(|&&jdk| flag.state(jdk) != FlagState::Refused).count();
    PREFIXES.get(taken.checked_sub(1)?).copied()
}

/// `-xms4g`: options are case-sensitive.
fn check_other(option: &JvmOption, text: &str, findings: &mut Findings) {
    let Some(rest) =
        text.strip_prefix("-x").filter(|rest| ["ms", "mx", "ss", "mn"].iter().any(|size| rest.starts_with(size)))
    else {
        return;
    };
    findings
        .report(option.span, format!("`{text}` is no option: the JVM does not start; did you mean `-X{rest}`?"))
        .severity(Severity::Error)
        .category(Category::Invalid)
        .suggest_as(Safety::Unsafe, format!("write `-X{rest}`"), [Edit::replace(option.span.slice(1..2), "X")]);
}

fn check_collectors(node: &Node, context: &Context<'_>, findings: &mut Findings) {
    let options = node.jvm_options();
    let mut seen: Vec<Span> = Vec::new();
    for jdk in options.jdks(&node.known_jdks(context)) {
        let mut enabled: Vec<(Collector, &JvmOption)> = Vec::new();
        for (collector, option) in options.collectors(jdk) {
            let Some((name, value)) = option.flag() else { continue };
            let refused = JvmFlag::find(name).is_none_or(|flag| flag.state(jdk) == FlagState::Refused);
            enabled.retain(|(other, _)| *other != collector);
            if *value == FlagValue::On && !refused {
                enabled.push((collector, option));
            }
        }
        if let [(_, first), .., (_, last)] = enabled.as_slice()
            && !seen.contains(&last.span)
        {
            seen.push(last.span);
            findings
                .report(last.span, format!("two collectors are switched on for JDK {jdk}: the JVM does not start"))
                .label(first.span, "the other one")
                .severity(Severity::Error)
                .category(Category::Invalid)
                .help("keep one, or give each the range of JDKs it is for, such as `8-13:` and `14-:`");
        }
    }
}
