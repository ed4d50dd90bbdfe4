//! A `labelmap` that copies several labels to one name, or internal labels to public names.

use crate::model::{Document, RelabelStep};
use crate::relabel::{Action, Part};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/labelmap-collision", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    for chain in document.chains() {
        let maps = |step: &&RelabelStep| step.rule.action == Action::LabelMap && step.is_sound();
        for step in chain.steps.iter().filter(maps) {
            let span = step.replacement.as_ref().map_or(step.condition_span(), |replacement| replacement.span);
            if let Some(internal) = copied_internal(step).filter(|_| chain.stage.is_target()) {
                let report =
                    findings.report(span, format!("internal labels such as `{internal}` are copied to public names"));
                report.help("let the regex name the labels that are wanted, such as `__meta_.+`");
            } else if collides(step) {
                findings
                    .report(span, "several labels can map to the same name; which one wins is not defined")
                    .suggest("write one `labelmap` for each, the one that shall win last", document.split_step(step));
            }
        }
    }
}

/// Two labels whose names match can be copied to one name.
fn collides(step: &RelabelStep) -> bool {
    let pattern = &step.rule.regex;
    let template = &step.rule.replacement;
    match template.constant() {
        Some(_) => pattern.finite(1).is_none(),
        None => {
            let named = template.references().any(|(reference, _, _)| reference.is_name());
            !named && pattern.varies_outside(|number| template.uses(number)).is_some()
        }
    }
}

/// An internal label that the rule copies to a name that every sample carries.
fn copied_internal(step: &RelabelStep) -> Option<&'static str> {
    let pattern = &step.rule.regex;
    let hidden = matches!(step.rule.replacement.parts(), [Part::Text(text), ..] if text.starts_with("__"));
    let internal = ["__address__", "__scheme__", "__metrics_path__"];
    let copied = internal.into_iter().find(|name| pattern.matches(name) == Some(true))?;
    let open = pattern.finite(1).is_none() && "__".starts_with(&pattern.prefix());
    (open && !hidden && !step.maps_to_itself()).then_some(copied)
}
