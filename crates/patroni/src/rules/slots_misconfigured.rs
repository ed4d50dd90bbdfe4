//! Permanent slots that can never be made.

use crate::model::{Config, Document};
use confvet_core::{Context, Fact, Findings, Rule, Severity};
use confvet_yaml::Entry;

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/slots-misconfigured", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.config() else { return };
    let Some(slots) = config.dynamic("slots").filter(|slots| slots.is_mapping()) else { return };
    for slot in slots.entries().filter(|slot| !slot.is_merge()) {
        one(config, slot, findings);
    }
    capacity(config, slots.entries().len(), ctx, findings);
}

fn one(config: &Config, slot: Entry<'_>, findings: &mut Findings) {
    let name = slot.key.text().unwrap_or_default();
    let is_logical = slot.value.get("type").and_then(confvet_yaml::Node::as_str) == Some("logical");
    if let Some(use_slots) = config.dynamic("postgresql.use_slots").filter(|node| node.as_bool() == Some(false)) {
        findings
            .report(slot.key.span(), format!("slot `{name}` is never created, because `use_slots` is false"))
            .label(use_slots.span(), "slots are off");
        return;
    }
    if !is_logical {
        return;
    }
    if config.is_standby_cluster() {
        findings.report(slot.key.span(), format!("slot `{name}` is logical, which a standby cluster cannot have"));
        return;
    }
    for key in ["database", "plugin"] {
        if slot.value.get(key).is_none() {
            let message = format!("slot `{name}` is logical and has no `{key}`: Patroni leaves it out");
            findings.report(slot.key.span(), message);
        }
    }
    let level = config.parameter("wal_level");
    if level.is_some_and(|level| config.is_unknown(level.entry.value)) {
        return;
    }
    let text = level.and_then(|level| level.text()).unwrap_or("replica");
    if text.eq_ignore_ascii_case("logical") {
        return;
    }
    let report = findings.report(
        slot.key.span(),
        format!(
            "slot `{name}` is logical but `wal_level` is {text}: it is never created and its consumer finds no slot"
        ),
    );
    let report = match level {
        Some(level) => report.label(level.span(), "not `logical`"),
        None => report,
    };
    report.help("set `wal_level: logical` in the dynamic parameters; it takes a restart");
}

fn capacity(config: &Config, slots: usize, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(setting) = config.parameter("max_replication_slots") else { return };
    let Some(most) = setting.text().and_then(crate::parameter::plain_number).filter(|most| *most >= 4.0) else {
        return;
    };
    let others = ctx.facts.number(Fact::Members).map_or(0, |members| members.saturating_sub(1));
    let wanted = u64::try_from(slots).unwrap_or(u64::MAX).saturating_add(others);
    #[expect(clippy::cast_precision_loss, reason = "numbers of slots are small")]
    if wanted as f64 > most {
        findings
            .report(
                setting.span(),
                format!("{slots} permanent slots and {others} other members exceed `max_replication_slots` {most}"),
            )
            .severity(Severity::Warning);
    }
}
