//! A label that is read where it cannot exist: before the scrape, or after it.

use crate::model::{Chain, Document, RelabelStep, Stage, is_scrape_label};
use crate::relabel::Action;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/label-wrong-stage", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    for chain in document.comparable_chains() {
        for (index, step) in chain.steps.iter().enumerate().filter(|(_, step)| step.is_sound()) {
            let earlier = &chain.steps[..index];
            for name in step.names_read() {
                let label = &name.value;
                // What a rule that deletes `instance` before it is there does, `relabel-dead-rule` says.
                let dead = label == "instance" && step.rule.action == Action::LabelDrop;
                if dead || earlier.iter().any(|before| before.may_write(label)) {
                    continue;
                }
                if !chain.stage.is_target() && gone_after_scrape(document, &chain, label) {
                    findings.report(
                        name.span,
                        format!("`{label}` exists only in `relabel_configs`: target labels that start with `__` are gone after scraping"),
                    )
                    .suggest("move the rule to `relabel_configs`", document.move_over(chain.stage, chain.job, step));
                } else if chain.stage == Stage::Alert && label == "__name__" {
                    findings.report(name.span, "alerts carry no `__name__`");
                } else if chain.stage == Stage::Target && only_on_samples(&chain, label) {
                    findings
                        .report(
                            name.span,
                            format!(
                                "`{label}` is a label of scraped samples: this rule belongs in `metric_relabel_configs`"
                            ),
                        )
                        .suggest(
                            "move the rule to `metric_relabel_configs`",
                            document.move_over(chain.stage, chain.job, step),
                        );
                }
            }
        }
    }
}

fn gone_after_scrape(document: &Document, chain: &Chain<'_>, label: &str) -> bool {
    let set_by_targets =
        || document.jobs().any(|job| job.relabel.iter().any(|step| step.constant_target() == Some(label)));
    let set_by_samples = || document.jobs().any(|job| job.metric_relabel.iter().any(|step| step.may_write(label)));
    let in_place = || chain.stage == Stage::Metric || !set_by_samples();
    is_scrape_label(label) || label.starts_with("__tmp") && set_by_targets() && in_place()
}

/// Is the label one that only a scraped sample can have? Targets of most discoveries carry `__meta_*` and little else.
fn only_on_samples(chain: &Chain<'_>, label: &str) -> bool {
    let Some(job) = chain.job else { return false };
    if job.group_sets(label) || job.has_unknown_labels() {
        return false;
    }
    if matches!(label, "__name__" | "le" | "quantile") {
        return true;
    }
    let kubernetes = job.discoveries.iter().any(|discovery| discovery.sd == "kubernetes");
    let known = label.starts_with("__") || label == "job" || label == "instance" && kubernetes;
    let file = job.discoveries.iter().any(|discovery| discovery.sd == "file");
    let some = !job.discoveries.is_empty() || !job.groups.is_empty();
    !known && !file && some && !job.relabel.iter().any(RelabelStep::writes_anything)
}
