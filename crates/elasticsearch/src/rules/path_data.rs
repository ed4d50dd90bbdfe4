//! Data, logs and repositories in each other's way, or where they do not last.

use crate::model::Elasticsearch;
use crate::node::Node;
use crate::settings::Scalar;
use confvet_core::{Category, Context, Findings, Rule, Severity, source};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/path-data", check };

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in
        model.sound_nodes().filter(|node| !node.is_for_tests(context) && node.container.is_none() && !node.is_managed())
    {
        let data = paths(node, "path.data");
        if let Some(setting) = node.get("path.data").filter(|_| data.len() > 1 && node.release.is_from(7, 13)) {
            findings
                .report(setting.value_span, "several data paths are deprecated since 7.13")
                .severity(Severity::Warning)
                .category(Category::Maintainability)
                .help("run one node a disk, or join the disks below the file system");
        }
        for path in data.iter().chain(&paths(node, "path.logs")) {
            report_place(path, findings);
        }
        for data in &data {
            report_overlaps(node, data, findings);
        }
    }
}

fn paths(node: &Node, key: &str) -> Vec<Scalar> {
    node.get(key).filter(|setting| !setting.is_open()).map(crate::settings::Setting::items).unwrap_or_default()
}

fn normal(path: &Scalar) -> String {
    source::join("", &path.text)
}

/// Is `path` the directory itself, or inside it?
fn is_within(path: &str, directory: &str) -> bool {
    path == directory || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

fn report_place(path: &Scalar, findings: &mut Findings) {
    let place = normal(path);
    if ["/tmp", "/var/tmp", "/dev/shm"].iter().any(|temporary| is_within(&place, temporary)) {
        findings
            .report(path.span, format!("`{}` is on temporary storage", path.text))
            .severity(Severity::Warning)
            .category(Category::DataLoss)
            .help("use for example /var/lib/elasticsearch");
    } else if is_within(&place, "/usr/share/elasticsearch") || place.split('/').any(is_unpacked) {
        findings
            .report(path.span, format!("`{}` is inside the installation and is lost with the next upgrade", path.text))
            .severity(Severity::Info)
            .category(Category::DataLoss)
            .help("keep data and logs outside the installation");
    }
}

/// `elasticsearch-7.17.6`
fn is_unpacked(directory: &str) -> bool {
    directory
        .strip_prefix("elasticsearch-")
        .is_some_and(|version| version.contains('.') && version.starts_with(|c: char| c.is_ascii_digit()))
}

fn report_overlaps(node: &Node, data: &Scalar, findings: &mut Findings) {
    let data_path = normal(data);
    for (key, what) in [("path.logs", "the logs"), ("path.repo", "a snapshot repository")] {
        for other in paths(node, key) {
            if is_within(&normal(&other), &data_path) || is_within(&data_path, &normal(&other)) {
                // Logs below the data are merely untidy.
                if key == "path.logs" && !is_within(&data_path, &normal(&other)) {
                    continue;
                }
                findings
                    .report(
                        other.span,
                        format!("{key} `{}` and path.data `{}` are in each other's way", other.text, data.text),
                    )
                    .label(data.span, "path.data")
                    .severity(Severity::Error)
                    .category(Category::DataLoss)
                    .help(format!("give {what} a directory of their own"));
            }
        }
    }
}
