//! A lifetime that ends before rekeying begins.

use crate::model::Ipsec;
use crate::model::connection::{Rekeying, seconds};
use confvet_core::units::display_duration;
use confvet_core::{Context, Findings, Keys, Rule, Severity, Span};
use std::time::Duration;

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/rekey-margin", check };

fn check(model: &Ipsec, _: &Context<'_>, findings: &mut Findings) {
    let mut reported = Keys::new();
    for connection in model.live().filter(|connection| !connection.rekeys_in_time) {
        if let Some(rekeying) = model.reader(connection).rekeying() {
            conf(model, &rekeying, &mut reported, findings);
        }
    }
    swanctl(model, findings);
}

fn conf(model: &Ipsec, rekeying: &Rekeying<'_>, reported: &mut Keys<(Span, Option<Span>)>, findings: &mut Findings) {
    let (margin, margin_setting) = rekeying.margin;
    let margin_span = margin_setting.map(|setting| setting.value_span);
    let margin_name = margin_setting.map_or("margintime", |setting| setting.name.as_str());
    for &(name, lifetime, setting) in rekeying.lifetimes.iter().flatten() {
        let Some(span) = setting.map(|setting| setting.value_span).or(margin_span) else { continue };
        if !rekeying.is_late(lifetime, &model.program) || !reported.insert((span, margin_span)) {
            continue;
        }
        let show = |seconds| display_duration(Duration::from_secs(seconds));
        let name = setting.map_or(name, |setting| setting.name.as_str());
        let (severity, message) = match (margin >= lifetime, model.program.is_strongswan()) {
            (true, true) => (
                Severity::Error,
                format!(
                    "`{name}` {} is not longer than `{margin_name}` {}: strongSwan never rekeys, the SA simply expires",
                    show(lifetime),
                    show(margin)
                ),
            ),
            (true, false) => (
                Severity::Warning,
                format!(
                    "`{name}` {} is not longer than `{margin_name}` {}: there is no time left to rekey in",
                    show(lifetime),
                    show(margin)
                ),
            ),
            (false, _) => (
                Severity::Warning,
                format!(
                    "`{margin_name}` plus fuzz ({}) reaches `{name}` ({}): rekeying may start at once",
                    show(rekeying.with_fuzz),
                    show(lifetime)
                ),
            ),
        };
        let mut report = findings.report(span, message).severity(severity);
        if let Some(other) = margin_span.filter(|&other| other != span) {
            report = report.label(other, "the margin");
        }
        report.here(if margin_span.is_none() { "the margin defaults to 9m, the fuzz to 100%" } else { "" });
    }
}

fn swanctl(model: &Ipsec, findings: &mut Findings) {
    let Some(settings) = &model.swanctl else { return };
    for node in 1..settings.nodes.len() {
        let (Some(life), Some(rekey)) = (settings.option(node, "life_time"), settings.option(node, "rekey_time"))
        else {
            continue;
        };
        let (Some(life_seconds), Some(rekey_seconds)) = (seconds(&life.value), seconds(&rekey.value)) else { continue };
        if life_seconds > 0 && life_seconds <= rekey_seconds {
            let message = format!(
                "`life_time` {} is not longer than `rekey_time` {}: the SA expires before it is rekeyed",
                life.value, rekey.value
            );
            findings.report(life.value_span, message).label(rekey.value_span, "rekeyed here");
        }
    }
}
