//! `resolve` in a group that no resolver serves.

use crate::context::Context as Place;
use crate::context::Protocol;
use crate::keys::key;
use crate::layout;
use crate::model::{Directive, HostClass, Nginx};
use confvet_core::{Category, Context, Fact, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/resolve-without-resolver", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    if nginx.release().known && !nginx.release().has_resolve() {
        return;
    }
    for upstream in nginx.upstreams() {
        let Some(directive) = upstream.directive(nginx) else { continue };
        if upstream.resolver(nginx).is_some() || directive.holds_unread_include() {
            continue;
        }
        let names = upstream
            .servers
            .iter()
            .filter(|server| server.endpoint.class.is_name() || server.endpoint.class == HostClass::Loopback);
        let Some(span) = names.filter_map(|server| server.resolve).next() else { continue };
        if !upstream.is_surrounded(nginx) {
            findings
                .report(
                    span,
                    "`resolve` needs a `resolver` in this group or directly in `http` (nginx 1.27.3 and later)",
                )
                .severity(Severity::Info)
                .category(Category::Maintainability);
            continue;
        }
        let outer = if upstream.protocol == Protocol::Stream { "stream" } else { "http" };
        let inner: Vec<Directive<'_>> = nginx
            .all(key!("resolver"))
            .filter(|resolver| resolver.context().protocol() == Some(upstream.protocol))
            .filter(|resolver| !matches!(resolver.context(), Place::Upstream | Place::StreamUpstream))
            .collect();
        let message = match inner.first() {
            Some(resolver) => format!(
                "no resolver for `resolve`: the one at line {} is inside `{}`; nginx looks only in this group and in `{outer}`",
                ctx.line(resolver.span()),
                resolver.parent().map_or("", |parent| parent.name().text),
            ),
            None => format!("no resolver for `resolve`: there is none in this group nor in `{outer}`"),
        };
        let mut report = findings.report(span, message);
        if nginx.release().version.is_none() {
            report = report.help("open-source nginx knows `resolve` from 1.27.3 on");
        }
        for resolver in &inner {
            report = report.label(resolver.span(), "does not count for upstreams");
        }
        let Some(block) = upstream.outer(nginx) else { continue };
        match inner.first() {
            Some(resolver) if inner.len() == 1 && resolver.file() == directive.file() => {
                let line = format!("{};", ctx.text(resolver.span()));
                if let Some(moved) = layout::first_in(block, &line, ctx) {
                    report.suggest(format!("move it to `{outer}`"), [moved, layout::delete(*resolver, ctx)]);
                }
            }
            _ => {
                if let Some(address) = ctx.facts.text(Fact::Resolver) {
                    let line = format!("resolver {address} valid=10s;");
                    report.suggest(format!("add a resolver to `{outer}`"), layout::first_in(block, &line, ctx));
                }
            }
        }
    }
}
