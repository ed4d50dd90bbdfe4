//! A lifetime that ends before rekeying begins.

use crate::keys::Key;
use crate::model::connection::seconds;
use crate::model::{Connection, Ipsec, Origin};
use crate::syntax::conf::Setting;
use confvet_core::units::display_duration;
use confvet_core::{Context, Findings, Rule, Severity, Span};
use std::collections::BTreeSet;
use std::time::Duration;

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/rekey-margin", check };

/// A time in seconds, and where it was set.
#[derive(Clone, Copy)]
struct Time {
    seconds: u64,
    span: Option<Span>,
}

fn check(model: &Ipsec, _: &Context<'_>, findings: &mut Findings) {
    let mut reported = BTreeSet::new();
    for connection in model.live().filter(|connection| connection.origin == Origin::IpsecConf) {
        conf(model, connection, &mut reported, findings);
    }
    swanctl(model, findings);
}

fn time(setting: Option<&Setting>, default: u64) -> Option<Time> {
    match setting {
        None => Some(Time { seconds: default, span: None }),
        Some(setting) => Some(Time { seconds: seconds(&setting.value)?, span: Some(setting.value_span) }),
    }
}

fn conf(
    model: &Ipsec,
    connection: &Connection,
    reported: &mut BTreeSet<(Span, Option<Span>)>,
    findings: &mut Findings,
) {
    let reader = model.reader(connection);
    if reader.is_off(Key::REKEY) && (reader.is_off(Key::REAUTH) || model.program.is_libreswan()) {
        return;
    }
    let Some(margin) = time(reader.margin(), 540) else { return };
    let fuzz = match reader.setting(Key::REKEYFUZZ) {
        None => 100,
        Some(setting) => setting.value.trim_end_matches('%').parse::<u64>().unwrap_or(100),
    };
    let (child, ike) = if model.program.is_libreswan() { (28_800, 28_800) } else { (3_600, 10_800) };
    let lifetimes = [
        ("lifetime", reader.lifetime(), child, reader.is_off(Key::REKEY)),
        ("ikelifetime", reader.setting(Key::IKELIFETIME), ike, reader.is_off(Key::REKEY) && reader.is_off(Key::REAUTH)),
    ];
    for (name, setting, default, off) in lifetimes {
        let Some(lifetime) = time(setting, default).filter(|lifetime| lifetime.seconds > 0 && !off) else { continue };
        let Some(span) = lifetime.span.or(margin.span) else { continue };
        let with_fuzz = margin.seconds.saturating_mul(100 + fuzz) / 100;
        let never = margin.seconds >= lifetime.seconds;
        let at_once = with_fuzz >= lifetime.seconds && !model.program.is_libreswan();
        if !(never || at_once) || !reported.insert((span, margin.span)) {
            continue;
        }
        let show = |seconds| display_duration(Duration::from_secs(seconds));
        let name = setting.map_or(name, |setting| setting.name.as_str());
        let margin_name = reader.margin().map_or("margintime", |setting| setting.name.as_str());
        let (severity, message) = match (never, model.program.is_strongswan()) {
            (true, true) => (
                Severity::Error,
                format!(
                    "`{name}` {} is not longer than `{margin_name}` {}: strongSwan never rekeys, the SA simply expires",
                    show(lifetime.seconds),
                    show(margin.seconds)
                ),
            ),
            (true, false) => (
                Severity::Warning,
                format!(
                    "`{name}` {} is not longer than `{margin_name}` {}: there is no time left to rekey in",
                    show(lifetime.seconds),
                    show(margin.seconds)
                ),
            ),
            (false, _) => (
                Severity::Warning,
                format!(
                    "`{margin_name}` plus fuzz ({}) reaches `{name}` ({}): rekeying may start at once",
                    show(with_fuzz),
                    show(lifetime.seconds)
                ),
            ),
        };
        let mut report = findings.report(span, message).severity(severity);
        if let Some(other) = margin.span.filter(|&other| other != span) {
            report = report.label(other, "the margin");
        }
        report.here(if margin.span.is_none() { "the margin defaults to 9m, the fuzz to 100%" } else { "" });
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
