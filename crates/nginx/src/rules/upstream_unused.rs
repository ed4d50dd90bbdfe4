//! A group that no request goes to.

use crate::layout;
use crate::model::Nginx;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/upstream-unused", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    if !nginx.is_complete()
        || nginx.has_foreign_directive()
        || nginx.passes().iter().any(|pass| nginx.may_go_anywhere(pass))
    {
        return;
    }
    let possible = nginx.possible_groups();
    for (upstream, mut uses) in nginx.groups_with_uses() {
        let name = &upstream.name;
        if uses.next().is_some() || possible.contains(&name.value.as_str().to_ascii_lowercase()) {
            continue;
        }
        let report = findings.report(name.span, format!("upstream `{}` is not used", name.value));
        if let Some(directive) = upstream.directive(nginx) {
            report.suggest("delete it", [layout::delete(directive, ctx)]);
        }
    }
}
