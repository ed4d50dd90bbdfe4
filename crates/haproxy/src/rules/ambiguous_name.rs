//! A name that two things share, of which HAProxy takes one.

use crate::model::{Haproxy, Proxy, SectionKind};
use confvet_core::{Context, Findings, Map, Rule, Severity, Span};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/ambiguous-name", check };

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    if !haproxy.at_least((3, 3, 0)) && haproxy.shares_names() {
        shared_names(haproxy, context, findings);
    }
    let mut lists: Map<&str, Span> = Map::new();
    for list in haproxy.of_kind(SectionKind::Userlist) {
        if let Some(first) = lists.get(list.name()) {
            findings
                .report(list.name_span(), format!("userlist `{}` is already defined: this one is ignored", list.name()))
                .severity(Severity::Warning)
                .label(*first, "this one counts");
        } else {
            lists.insert(list.name(), list.name_span());
        }
        let mut seen: Map<&str, Span> = Map::new();
        for user in list.all("user") {
            let Some(name) = user.word(1) else { continue };
            match seen.get(name.text) {
                Some(first) => {
                    let message = format!("user `{}` is already defined: this password is ignored", name.text);
                    findings.report(name.span, message).severity(Severity::Warning).label(*first, "this one counts");
                }
                None => {
                    seen.insert(name.text, name.span);
                }
            }
        }
    }
    if haproxy.defaults.iter().all(|defaults| defaults.name.is_none()) {
        return;
    }
    let mut users: Map<(usize, bool), &Proxy> = Map::new();
    for proxy in haproxy.sections() {
        if let Some(number) = proxy.defaults {
            users.or_insert((number, proxy.is_explicit()), proxy);
        }
    }
    for (number, defaults) in haproxy.defaults.iter().enumerate() {
        let user = |explicit| users.get(&(number, explicit));
        if let (Some(name), Some(explicit), Some(implicit)) = (&defaults.name, user(true), user(false)) {
            let message = format!("defaults `{}` is used both by `from` and by its place in the file", name.text);
            findings
                .report(name.span, message)
                .severity(Severity::Info)
                .label(explicit.header(), "names it")
                .label(implicit.header(), "takes it as the last one above");
        }
    }
}

fn shared_names(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    let warns = haproxy.target.is_some_and(|target| target >= (3, 1, 0));
    let mut seen: Map<&str, (SectionKind, Span)> = Map::new();
    for proxy in haproxy.proxies.iter().filter(|proxy| proxy.name.is_some()) {
        match seen.get(proxy.name()) {
            Some((kind, first))
                if *kind != proxy.kind && *kind != SectionKind::Listen && proxy.kind != SectionKind::Listen =>
            {
                let message = format!(
                    "{} `{}` shares its name with a {} (line {}): refused since HAProxy 3.3",
                    proxy.kind.as_str(),
                    proxy.name(),
                    kind.as_str(),
                    context.line(*first)
                );
                findings
                    .report(proxy.name_span(), message)
                    .severity(if warns { Severity::Warning } else { Severity::Info })
                    .label(*first, "the same name");
            }
            Some(_) => {}
            None => {
                seen.insert(proxy.name(), (proxy.kind, proxy.name_span()));
            }
        }
    }
}
