//! A pattern that PCRE does not compile.

use crate::model::Nginx;
use crate::model::is_placeholder;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/invalid-regex", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    if !nginx.has_pattern(true) {
        return;
    }
    for pattern in nginx.patterns() {
        if is_placeholder(pattern.word.text) || pattern.directive.is_broken() {
            continue;
        }
        let Err(fault) = pattern.parse() else { continue };
        let rest = pattern.text().get(fault.offset..).unwrap_or_default();
        let width = rest.chars().next().map_or(0, char::len_utf8);
        findings.report(
            pattern.slice(fault.offset..fault.offset + width),
            format!("{} in the regular expression", fault.message),
        );
    }
}
