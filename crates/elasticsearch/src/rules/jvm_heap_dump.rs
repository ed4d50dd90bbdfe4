//! Where heap dumps go, and whether they fit.

use crate::jvm::{FlagValue, JvmArgument, JvmOption, JvmSource};
use crate::model::Elasticsearch;
use crate::node::Node;
use confvet_core::{Category, Context, Edit, Findings, Rule, Severity, source};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/jvm-heap-dump", check };

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for (file, node) in model.read_jvm_files() {
        if file.source == JvmSource::IgnoredName
            || node.container.is_some()
            || node.is_managed()
            || node.is_for_tests(context)
        {
            continue;
        }
        for option in &file.options {
            if let Some(("HeapDumpPath", FlagValue::Set(path))) = option.flag() {
                report_path(node, option, path, findings);
            } else if let JvmArgument::Other(text) = &option.argument {
                report_log(node, option, text, context, findings);
            } else if option.switches_on("HeapDumpOnOutOfMemoryError") && node.in_production() && !has_path(node) {
                findings
                    .report(
                        option.span,
                        "heap dumps go to the working directory of the process: HeapDumpPath is not set",
                    )
                    .severity(Severity::Info)
                    .help("name a directory with room for the heap, such as /var/lib/elasticsearch-dumps");
            }
        }
    }
}

fn has_path(node: &Node) -> bool {
    node.jvm_options().all().any(|(_, option)| option.flag().is_some_and(|(name, _)| name == "HeapDumpPath"))
}

fn report_path(node: &Node, option: &JvmOption, path: &str, findings: &mut Findings) {
    let place = source::join("", path);
    let within =
        |directory: &str| place == directory || place.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'));
    let data = node.get("path.data").map(crate::settings::Setting::items).unwrap_or_default();
    let what = if within("/tmp") {
        "temporary storage"
    } else if data.iter().any(|data| within(&source::join("", &data.text))) {
        "the data disk"
    } else {
        return;
    };
    let options = node.jvm_options();
    let heap = options.jdks(&[]).iter().filter_map(|&jdk| options.heap(jdk).maximum).map(|heap| heap.size).max();
    let dumps = heap.map_or_else(|| "heap dumps".to_owned(), |heap| format!("heap dumps of {heap}"));
    findings
        .report(
            option.value_span,
            format!("{dumps} go to {path}: {what} fills up, and the node goes down a second time"),
        )
        .severity(Severity::Warning)
        .help("name a directory of its own with room for the heap")
        .suggest(
            "use a directory of its own",
            (option.value_span != option.span)
                .then(|| Edit::replace(option.value_span, "/var/lib/elasticsearch-dumps")),
        );
}

/// A log of collections that grows for ever: up to JDK 8 every one, later one that asks for it.
fn report_log(node: &Node, option: &JvmOption, text: &str, context: &Context<'_>, findings: &mut Findings) {
    let options = node.jvm_options();
    let on_8 = || options.jdks(&node.known_jdks(context)).contains(&8) && option.applies_to(8);
    let rotates = || options.on(8).any(|(_, other)| other.switches_on("UseGCLogFileRotation"));
    let endless = if text.starts_with("-Xloggc:") {
        on_8() && !rotates()
    } else {
        text.starts_with("-Xlog:") && text.contains("file=") && text.split([':', ',']).any(|part| part == "filecount=0")
    };
    if endless {
        findings
            .report(option.span, "the log of collections is never rotated: it grows until the disk is full")
            .severity(Severity::Info)
            .category(Category::Outage)
            .help("add -XX:+UseGCLogFileRotation with -XX:NumberOfGCLogFiles and -XX:GCLogFileSize (JDK 8), or a filecount above 0");
    }
}
