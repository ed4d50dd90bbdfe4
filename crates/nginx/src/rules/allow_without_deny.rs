//! A list of allowed addresses that lets everybody in.

use crate::keys::key;
use crate::layout;
use crate::model::Nginx;
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/allow-without-deny", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for scope in nginx.scopes_with_key(key!("allow")) {
        let last = scope.all(key!("allow")).last();
        let Some(last) = last.filter(|_| scope.all(key!("allow")).all(|allow| allow.text(0) != "all")) else {
            continue;
        };
        if scope.has(key!("deny")) || scope.has_unread_include() || scope.owner().is_none() {
            continue;
        }
        let guarded = scope.children().any(|child| child.is(key!("if")) && child.block().has(key!("return")));
        findings
            .report(last.span(), "`allow` without `deny all`: addresses not listed are let in as well")
            .severity(if guarded { Severity::Warning } else { Severity::Error })
            .suggest("deny all others", layout::after(last, &["deny all;".to_owned()], ctx));
    }
}
