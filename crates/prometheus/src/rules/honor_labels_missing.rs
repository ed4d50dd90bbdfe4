//! Federated or pushed series without `honor_labels`: they carry the job and the instance of the server in between.

use crate::model::{Document, Job, RelabelStep, Stage, Text};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/honor-labels-missing", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    for job in document.jobs() {
        if let Some(path) = job.federation_path() {
            if !job.honor_labels {
                lost(document, job, path, "federation", findings);
            }
            let selects = job.params.iter().any(|(name, values)| name == "match[]" && !values.is_empty());
            if !selects && !job.may_write("__param_match[]") && !job.group_sets("__param_match[]") {
                findings
                    .report(path.span, "federation needs `params` with `match[]`: without it no series is selected")
                    .help("add `params` with a `match[]` list, such as `['{job=\"node\"}']`");
            }
        } else if !job.honor_labels
            && let Some(place) = pushgateway(document, job, ctx)
        {
            lost(document, job, place, "a Pushgateway", findings);
        }
    }
}

fn lost(document: &Document, job: &Job, place: &Text, what: &str, findings: &mut Findings) {
    let wanted = job.metric_relabel.iter().any(RelabelStep::reads_exported);
    if wanted || job.ignores_labels_on_purpose {
        return;
    }
    let message = format!(
        "{what} without `honor_labels`: `job` and `instance` of the original series become `exported_job` and \
         `exported_instance`"
    );
    findings.report(place.span, message).suggest("take the labels as they come", document.honor(job));
}

/// What shows that a job scrapes a Pushgateway: its name, or the host of a target that is really scraped.
fn pushgateway<'a>(document: &Document, job: &'a Job, ctx: &Context<'_>) -> Option<&'a Text> {
    // A probe is sent to the Pushgateway by an exporter, whose own labels are right.
    if job.may_write("__param_target") || job.params.iter().any(|(name, _)| name == "target") {
        return None;
    }
    if let Some(name) = job.name.as_ref().filter(|name| is_pushgateway(&name.value)) {
        return Some(name);
    }
    let route = document.route(Stage::Target, job, ctx.version("prometheus"));
    let mut hosts = job.targets().filter(|target| is_pushgateway(&target.address.value));
    let scraped = hosts.find(|target| route.address(*target).is_some_and(|address| is_pushgateway(&address)));
    scraped.map(|target| target.address)
}

fn is_pushgateway(name: &str) -> bool {
    let starts_here = |at: usize| {
        let has = |word: &str| {
            name.as_bytes()[at..].get(..word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word.as_bytes()))
        };
        has("pushgateway") || has("push-gateway")
    };
    memchr::memchr2_iter(b'p', b'P', name.as_bytes()).any(starts_here)
}
