//! A check of the Referer that is skipped by not sending one.

use crate::keys::key;
use crate::layout;
use crate::model::{Directive, Nginx};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/valid-referers-none", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    let decides = |condition: Directive<'_>| {
        condition.args().iter().any(|word| word.text.to_ascii_lowercase().contains("$invalid_referer"))
    };
    let conditions: Vec<Directive<'_>> = nginx.all(key!("if")).filter(|condition| decides(*condition)).collect();
    let acts = conditions
        .iter()
        .any(|condition| condition.block().has(key!("return")) || condition.block().has(key!("rewrite")));
    for referers in nginx.all(key!("valid_referers")) {
        let Some(none) = referers.args().iter().find(|word| word.text == "none") else { continue };
        if !acts && (nginx.is_main() || !conditions.is_empty()) {
            continue;
        }
        let report = findings.report(none.span, "requests without a Referer pass this check");
        if referers.args().len() > 1 {
            report
                .help("browsers of people who send no Referer are refused then")
                .suggest("leave `none` out", [layout::delete_word(none.span, ctx)]);
        }
    }
}
