//! A label without which nothing is scraped, or nothing is stored, is taken away.

use crate::model::{Chain, Document, RelabelStep, Stage};
use crate::relabel::Action;
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/required-label-removed", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    for chain in document.chains() {
        let vital: &[&str] = match chain.stage {
            Stage::Target => {
                &["__address__", "__scheme__", "__metrics_path__", "__scrape_interval__", "__scrape_timeout__"]
            }
            Stage::Alertmanager => &["__address__", "__scheme__", "__alerts_path__"],
            Stage::Metric | Stage::Write => &["__name__"],
            Stage::Alert => continue,
        };
        for (index, step) in chain.steps.iter().enumerate().filter(|(_, step)| step.is_sound()) {
            let lost: Vec<&str> = vital.iter().copied().filter(|name| loses(&chain, index, name)).collect();
            if !lost.is_empty() {
                speak(document, &chain, step, &lost, findings);
            }
        }
    }
}

fn loses(chain: &Chain<'_>, index: usize, name: &str) -> bool {
    let step = &chain.steps[index];
    let always = step.rule.action != Action::Replace || step.rule.regex.matches_everything();
    always && step.deletes_name(name) && !chain.steps[index + 1..].iter().any(|later| later.sets_constant(name))
}

fn speak(document: &Document, chain: &Chain<'_>, step: &RelabelStep, lost: &[&str], findings: &mut Findings) {
    let names: Vec<String> = lost.iter().map(|name| format!("`{name}`")).collect();
    let names = names.join(", ");
    let message = match chain.stage {
        Stage::Metric => format!("this removes {names}: the whole scrape fails with \"missing metric name\""),
        Stage::Write => format!("this removes {names}: every series is sent without a name"),
        Stage::Alertmanager => format!("this removes {names}: no alert reaches this Alertmanager"),
        _ => {
            let error = match lost[0] {
                "__address__" => "no address",
                "__scheme__" => "unsupported protocol scheme",
                "__metrics_path__" => "the path becomes /",
                _ => "empty duration string",
            };
            format!("this removes {names}: every target of the job fails ({error})")
        }
    };
    let report = findings.report(step.condition_span(), message);
    if chain.stage.is_target() && step.rule.action == Action::LabelDrop && step.rule.regex.prefix().starts_with("__") {
        // What the rule was for happens anyway.
        report.suggest("delete the rule", document.delete_step(step));
        return;
    }
    if chain.stage == Stage::Target
        && step.rule.action == Action::LabelKeep
        && let Some(exact) = step.regex.as_ref().and_then(|regex| regex.exact)
    {
        report.suggest("keep the labels that start with `__`", [Edit::insert_after(exact, "|__.*")]);
    }
}
