//! A tag in quotes is on, whatever it says.

use super::Cluster;
use crate::Document;
use crate::model::Config;
use crate::parameter::switch;
use confvet_core::{Category, Context, Edit, Findings, Map, Rule, Safety, Set, Severity, Spanned, did_you_mean};
use confvet_yaml::Value;

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "patroni/tag-misread", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    for config in set.members.iter().flat_map(|member| member.model().configs()) {
        tags(config, findings);
    }
    for Cluster { members, .. } in super::clusters(set) {
        sources(&members, set.complete, findings);
    }
}

/// A member that replicates from one that is not there, or from one that replicates from it.
fn sources(members: &[&Config], complete: bool, findings: &mut Findings) {
    fn source(config: &Config) -> Option<Spanned<&str>> {
        config.text("tags.replicatefrom")
    }
    let named: Map<&str, &Config> = members.iter().filter_map(|config| Some((config.name()?.value, *config))).collect();
    for config in members.iter().filter(|_| members.len() > 1) {
        let (Some(own), Some(from)) = (config.name(), source(config)) else { continue };
        if own.value == from.value {
            continue;
        }
        if !named.contains_key(from.value) {
            let near = did_you_mean(from.value, named.keys().copied().filter(|name| *name != own.value));
            if complete || near.is_some() {
                let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                findings
                    .report(from.span, format!("`replicatefrom: {}` names no member of the cluster{hint}", from.value))
                    .severity(Severity::Warning)
                    .suggest("correct the name", near.map(|near| Edit::replace(from.span, near)));
            }
            continue;
        }
        let mut next = named.get(from.value).copied();
        for _ in 0..members.len() {
            let Some(follows) = next.and_then(source) else { break };
            if follows.value == own.value {
                findings
                    .report(
                        from.span,
                        format!("`{}` replicates from this member, directly or by others: a circle", from.value),
                    )
                    .severity(Severity::Warning)
                    .label(follows.span, "and back here");
                break;
            }
            next = named.get(follows.value).copied();
        }
    }
}

fn tags(config: &Config, findings: &mut Findings) {
    let tag = |name: &str| config.local("tags").and_then(|tags| tags.get(name));
    for (name, effect) in [
        ("nofailover", "this node never becomes the leader"),
        ("noloadbalance", "this node answers 503 on /replica"),
        ("clonefrom", "others clone from this node"),
        ("nosync", "no commit waits for this node"),
    ] {
        let Some(node) = tag(name).filter(|node| !config.is_unknown(*node)) else { continue };
        if let Value::Int(number) = node.value()
            && number != 0
        {
            findings
                .report(node.span(), format!("`{name}: {number}` is a number and therefore true: {effect}"))
                .severity(Severity::Warning)
                .category(config.category(node.span(), Category::Outage))
                .suggest_as(Safety::Safe, "write `true`", [Edit::replace(node.span(), "true")]);
        }
        let Some(text) = node.as_str().filter(|text| !text.is_empty()) else { continue };
        let meant = switch(text);
        let severity = if meant == Some(true) { Severity::Warning } else { Severity::Error };
        findings
            .report(node.span(), format!("`{name}: \"{text}\"` is a text and therefore true: {effect}"))
            .severity(severity)
            .category(config.category(node.span(), Category::Outage))
            .suggest_as(
                Safety::Safe,
                "drop the quotes",
                meant.map(|meant| Edit::replace(node.span(), meant.to_string())),
            );
    }
    for (flag, priority) in [("nofailover", "failover_priority"), ("nosync", "sync_priority")] {
        let (Some(on), Some(number)) = (tag(flag), tag(priority)) else { continue };
        let (Value::Bool(value), Some(rank)) = (on.value(), config.tag_number(priority)) else { continue };
        let agree = value != (rank > 0);
        let message = if agree {
            format!("`{flag}` and `{priority}` are both set; one of them is enough")
        } else {
            format!("`{flag}: {value}` and `{priority}: {rank}` disagree, and `{flag}` wins")
        };
        findings
            .report(number.span(), message)
            .severity(if agree { Severity::Info } else { Severity::Warning })
            .category(config.category(number.span(), Category::Maintainability))
            .label(on.span(), "the other tag");
    }
    if let (Some(from), Some(name)) = (tag("replicatefrom"), config.name())
        && from.as_str() == Some(name.value)
    {
        findings
            .report(from.span(), format!("`replicatefrom: {}` is this very member", name.value))
            .severity(Severity::Warning)
            .label(name.span, "its name");
    }
    no_stream(config, findings);
    near_misses(config, findings);
}

/// A member that does not stream needs an archive to follow.
fn no_stream(config: &Config, findings: &mut Findings) {
    let Some(tag) = config.local("tags.nostream").filter(|tag| tag.as_bool() == Some(true)) else { return };
    let is_set = |setting: &crate::model::Setting<'_>| setting.name() == "restore_command";
    let restores = config.parameter("restore_command").is_some() || config.recovery_settings().iter().any(is_set);
    if !restores && !config.has_custom_conf() {
        findings
            .report(tag.span(), "`nostream` without a `restore_command`: this member never gets any WAL")
            .severity(Severity::Warning);
    }
}

/// Tags of one's own are fine, unless they look like one of Patroni's.
fn near_misses(config: &Config, findings: &mut Findings) {
    for tag in config.entries("tags").filter(|tag| !tag.is_merge()) {
        let Some(name) = tag.key.text().filter(|name| !crate::tables::is_known("tags", name)) else { continue };
        let Some(near) = did_you_mean(name, crate::tables::keys_of("tags")) else { continue };
        findings
            .report(tag.key.span(), format!("`{name}` is a tag of your own to Patroni; did you mean `{near}`?"))
            .severity(Severity::Warning)
            .suggest("correct the name", [Edit::replace(tag.key.span(), near)]);
    }
}
