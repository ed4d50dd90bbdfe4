//! A rule that leaves nothing: no target is scraped, or no sample is stored.

use crate::model::{Chain, Document, KnownLabels, RelabelStep, Stage};
use crate::relabel::Action;
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/relabel-drops-everything", check };

/// More literals than this are not compared.
const MOST: usize = 1000;

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    for chain in document.comparable_chains() {
        let severity = if chain.stage == Stage::Write { Severity::Warning } else { Severity::Error };
        let mut labels = document.labels_before(&chain, ctx.version("prometheus"));
        let mut nothing_left = false;
        for (index, step) in chain.steps.iter().enumerate() {
            if step.is_sound() {
                nothing_left |= match step.rule.action {
                    Action::Drop => !nothing_left && unconditional(document, &chain, step, severity, findings),
                    Action::Keep => {
                        contradicts_earlier(document, &chain, index, severity, findings)
                            || shard_out_of_range(&chain, index, severity, findings)
                            || impossible(&chain, step, &labels, severity, findings)
                    }
                    Action::KeepEqual | Action::DropEqual => decided(&chain, step, &labels, severity, findings),
                    _ => false,
                };
            }
            labels.pass(step);
        }
    }
}

fn unconditional(
    document: &Document,
    chain: &Chain<'_>,
    step: &RelabelStep,
    severity: Severity,
    findings: &mut Findings,
) -> bool {
    if !step.drops_everything() {
        return false;
    }
    let noun = chain.stage.noun();
    findings
        .report(step.condition_span(), format!("this drop has no condition: it drops every {noun}"))
        .severity(severity)
        .suggest(
            "drop only where the label is set",
            document.drop_not_empty(step).filter(|_| !step.sources.is_empty()),
        );
    true
}

/// An earlier keep or drop on the same labels, with nothing in between that writes them, that leaves nothing which this
/// keep lets through.
fn contradicts_earlier(
    document: &Document,
    chain: &Chain<'_>,
    index: usize,
    severity: Severity,
    findings: &mut Findings,
) -> bool {
    let step = &chain.steps[index];
    let Some(own) = step.rule.regex.finite(MOST).filter(|own| !own.is_empty()) else { return false };
    for earlier in (0..index).rev() {
        let other = &chain.steps[earlier];
        let same = other.rule.source_labels == step.rule.source_labels && other.rule.separator == step.rule.separator;
        let none_passes = |passes: bool| own.iter().all(|word| other.rule.regex.matches(word) == Some(!passes));
        if same && other.is_sound() && other.rule.action == Action::Keep {
            let finite = other.rule.regex.finite(MOST).is_some_and(|others| !others.is_empty());
            if finite && none_passes(true) {
                let delete = if earlier + 1 == index { document.delete_step(step) } else { None };
                two_keeps(step, other, delete, severity, findings);
                return true;
            }
            return false;
        }
        if same && other.is_sound() && other.rule.action == Action::Drop && none_passes(false) {
            let (dropped, kept) = (other.rule.regex.as_str(), step.rule.regex.as_str());
            let message = format!("only `{kept}` is kept, but all of it is dropped before by `{dropped}`");
            findings
                .report(step.condition_span(), message)
                .severity(severity)
                .label(other.condition_span(), "the drop");
            return true;
        }
        if step.rule.source_labels.iter().any(|source| other.may_write(source) || other.deletes_name(source)) {
            return false;
        }
    }
    false
}

fn two_keeps(
    step: &RelabelStep,
    rival: &RelabelStep,
    delete: Option<Edit>,
    severity: Severity,
    findings: &mut Findings,
) {
    let (first, second) = (rival.rule.regex.as_str(), step.rule.regex.as_str());
    let report = findings
        .report(
            step.condition_span(),
            format!("keep rules are combined with AND: nothing can match both `{first}` and `{second}`"),
        )
        .severity(severity)
        .category(Category::Outage)
        .label(rival.condition_span(), "the other keep");
    if let (Some(regex), Some(delete)) = (rival.regex.as_ref().and_then(|regex| regex.exact), delete) {
        report.suggest_as(
            Safety::Safe,
            "keep what matches either",
            [Edit::replace(regex, format!("{first}|{second}")), delete],
        );
    }
}

/// A keep on the result of a `hashmod` for a shard that it never gives.
fn shard_out_of_range(chain: &Chain<'_>, index: usize, severity: Severity, findings: &mut Findings) -> bool {
    let step = &chain.steps[index];
    let [source] = step.rule.source_labels.as_slice() else { return false };
    let writer = chain.steps[..index].iter().rfind(|earlier| !earlier.is_sound() || earlier.may_write(source));
    let Some(writer) = writer.filter(|writer| writer.is_sound() && writer.rule.action == Action::HashMod) else {
        return false;
    };
    let modulus = writer.rule.modulus;
    let outside = |word: &String| word.parse().map_or(true, |shard: u64| shard >= modulus);
    if !step.rule.regex.finite(MOST).is_some_and(|shards| !shards.is_empty() && shards.iter().all(outside)) {
        return false;
    }
    let (shard, last) = (step.rule.regex.as_str(), modulus.saturating_sub(1));
    let noun = chain.stage.noun();
    findings
        .report(
            step.condition_span(),
            format!("`hashmod` with `modulus: {modulus}` gives 0 to {last}: keeping `{shard}` drops every {noun}"),
        )
        .severity(severity)
        .label(writer.value_span(crate::relabel::Field::Modulus).unwrap_or(writer.span), "the number of shards");
    true
}

/// A keep on labels whose values are all known, and do not match.
fn impossible(
    chain: &Chain<'_>,
    step: &RelabelStep,
    labels: &KnownLabels<'_>,
    severity: Severity,
    findings: &mut Findings,
) -> bool {
    if step.rule.source_labels.is_empty() {
        return false;
    }
    let Some(value) = labels.joined(step).filter(|value| step.rule.regex.matches(value) == Some(false)) else {
        return false;
    };
    let noun = chain.stage.noun();
    let shown = if value.chars().all(|c| c == ';') { "empty".to_owned() } else { format!("`{value}`") };
    findings
        .report(step.condition_span(), format!("this keep drops every {noun}: its labels are always {shown} here"))
        .severity(severity);
    true
}

/// A comparison of values that are both known.
fn decided(
    chain: &Chain<'_>,
    step: &RelabelStep,
    labels: &KnownLabels<'_>,
    severity: Severity,
    findings: &mut Findings,
) -> bool {
    let target = step.rule.target_label.as_str();
    let (Some(value), Some(other)) = (labels.joined(step), labels.value(target)) else { return false };
    let (action, noun) = (step.rule.action, chain.stage.noun());
    if (value == other) == (action == Action::KeepEqual) {
        return false;
    }
    let relation = if value == other { "equals" } else { "never equals" };
    findings
        .report(
            step.condition_span(),
            format!("this {action} drops every {noun}: `{value}` {relation} `{other}`, the value of `{target}` here"),
        )
        .severity(severity);
    true
}
