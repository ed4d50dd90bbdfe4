//! A pattern that a crafted path makes slow.

use crate::model::Nginx;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/regex-redos", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    if !nginx.has_pattern(false) {
        return;
    }
    for pattern in nginx.patterns() {
        if let Some((start, end)) = pattern.slow_part() {
            findings.report(
                pattern.slice(start..end),
                "nested or adjacent unbounded quantifiers: a crafted request keeps a worker busy",
            );
        }
    }
}
