//! A value that nginx's parsers do not take.

use crate::model::{Nginx, Problem};
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/invalid-value", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for problem in nginx.problems() {
        let Problem::Value(_, bad) = problem else { continue };
        let report = findings.report(bad.span, bad.message.clone());
        if let Some((safety, text)) = &bad.replacement {
            let title = if text.is_empty() { "delete it".to_owned() } else { format!("write `{text}`") };
            report.suggest_as(*safety, title, [Edit::replace(bad.span, text.clone())]);
        }
    }
}
