//! A query written into the path: the `?` is sent as `%3F`, and the exporter answers 404.

use crate::model::{Document, Text};
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/query-in-metrics-path", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    for (_, job) in document.pools() {
        if let Some(path) = &job.metrics_path {
            speak(path, || document.move_query(job), findings);
        }
        for step in job.relabel.iter().filter(|step| step.constant_target() == Some("__metrics_path__")) {
            if let Some(text) = step.replacement.as_ref().filter(|_| step.rule.replacement.constant().is_some()) {
                speak(text, Vec::new, findings);
            }
        }
        for (name, value) in job.groups.iter().flat_map(|group| &group.labels) {
            if name.value == "__metrics_path__" {
                speak(value, Vec::new, findings);
            }
        }
    }
}

fn speak(path: &Text, fix: impl FnOnce() -> Vec<Edit>, findings: &mut Findings) {
    let Some(at) = path.value.find(['?', '#']) else { return };
    let sign = &path.value[at..=at];
    let sent = if sign == "?" { "%3F" } else { "%23" };
    let report = findings.report(
        path.at(at..path.value.len()),
        format!("`{sign}` in the path is sent as `{sent}`; put the query into `params`"),
    );
    report.suggest("move the query into `params`", fix());
}
