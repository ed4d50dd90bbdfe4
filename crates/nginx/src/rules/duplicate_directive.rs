//! The same directive twice in one block.

use crate::keys::key;
use crate::layout;
use crate::model::{Nginx, Problem};
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/duplicate-directive", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for problem in nginx.problems() {
        let Problem::Duplicate(second, first) = problem else { continue };
        let (second, first) = (nginx.directive(*second), nginx.directive(*first));
        let message = if second.is(key!("alias")) != first.is(key!("alias")) {
            format!("`{}` and `{}` exclude each other", first.name().text, second.name().text)
        } else {
            format!("`{}` is set twice in this block", second.name().text)
        };
        findings
            .report(second.span(), message)
            .label(first.span(), "set here first")
            .suggest("delete the second", [layout::delete(second, ctx)]);
    }
    for (second, first) in nginx.repeated_limits() {
        findings
            .report(second.span(), "this zone already limits this block")
            .label(first.span(), "here")
            .suggest("delete the second", [layout::delete(second, ctx)]);
    }
    for (second, first) in nginx.silent_overrides() {
        let (kept, lost) = if second.is(key!("return")) { (first, second) } else { (second, first) };
        findings
            .report(second.span(), format!("`{}` is set twice, only one holds", second.name().text))
            .label(kept.span(), "this one holds")
            .severity(Severity::Warning)
            .category(Category::Outage)
            .suggest("delete the one that does not hold", [layout::delete(lost, ctx)]);
    }
}
