//! Permanent slots that can never be made.

use crate::Document;
use crate::model::Config;
use crate::parameter::{DcsOnly, plain_number};
use confvet_core::{Context, Fact, Findings, Rule, Set, Severity, Spanned};
use confvet_yaml::{Entry, Node};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "patroni/slots-misconfigured", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    let clusters = super::clusters(set);
    for member in &set.members {
        for config in member.model().configs() {
            let own = super::cluster_of(&clusters, config);
            let names: Vec<Spanned<&str>> =
                own.into_iter().flat_map(|cluster| &cluster.members).filter_map(|config| config.name()).collect();
            let stated = member.facts.number(Fact::Members).unwrap_or(0);
            slots(config, &names, stated.max(names.len() as u64), findings);
        }
    }
}

fn slots(config: &Config, names: &[Spanned<&str>], members: u64, findings: &mut Findings) {
    let Some(slots) = config.dynamic("slots").filter(|slots| slots.is_mapping()) else { return };
    for slot in slots.entries().filter(|slot| !slot.is_merge()) {
        one(config, slot, findings);
        let name = slot.key.text().unwrap_or_default();
        if let Some(member) = names.iter().find(|member| Config::slot_name(member.value) == name) {
            findings
                .report(
                    slot.key.span(),
                    format!("slot `{name}` is that of the member `{}`: its WAL is kept while it is away", member.value),
                )
                .severity(Severity::Info)
                .label(member.span, "the member");
        }
    }
    capacity(config, slots, members.saturating_sub(1), findings);
    retention(config, slots, findings);
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
    if level.is_some_and(|level| level.is_unknown()) {
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

fn capacity(config: &Config, section: Node<'_>, others: u64, findings: &mut Findings) {
    let slots = section.entries().filter(|slot| !slot.is_merge()).count() as u64;
    let wanted = slots.saturating_add(others);
    // Beside the standbys two senders are needed while a new replica is copied.
    for (name, wanted, what) in [
        ("max_replication_slots", wanted, format!("{slots} permanent slots and {others} other members")),
        ("max_wal_senders", others + 2, format!("{others} other members and the 2 senders of a new replica's copy")),
    ] {
        let setting = config.parameter(name);
        if setting.is_some_and(|setting| setting.is_unknown()) || (name == "max_wal_senders" && others == 0) {
            continue;
        }
        let accepted = DcsOnly::find(name).and_then(|own| {
            let text = setting.and_then(|setting| setting.text()).filter(|text| own.accepts(text));
            plain_number(text.unwrap_or(own.default))
        });
        #[expect(clippy::cast_precision_loss, reason = "numbers of slots are small")]
        let Some(most) = accepted.filter(|most| wanted as f64 > *most) else { continue };
        findings
            .report(
                setting.map_or(section.key_span(), |setting| setting.span()),
                format!("{what} exceed `{name}` {most}"),
            )
            .severity(Severity::Warning);
    }
}

/// A permanent slot whose consumer stays away keeps WAL for ever, unless a limit is set.
fn retention(config: &Config, section: Node<'_>, findings: &mut Findings) {
    let is_new = config.postgresql.is_some_and(|major| major >= 13);
    if is_new && section.entries().len() > 0 && config.parameter("max_slot_wal_keep_size").is_none() {
        findings
            .report(
                section.key_span(),
                "permanent slots keep WAL until the disk is full when their consumer stays away",
            )
            .severity(Severity::Info)
            .help("set `max_slot_wal_keep_size`");
    }
}
