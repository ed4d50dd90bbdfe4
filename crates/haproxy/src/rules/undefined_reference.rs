//! A name that nothing defines.

use crate::model::{Haproxy, Named, Proxy, Reference, SectionKind};
use confvet_core::{Context, Edit, Findings, Keys, Map, Rule, did_you_mean};
use std::cell::LazyCell;

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/undefined-reference", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    if haproxy.template {
        return;
    }
    let definitions = LazyCell::new(|| haproxy.definitions());
    let certificates = haproxy.stored_certificates();
    let mut hints = Hints { left: COMPARISONS };
    for undefined in haproxy.undefined_in_spoe() {
        let (severity, category) = haproxy.refused(undefined.branch);
        let hint = undefined.near.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let message = format!("{} `{}` is not defined{hint}", undefined.what, undefined.name);
        let report = findings.report(undefined.span, message).severity(severity).category(category);
        if let Some(near) = undefined.near {
            report.suggest(format!("write `{near}`"), [Edit::replace(undefined.span, near)]);
        }
    }
    members(haproxy, findings);
    for reference in haproxy.references() {
        match reference.named {
            Named::Acl => acl(haproxy, &reference, &mut hints, findings),
            _ if haproxy.is_part() => {}
            Named::Server => server(haproxy, &reference, &mut hints, findings),
            Named::Backend if haproxy.backend(reference.name).is_some() => {}
            Named::Certificate => {
                let name = reference.name.strip_prefix('@').and_then(|name| name.split_once('/'));
                if !name.is_some_and(|name| certificates.contains(&name)) {
                    report(haproxy, &reference, None, findings);
                }
            }
            named => {
                let Some(names) = definitions.get(&named) else { continue };
                let implicit = (named == Named::Resolvers && reference.name == "default")
                    || (named == Named::Table && is_of_peers(haproxy, reference.name, &definitions));
                if !names.contains(reference.name) && !implicit {
                    let near = hints.near(reference.name, names.len(), || sorted(names.iter().copied()));
                    report(haproxy, &reference, near, findings);
                }
            }
        }
    }
}

/// The users of a group, and the groups of a user, belong to the same userlist.
fn members(haproxy: &Haproxy, findings: &mut Findings) {
    for list in haproxy.of_kind(SectionKind::Userlist) {
        let names = |keyword| list.all(keyword).map(|line| line.text(1)).collect::<Keys<_>>();
        for (keyword, setting, what, names) in
            [("group", "users", "user", names("user")), ("user", "groups", "group", names("group"))]
        {
            for (line, word) in list.all(keyword).filter_map(|line| Some((line, line.after(setting)?))) {
                let mut at = 0;
                for name in word.text.split(',') {
                    let span = word.slice(at..at + name.len());
                    at += name.len() + 1;
                    if !name.is_empty() && word.is_known() && !names.contains(name) {
                        let (severity, category) = haproxy.refused(line.branch);
                        let message = format!("{what} `{name}` is not defined in userlist `{}`", list.name());
                        findings.report(span, message).severity(severity).category(category);
                    }
                }
            }
        }
    }
}

/// `PEERS/TABLE`, or a peers section itself.
fn is_of_peers(haproxy: &Haproxy, name: &str, definitions: &Map<Named, Keys<&str>>) -> bool {
    let (peers, table) = name.split_once('/').map_or((name, None), |(peers, table)| (peers, Some(table)));
    let declares = |table: &str| {
        let mut sections = haproxy.of_kind(SectionKind::Peers).filter(|section| section.name() == peers);
        sections.any(|section| section.all("table").any(|line| line.text(1) == table))
    };
    definitions.get(&Named::Peers).is_some_and(|names| names.contains(peers)) && table.is_none_or(declares)
}

/// The order of a hash set must not show.
fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names
}

/// How many names are compared for hints before the rest of a huge file goes without them.
const COMPARISONS: usize = 50_000;

/// Looks for what was meant, within a limit for the whole configuration.
struct Hints {
    left: usize,
}

impl Hints {
    fn near<'a>(&mut self, name: &str, count: usize, names: impl FnOnce() -> Vec<&'a str>) -> Option<&'a str> {
        self.left = self.left.checked_sub(count)?;
        did_you_mean(name, names())
    }

    /// Another section that declares the ACL.
    fn section_with<'a>(&mut self, haproxy: &'a Haproxy, acl: &str) -> Option<&'a Proxy> {
        self.left = self.left.checked_sub(haproxy.proxies.len())?;
        haproxy.sections().find(|proxy| proxy.acls(acl).next().is_some())
    }
}

/// A server of the proxy itself, or of the backend in front of the slash.
fn server(haproxy: &Haproxy, reference: &Reference<'_>, hints: &mut Hints, findings: &mut Findings) {
    let (proxy, name) = match reference.name.split_once('/') {
        Some((backend, name)) => match haproxy.backend(backend) {
            Some(proxy) => (proxy, name),
            None => {
                report(haproxy, reference, None, findings);
                return;
            }
        },
        None => (reference.proxy, reference.name),
    };
    let from_template = proxy.servers.iter().any(|server| server.slots.is_some());
    let routes_by_rule = reference.statement.is_some_and(|statement| statement.is("use-server"));
    if from_template || proxy.kind == SectionKind::Defaults || (routes_by_rule && proxy.servers.is_empty()) {
        return;
    }
    if !proxy.has_server(name) {
        let names = || proxy.servers.iter().map(|server| server.name().text).collect();
        let near = hints.near(name, proxy.servers.len(), names).filter(|_| name == reference.name);
        report(haproxy, reference, near, findings);
    }
}

fn acl(haproxy: &Haproxy, reference: &Reference<'_>, hints: &mut Hints, findings: &mut Findings) {
    let proxy = reference.proxy;
    match reference.acl {
        Some(acl) if acl.starts_above(reference.span) => {}
        Some(_) => {
            let branch = reference.statement.map(|statement| statement.branch).unwrap_or_default();
            let (severity, category) = haproxy.refused(branch);
            let message = format!("ACL `{}` is used above the line that declares it", reference.name);
            findings.report(reference.span, message).severity(severity).category(category);
        }
        None => {
            let here = || sorted(proxy.acl_names());
            let near = hints.near(reference.name, proxy.acl_names().count(), here);
            let report = report(haproxy, reference, near, findings);
            let other = hints.section_with(haproxy, reference.name);
            if let Some(elsewhere) = other
                && let Some(line) = elsewhere.acls(reference.name).next()
            {
                report.label(line.span(), format!("declared in {}, not visible here", elsewhere.title()));
            }
        }
    }
}

fn report<'f>(
    haproxy: &Haproxy,
    reference: &Reference<'_>,
    near: Option<&str>,
    findings: &'f mut Findings,
) -> confvet_core::Report<'f> {
    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    let branch = reference.statement.map(|statement| statement.branch).unwrap_or_default();
    let (severity, category) = haproxy.refused(branch);
    let message = format!("{} `{}` is not defined{hint}", reference.named.as_str(), reference.name);
    let report = findings.report(reference.span, message).severity(severity).category(category);
    match near {
        Some(near) => report.suggest(format!("write `{near}`"), [Edit::replace(reference.span, near)]),
        None => report,
    }
}
