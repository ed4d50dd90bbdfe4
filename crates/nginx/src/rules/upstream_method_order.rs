//! Two balancing methods, or one that comes too late.

use crate::layout;
use crate::model::Nginx;
use confvet_core::{Context, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/upstream-method-order", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for upstream in nginx.upstreams() {
        let methods = upstream.methods(nginx);
        if let [first, second, ..] = methods.as_slice() {
            findings
                .report(
                    second.span(),
                    format!(
                        "`{}` replaces `{}`: a group has one balancing method",
                        second.name().text,
                        first.name().text
                    ),
                )
                .label(first.span(), "the other method");
            continue;
        }
        let (Some(method), Some(keepalive)) = (methods.first(), upstream.keepalive(nginx)) else { continue };
        if nginx.release().is_at_least((1, 29, 7)) || keepalive.id() > method.id() {
            continue;
        }
        let known = nginx.release().version.is_some();
        let mut report = findings
            .report(method.span(), format!("`keepalive` before `{}` is lost: put the method first", method.name().text))
            .severity(if known { Severity::Warning } else { Severity::Info })
            .label(keepalive.span(), "lost");
        if !known {
            report = report.help("before nginx 1.29.7; from then on the order does not matter");
        }
        if method.file() == keepalive.file() {
            let line = format!("{};", ctx.text(method.span()));
            report.suggest_as(
                Safety::Safe,
                "put the method first",
                [layout::before(keepalive, &line, ctx), layout::delete(*method, ctx)],
            );
        }
    }
}
