//! A resolver that nothing asks.

use crate::model::{Directive, HostClass, Nginx};
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/resolver-unused", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    if !nginx.is_main() {
        return;
    }
    let foreign = nginx.has_foreign_directive();
    for resolver in nginx.resolvers() {
        let directive = resolver.directive(nginx);
        let scope = directive.scope();
        let unread = scope.owner().is_some_and(Directive::holds_unread_include) || scope.sees_unread_include();
        if foreign || unread || resolver.uses(nginx).any() {
            continue;
        }
        let hosts = nginx.static_hosts_in(scope);
        let worst = hosts
            .iter()
            .filter(|(_, class)| *class != HostClass::Bare)
            .max_by_key(|(_, class)| *class)
            .or(hosts.first());
        let (message, severity) = match worst {
            Some((span, class)) if *class != HostClass::Bare => (Some(*span), Severity::Warning),
            Some((span, _)) => (Some(*span), Severity::Info),
            None => (None, Severity::Info),
        };
        match message {
            Some(span) => findings
                .report(directive.span(), "this resolver is never used: the host has no `resolve` and no variable, so it is looked up once at start by the system's resolver")
                .severity(severity)
                .label(span, "looked up at start"),
            None => findings
                .report(directive.span(), "this resolver is never used: nothing in its scope is looked up at run time")
                .severity(severity),
        };
    }
}
