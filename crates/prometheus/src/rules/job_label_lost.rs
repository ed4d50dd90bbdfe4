//! Targets that lose their `job` label: alerts and dashboards select by it.

use crate::meta::{self, MetaKind};
use crate::model::{Document, RelabelStep, Stage};
use crate::relabel::Action;
use compact_str::CompactString;
use confvet_core::{Context, Findings, Rule, Safety};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/job-label-lost", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    for chain in document.comparable_chains().filter(|chain| chain.stage == Stage::Target) {
        let last_write = chain.steps.iter().rposition(|step| step.may_write("job"));
        for (index, step) in chain.steps.iter().enumerate().filter(|(_, step)| step.is_sound()) {
            if last_write.is_some_and(|last| last > index) {
                continue;
            }
            if removes(step) {
                let written = step.target.as_ref().filter(|_| step.rule.action == Action::Replace);
                let span = written.map_or(step.condition_span(), |target| target.span);
                findings.report(span, "this removes the `job` label").help("leave `job` on the targets");
            } else if let (true, Some(target)) = (may_empty(&chain.steps[..index], step), &step.target) {
                let sources = step.rule.source_labels.join("`, `");
                findings
                    .report(target.span, format!("targets without `{sources}` lose their `job` label"))
                    .help("use `regex: (.+)`, so that nothing is written where the label is missing")
                    .suggest_as(Safety::Safe, "write only what is there", document.need_some(step));
            }
        }
    }
}

/// It takes the label away, whatever the target is.
fn removes(step: &RelabelStep) -> bool {
    let always = step.rule.action != Action::Replace || step.rule.regex.matches_everything();
    always && step.deletes_name("job")
}

/// It writes nothing to `job` where a target lacks the labels it reads, all of which a target may lack.
fn may_empty(earlier: &[RelabelStep], step: &RelabelStep) -> bool {
    let rule = &step.rule;
    if rule.action != Action::Replace || step.constant_target() != Some("job") || rule.source_labels.is_empty() {
        return false;
    }
    let optional = |name: &CompactString| {
        let rows = meta::rows_of(name);
        !rows.is_empty()
            && rows.iter().all(|row| row.kind == MetaKind::Prefix)
            && !earlier.iter().any(|step| step.demands(name) || step.may_write(name))
    };
    let nothing = rule.separator.repeat(rule.source_labels.len() - 1);
    let writes_nothing = || {
        let found = rule.regex.captures(&nothing).flatten();
        found.is_some_and(|found| rule.replacement.expand(&found).is_empty())
    };
    rule.source_labels.iter().all(optional) && writes_nothing()
}
