//! An expression that selects a job which no scrape configuration has.

use crate::model::{Document, Setup};
use crate::promql::Selector;
use confvet_core::{Context, Edit, Findings, Keys, Rule, Severity, did_you_mean};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/unknown-job-selector", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(jobs) = document.setup.as_ref().and_then(|config| job_labels(document, config)) else { return };
    let recorded: Keys<&str> = document.rules().filter_map(|(_, rule)| rule.recorded_name()).collect();
    for (_, rule) in document.rules() {
        for selector in rule.query.selectors.iter().filter(|selector| is_scraped(selector, &recorded)) {
            for matcher in selector.matchers.iter().filter(|matcher| matcher.label == "job") {
                let values = matcher.selected_values();
                let any = values.iter().any(|(value, _)| jobs.contains(value.as_str()));
                for (value, range) in values.iter().filter(|(value, _)| !jobs.contains(value.as_str())) {
                    let span = rule.place(range);
                    let near = did_you_mean(value, jobs.sorted().copied());
                    let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                    let report = findings
                        .report(span, format!("no scrape job is called `{value}`{hint}"))
                        .severity(if any { Severity::Info } else { Severity::Warning });
                    let edit = near.filter(|_| ctx.text(span) == value).map(|near| Edit::replace(span, near));
                    report.suggest("select the job that exists", edit);
                }
            }
        }
    }
}

/// A series that a target exposes, and not one that a rule of these files makes.
fn is_scraped(selector: &Selector, recorded: &Keys<&str>) -> bool {
    selector
        .name
        .as_deref()
        .is_none_or(|name| !recorded.contains(name) && !matches!(name, "ALERTS" | "ALERTS_FOR_STATE"))
}

/// Every value that `job` can have on a scraped series. `None` if that cannot be told.
fn job_labels<'a>(document: &'a Document, config: &'a Setup) -> Option<Keys<&'a str>> {
    if config.jobs.is_empty() || !config.jobs_complete || !config.remote_read.is_empty() {
        return None;
    }
    let mut values = Keys::new();
    for job in &config.jobs {
        if job.honor_labels || job.has_unknown_labels() {
            return None;
        }
        values.insert(job.title());
        let labels = job.groups.iter().flat_map(|group| &group.labels);
        values.extend(labels.filter(|(name, _)| name.value == "job").map(|(_, value)| value.value.as_str()));
        for step in job.relabel.iter().chain(&job.metric_relabel).filter(|step| step.may_write("job")) {
            let constant = step.rule.replacement.constant().filter(|_| step.constant_target() == Some("job"));
            values.insert(constant?);
        }
    }
    let makes_labels = |name: &str| matches!(name, "label_replace" | "label_join");
    let made = document.rules().any(|(_, rule)| rule.query.calls.iter().any(|(name, _)| makes_labels(name)));
    (!made).then_some(values)
}
