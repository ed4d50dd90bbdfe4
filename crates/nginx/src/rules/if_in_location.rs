//! An `if` that becomes the location.

use crate::context::Context as Place;
use crate::keys::Key;
use crate::keys::key;
use crate::model::{Directive, Nginx};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/if-in-location", check };

const HARMLESS: &[Key] = &[key!("return"), key!("set")];
const ALONE: &[Key] = &[
    key!("access_log"),
    key!("expires"),
    key!("limit_rate"),
    key!("limit_rate_after"),
    key!("gzip"),
    key!("proxy_pass"),
];

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for condition in nginx.all(key!("if")).filter(|condition| condition.block().context() == Place::LocationIf) {
        let location = condition.scope();
        let acts = |condition: Directive<'_>| condition.block().children().any(|child| !is_harmless(child));
        let several = location.all(key!("if")).filter(|other| acts(*other)).count() > 1;
        let beside =
            [key!("proxy_pass"), key!("try_files"), key!("alias")].into_iter().find_map(|key| location.first(key));
        for child in condition.block().children().filter(|child| !is_harmless(*child)) {
            let listed = child.is(key!("add_header")) || child.is(key!("rewrite")) || child.is(key!("break"));
            if !listed && !several && (beside.is_none() || child.is_any(ALONE)) {
                continue;
            }
            let name = &child.name().text;
            findings
                .report(child.span(), format!("`{name}` inside `if` replaces the location's configuration: of two matching ifs only the last takes effect"))
                .label(condition.name().span, "this `if` becomes the location when it matches")
                .help("use a `map` and variables instead");
            break;
        }
    }
}

/// `return`, `set`, and rewrites that leave the location.
fn is_harmless(directive: Directive<'_>) -> bool {
    directive.is_any(HARMLESS)
        || directive.is(key!("rewrite"))
            && (matches!(directive.text(2), "last" | "redirect" | "permanent")
                || directive.text(2).is_empty() && directive.text(1).starts_with("http"))
}
