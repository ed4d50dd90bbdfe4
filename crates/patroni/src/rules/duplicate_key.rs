//! A key that is given twice: the later block throws the earlier one away.

use crate::Document;
use crate::model::Config;
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/duplicate-key", check: each_config!(check) };

fn check(config: &Config, ctx: &Context<'_>, findings: &mut Findings) {
    for (first, second) in config.duplicates() {
        let key = second.key.text().unwrap_or_default();
        let (lost, kept) = (ctx.line(first.key.span()), ctx.line(second.key.span()));
        let same = ctx.text(first.value.span()) == ctx.text(second.value.span()) && first.value.text().is_some();
        if same {
            findings
                .report(second.key.span(), format!("`{key}` is given twice with the same value, first at line {lost}"))
                .severity(Severity::Warning)
                .category(Category::Maintainability)
                .label(first.key.span(), "given here already")
                .suggest("delete the second one", second.delete());
        } else {
            let message = format!(
                "`{key}` is given twice; Patroni keeps only the one at line {kept}, the one at line {lost} is lost"
            );
            findings
                .report(second.key.span(), message)
                .label(first.key.span(), "this is lost")
                .help(format!("merge both into one `{key}`"))
                .suggest("merge the second into the first", config.merged(first, second).into_iter().flatten());
        }
    }
}
