//! Several stores, or one whose protocol the store no longer speaks.

use crate::model::Document;
use confvet_core::{Category, Context, Fact, Findings, Rule, Severity, Version};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/dcs-section", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.config() else { return };
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
    sections.retain(|entry| entry.key.text() == Some("etcd"));
    let Some(etcd) = sections.first().filter(|_| !ctx.facts.is_true(Fact::EtcdV2)) else { return };
    let message = "the `etcd` section speaks API v2, which etcd 3.4 and later have switched off and 3.6 has removed";
    let severity = match ctx.version("etcd") {
        Some(version) if *version >= Version::new(3, 4, 0) => Severity::Error,
        Some(_) => return,
        None if config.patroni.is_none() => Severity::Info,
        None => Severity::Warning,
    };
    findings
        .report(etcd.key.span(), message)
        .severity(severity)
        .category(Category::Outage)
        .help("use `etcd3`; keys of v2 are invisible to v3, so a running cluster must be migrated");
}
