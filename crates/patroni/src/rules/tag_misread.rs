//! A tag in quotes is on, whatever it says.

use crate::model::Document;
use crate::parameter::switch;
use confvet_core::{Context, Edit, Findings, Rule, Safety, Severity};
use confvet_yaml::Value;

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/tag-misread", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.config() else { return };
    let tag = |name: &str| config.local("tags").and_then(|tags| tags.get(name));
    for (name, effect) in [
        ("nofailover", "this node never becomes the leader"),
        ("noloadbalance", "this node answers 503 on /replica"),
        ("clonefrom", "others clone from this node"),
        ("nosync", "no commit waits for this node"),
    ] {
        let Some(node) = tag(name).filter(|node| !config.is_unknown(*node)) else { continue };
        let Some(text) = node.as_str().filter(|text| !text.is_empty()) else { continue };
        let meant = switch(text);
        let severity = if meant == Some(true) { Severity::Warning } else { Severity::Error };
        findings
            .report(node.span(), format!("`{name}: \"{text}\"` is a text and therefore true: {effect}"))
            .severity(severity)
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
}
