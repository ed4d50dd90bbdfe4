//! Values for some, nothing for the rest.

use crate::keys::key;
use crate::model::{Directive, Nginx};
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/map-without-default", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for block in [key!("map"), key!("geo")].into_iter().flat_map(|key| nginx.all(key)).filter(|block| block.is_block())
    {
        let entries: Vec<Directive<'_>> = block.block().children().filter(|entry| entry.args().len() == 1).collect();
        let has_default = entries.iter().any(|entry| {
            entry.name().text == "default" || block.is(key!("geo")) && matches!(entry.name().text, "0.0.0.0/0" | "::/0")
        });
        let is_map = block.is(key!("map"));
        let includes = entries.iter().any(|entry| entry.name().text == "include");
        let catch_all = entries.iter().any(|entry| matches!(entry.name().text, "~." | "~.*" | "~^" | "~*.*"));
        if has_default || includes || catch_all || entries.len() < 2 {
            continue;
        }
        let Some(variable) = (if is_map { block.arg(1) } else { block.args().last() }) else { continue };
        if nginx.limits_by(variable.text) {
            continue;
        }
        let decides = nginx.decides_access(variable.text);
        findings
            .report(variable.span, format!("`{}` has no default: unmatched values give an empty text", variable.text))
            .severity(if decides { Severity::Warning } else { Severity::Info });
    }
}
