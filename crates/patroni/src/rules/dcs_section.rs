//! Several stores, or one whose protocol the store no longer speaks.

use crate::Document;
use crate::model::Config;
use confvet_core::{Category, Context, Edit, Fact, Findings, Rule, Severity, Version};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/dcs-section", check: each_config!(check) };

fn check(config: &Config, ctx: &Context<'_>, findings: &mut Findings) {
    let mut sections: Vec<_> =
        config.dcs_sections().into_iter().filter(|entry| entry.value.entries().len() > 0).collect();
    let names: Vec<&str> = sections.iter().filter_map(|entry| entry.key.text()).collect();
    if let ([first, second], Some(used)) = (sections.first_chunk::<2>().map_or(&[][..], |two| two), names.iter().min())
    {
        findings
            .report(
                second.key.span(),
                format!(
                    "`{}` and `{}` are both configured; Patroni uses `{used}` and ignores the other",
                    names[0], names[1]
                ),
            )
            .label(first.key.span(), "the other store");
    }
    raft(config, findings);
    sections.retain(|entry| entry.key.text() == Some("etcd"));
    let Some(etcd) = sections.first().filter(|_| !ctx.facts.is_true(Fact::EtcdV2)) else { return };
    let message = "the `etcd` section speaks API v2, which etcd 3.4 and later have switched off and 3.6 has removed";
    let severity = match ctx.version("etcd") {
        Some(version) if *version >= Version::new(3, 4, 0) => Severity::Error,
        Some(_) => return,
        None if config.patroni.is_none() => Severity::Info,
        None => Severity::Warning,
    };
    let rename = config.local("etcd3").is_none().then(|| Edit::replace(etcd.key.span(), "etcd3"));
    findings
        .report(etcd.key.span(), message)
        .severity(severity)
        .category(Category::Outage)
        .help("use `etcd3`; keys of v2 are invisible to v3, so a running cluster must be migrated")
        .suggest("name the section `etcd3`", rename);
}

/// Voters: an even number of them tolerates no more failures than one fewer, and two none at all.
fn raft(config: &Config, findings: &mut Findings) {
    let Some(partners) = config.local("raft.partner_addrs").filter(|partners| partners.is_sequence()) else { return };
    let Some(own) = config.text("raft.self_addr") else { return };
    let mut voters: Vec<&str> = partners.items().filter_map(confvet_yaml::Node::as_str).collect();
    if partners.items().any(|partner| config.is_unknown(partner)) {
        return;
    }
    if let Some(itself) = partners.items().find(|partner| partner.as_str() == Some(own.value)) {
        findings
            .report(itself.span(), format!("`partner_addrs` names this member itself, `{}`", own.value))
            .severity(Severity::Warning)
            .category(Category::Outage)
            .label(own.span, "its own address");
    }
    voters.push(own.value);
    voters.sort_unstable();
    voters.dedup();
    let count = voters.len();
    if count < 3 || count.is_multiple_of(2) {
        let tolerated = (count - 1) / 2;
        findings
            .report(partners.key_span(), format!("{count} voters tolerate the loss of {tolerated}"))
            .severity(Severity::Warning)
            .category(Category::Outage)
            .help("use three or five voters");
    }
}
