//! Something that is defined and never used.

use crate::model::{Haproxy, Mode, Named, Proxy, SectionKind};
use crate::syntax::Word;
use confvet_core::{Context, Findings, Keys, Rule, Severity};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/unused-definition", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    if haproxy.is_part() || haproxy.global().any(|line| line.keyword().starts_with("lua-load")) {
        return;
    }
    let mut used: Keys<(Named, &str)> = Keys::new();
    used.extend(haproxy.references().filter(|used| used.named != Named::Acl).map(|used| (used.named, used.name)));
    let mut mentions = None;
    let mut mentioned = |name| {
        let mentions: &Keys<&str> = mentions.get_or_insert_with(|| haproxy.mentions().collect());
        mentions.contains(name)
    };
    let agents = haproxy.spoe_targets();
    // What an agent speaks is no HTTP.
    let serves_agents = |proxy: &Proxy| match &agents {
        Some(names) => names.contains(proxy.name()),
        None => proxy.mode() != Mode::Http,
    };
    if !haproxy.has_dynamic_routes() {
        for proxy in haproxy.proxies.iter().filter(|proxy| proxy.kind == SectionKind::Backend && !proxy.is_disabled()) {
            let holds_table = proxy.last("stick-table").is_some();
            let name = proxy.name();
            let is_used = used.contains(&(Named::Backend, name)) || holds_table || serves_agents(proxy);
            if !is_used && !name.starts_with('_') && !mentioned(name) {
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
            if !used.contains(&(named, name)) && !implicit && !name.starts_with('_') && !mentioned(name) {
                findings
                    .report(section.name_span(), format!("{} `{name}` is never used", kind.as_str()))
                    .severity(Severity::Info);
            }
        }
    }
    let inherited: Keys<usize> = haproxy.sections().filter_map(|proxy| proxy.defaults).collect();
    for (number, defaults) in haproxy.defaults.iter().enumerate() {
        let Some(name) = defaults.name.as_ref().filter(|name| !name.text.starts_with('_')) else { continue };
        if !inherited.contains(&number) {
            let message = format!("defaults `{}` is never used", name.text);
            findings.report(name.span, message).severity(Severity::Info);
        }
    }
    for proxy in &haproxy.proxies {
        acls(proxy, findings);
    }
}

fn acls(proxy: &Proxy, findings: &mut Findings) {
    let unused = proxy.unused_acls();
    let by_fetch = |word: Word<'_>| word.text.contains("acl(");
    if unused.is_empty() || proxy.looking().any(|statement| statement.words().iter().any(by_fetch)) {
        return;
    }
    for name in unused.into_iter().filter_map(|acl| acl.word(1)) {
        if name.is_known() && !name.text.starts_with('_') {
            findings
                .report(name.span, format!("acl `{}` is never used in this {}", name.text, proxy.kind.as_str()))
                .severity(Severity::Info);
        }
    }
}
