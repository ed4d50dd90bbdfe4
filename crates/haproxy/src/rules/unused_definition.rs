//! Something that is defined and never used.

use crate::model::{Haproxy, Named, Proxy, SectionKind, Term};
use confvet_core::{Context, Findings, Rule, Severity};
use std::collections::BTreeSet;

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/unused-definition", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    if haproxy.is_part() || haproxy.global().any(|line| line.keyword().starts_with("lua-load")) {
        return;
    }
    let references = haproxy.references();
    let used: BTreeSet<(Named, &str)> =
        references.iter().map(|(_, reference)| (reference.named, reference.name)).collect();
    let mentioned: BTreeSet<&str> = haproxy.mentions().collect();
    if !haproxy.has_dynamic_routes() {
        for proxy in haproxy.proxies.iter().filter(|proxy| proxy.kind == SectionKind::Backend && !proxy.is_disabled()) {
            let holds_table = proxy.last("stick-table").is_some();
            let name = proxy.name();
            if !used.contains(&(Named::Backend, name))
                && !mentioned.contains(name)
                && !holds_table
                && !name.starts_with('_')
            {
                findings
                    .report(proxy.name_span(), format!("backend `{name}` is never used"))
                    .severity(Severity::Warning);
            }
        }
    }
    for (kind, named) in [
        (SectionKind::Userlist, Named::Userlist),
        (SectionKind::Resolvers, Named::Resolvers),
        (SectionKind::Cache, Named::Cache),
        (SectionKind::HttpErrors, Named::HttpErrors),
        (SectionKind::Peers, Named::Peers),
        (SectionKind::Mailers, Named::Mailers),
        (SectionKind::FcgiApp, Named::FcgiApp),
    ] {
        for section in haproxy.of_kind(kind) {
            let name = section.name();
            let implicit = kind == SectionKind::Resolvers && name == "default";
            if !used.contains(&(named, name)) && !mentioned.contains(name) && !implicit && !name.starts_with('_') {
                findings
                    .report(section.name_span(), format!("{} `{name}` is never used", kind.as_str()))
                    .severity(Severity::Info);
            }
        }
    }
    for proxy in &haproxy.proxies {
        acls(proxy, findings);
    }
}

fn acls(proxy: &Proxy, findings: &mut Findings) {
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for statement in &proxy.statements {
        let Some(condition) = statement.condition() else { continue };
        used.extend(condition.terms.iter().filter_map(|term| match term {
            Term::Named { name, .. } => Some(*name),
            _ => None,
        }));
    }
    let by_fetch =
        proxy.statements.iter().any(|statement| statement.words.iter().any(|word| word.text.contains("acl(")));
    let mut reported = BTreeSet::new();
    for acl in proxy.all("acl").filter(|_| !by_fetch) {
        let Some(name) = acl.word(1).filter(|name| name.is_known()) else { continue };
        if !used.contains(name.text.as_str()) && !name.text.starts_with('_') && reported.insert(&name.text) {
            findings
                .report(name.span, format!("acl `{}` is never used in this {}", name.text, proxy.kind.as_str()))
                .severity(Severity::Info);
        }
    }
}
