//! Where heap dumps go, and whether they fit.

use crate::jvm::{FlagValue, JvmOption, JvmSource};
use crate::model::Elasticsearch;
use crate::node::Node;
use confvet_core::{Context, Findings, Rule, Severity, source};

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
        .help("name a directory of its own with room for the heap");
}
