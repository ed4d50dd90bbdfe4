//! `$2`, although the pattern has one group.

use crate::keys::key;
use crate::model::{Directive, Nginx};
use crate::template;
use crate::template::Part;
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/capture-missing", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for user in [key!("rewrite"), key!("set"), key!("return")].into_iter().flat_map(|key| nginx.all(key)) {
        let own = user.is(key!("rewrite"));
        let owner = user.parent().filter(|parent| parent.is(key!("if")));
        let pattern = if own { user.pattern() } else { owner.and_then(Directive::pattern) };
        let Some(pattern) = pattern else { continue };
        let between = !own
            && user
                .scope()
                .children()
                .take_while(|sibling| *sibling != user)
                .any(|sibling| sibling.is(key!("rewrite")));
        let Ok(parsed) = pattern.parse() else { continue };
        let Some(word) = user.arg(1).or_else(|| user.arg(0)).filter(|_| !between && !parsed.opaque) else { continue };
        for piece in template::pieces(word.text) {
            let Part::Capture(index) = piece.part else { continue };
            if u32::from(index) <= parsed.groups {
                continue;
            }
            let groups = match parsed.groups {
                0 => "no group".to_owned(),
                1 => "one group".to_owned(),
                many => format!("{many} groups"),
            };
            findings
                .report(word.slice(piece.range), format!("`${index}` is used but the pattern has {groups}"))
                .severity(if own { Severity::Error } else { Severity::Warning })
                .label(pattern.word.span, groups);
        }
    }
}
