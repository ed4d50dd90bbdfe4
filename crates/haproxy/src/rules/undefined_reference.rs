//! A name that nothing defines.

use crate::model::{Haproxy, Named, Proxy, Reference};
use confvet_core::{Context, Edit, Findings, Rule, did_you_mean};
use std::collections::{BTreeMap, BTreeSet};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/undefined-reference", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    if haproxy.template {
        return;
    }
    let definitions = haproxy.definitions();
    let mut acls: BTreeMap<&str, &Proxy> = BTreeMap::new();
    for proxy in haproxy.sections() {
        for acl in proxy.all("acl") {
            acls.entry(acl.text(1)).or_insert(proxy);
        }
    }
    let mut hints = Hints { left: COMPARISONS };
    let mut section = None;
    let mut servers: BTreeSet<&str> = BTreeSet::new();
    let mut template = false;
    let mut here: BTreeMap<&str, u32> = BTreeMap::new();
    for (proxy, reference) in haproxy.references() {
        if section != Some(proxy.header()) {
            section = Some(proxy.header());
            here = proxy.all("acl").rev().map(|acl| (acl.text(1), acl.span().start)).collect();
            servers = proxy.servers.iter().map(|server| server.name.text.as_str()).collect();
            template = proxy.servers.iter().any(|server| server.slots.is_some());
        }
        match reference.named {
            Named::Acl => acl(haproxy, &reference, &here, &acls, &mut hints, findings),
            _ if haproxy.is_part() => {}
            Named::Server => {
                if !template && !servers.is_empty() && !servers.contains(reference.name) {
                    let near = hints.near(reference.name, servers.len(), servers.iter().copied());
                    report(haproxy, &reference, near, findings);
                }
            }
            named => {
                let Some(names) = definitions.get(&named) else { continue };
                let implicit = (named == Named::Resolvers && reference.name == "default")
                    || (named == Named::Table
                        && (reference.name.contains('/') || definitions[&Named::Peers].contains(reference.name)));
                if !names.contains(reference.name) && !implicit {
                    let near = hints.near(reference.name, names.len(), names.iter().copied());
                    report(haproxy, &reference, near, findings);
                }
            }
        }
    }
}

/// How many names are compared for hints before the rest of a huge file goes without them.
const COMPARISONS: usize = 50_000;

/// Looks for what was meant, within a limit for the whole configuration.
struct Hints {
    left: usize,
}

impl Hints {
    fn near<'a>(&mut self, name: &str, count: usize, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        self.left = self.left.checked_sub(count)?;
        did_you_mean(name, names)
    }
}

fn acl(
    haproxy: &Haproxy,
    reference: &Reference<'_>,
    here: &BTreeMap<&str, u32>,
    acls: &BTreeMap<&str, &Proxy>,
    hints: &mut Hints,
    findings: &mut Findings,
) {
    match here.get(reference.name) {
        Some(&start) if start < reference.span.start => {}
        Some(_) => {
            let branch = reference.statement.map(|statement| statement.branch).unwrap_or_default();
            let (severity, category) = haproxy.refused(branch);
            let message = format!("ACL `{}` is used above the line that declares it", reference.name);
            findings.report(reference.span, message).severity(severity).category(category);
        }
        None => {
            let near = hints.near(reference.name, here.len(), here.keys().copied());
            let report = report(haproxy, reference, near, findings);
            if let Some(elsewhere) = acls.get(reference.name)
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
