//! A rule that leaves nothing: no target is scraped, or no sample is stored.

use crate::model::{Chain, Document, RelabelStep, Stage};
use crate::relabel::Action;
use confvet_core::{Category, Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/relabel-drops-everything", check };

/// More literals than this are not compared.
const MOST: usize = 1000;

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    for chain in document.chains() {
        let severity = if chain.stage == Stage::Write { Severity::Warning } else { Severity::Error };
        for (index, step) in chain.steps.iter().enumerate().filter(|(_, step)| step.is_sound()) {
            match step.rule.action {
                Action::Drop if step.rule.regex.matches_everything() => {
                    let noun = chain.stage.noun();
                    let report = findings
                        .report(step.condition_span(), format!("this drop has no condition: it drops every {noun}"))
                        .severity(severity);
                    let add = (step.regex.is_none() && !step.sources.is_empty())
                        .then(|| step.add_not_empty.clone())
                        .flatten();
                    report.suggest("drop only where the label is set", add);
                }
                Action::Keep => match rival(&chain, index) {
                    Some((rival, both)) => contradiction(step, rival, both, severity, findings),
                    None => impossible(document, &chain, index, severity, ctx, findings),
                },
                _ => {}
            }
        }
    }
}

/// An earlier keep on the same labels that has no value in common with this one.
fn rival<'a>(chain: &Chain<'a>, index: usize) -> Option<(&'a RelabelStep, bool)> {
    let step = &chain.steps[index];
    let own = step.rule.regex.finite(MOST)?;
    for earlier in (0..index).rev() {
        let other = &chain.steps[earlier];
        let same = other.rule.source_labels == step.rule.source_labels && other.rule.separator == step.rule.separator;
        if same && other.rule.action == Action::Keep && other.is_sound() {
            let others = other.rule.regex.finite(MOST)?;
            return (!own.is_empty() && !others.is_empty() && !own.iter().any(|word| others.contains(word)))
                .then_some((other, earlier + 1 == index));
        }
        if step.rule.source_labels.iter().any(|source| other.may_write(source) || other.deletes_name(source)) {
            return None;
        }
    }
    None
}

fn contradiction(step: &RelabelStep, rival: &RelabelStep, adjacent: bool, severity: Severity, findings: &mut Findings) {
    let (first, second) = (rival.rule.regex.as_str(), step.rule.regex.as_str());
    let report = findings
        .report(
            step.condition_span(),
            format!("keep rules are combined with AND: nothing can match both `{first}` and `{second}`"),
        )
        .severity(severity)
        .category(Category::Outage)
        .label(rival.condition_span(), "the other keep");
    if !adjacent {
        return;
    }
    if let (Some(regex), Some(delete)) = (rival.regex.as_ref().and_then(|regex| regex.exact), step.delete_item.clone())
    {
        report.suggest_as(
            confvet_core::Safety::Safe,
            "keep what matches either",
            [Edit::replace(regex, format!("{first}|{second}")), delete],
        );
    }
}

/// A keep on labels whose values are all known, and do not match.
fn impossible(
    document: &Document,
    chain: &Chain<'_>,
    index: usize,
    severity: Severity,
    ctx: &Context<'_>,
    findings: &mut Findings,
) {
    let step = &chain.steps[index];
    if step.rule.source_labels.is_empty() {
        return;
    }
    let Some(value) = document.known_value(chain, index, ctx.version("prometheus")) else { return };
    if step.rule.regex.matches(&value) == Some(false) {
        let noun = chain.stage.noun();
        let shown = if value.chars().all(|c| c == ';') { "empty".to_owned() } else { format!("`{value}`") };
        findings
            .report(step.condition_span(), format!("this keep drops every {noun}: its labels are always {shown} here"))
            .severity(severity);
    }
}
