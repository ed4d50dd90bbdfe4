//! A line that is never reached, since an earlier one matches all it does.

use crate::model::Document;
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/hba-shadowed", check };

/// Lists longer than this are made by programs; comparing each pair of lines would take too long.
const LONGEST: usize = 400;

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let lines = document.effective_hba();
    for (index, line) in lines.iter().enumerate().take(LONGEST) {
        let Some(later) = &line.record else { continue };
        let covering = lines[..index].iter().enumerate().find_map(|(at, earlier)| {
            let record = earlier.record.as_ref().filter(|record| record.covers(later))?;
            Some((at, earlier, record))
        });
        let Some((at, earlier, first)) = covering else { continue };
        let same = first.method.value == later.method.value && first.options == later.options;
        let weaker = first.method.value == "trust" && later.method.value != "trust";
        let unprotected = later.rejects() && !first.rejects();
        let severity = match (same, weaker || unprotected) {
            (true, _) => Severity::Info,
            (false, true) => Severity::Error,
            (false, false) => Severity::Warning,
        };
        let difference = if same {
            String::new()
        } else {
            format!(", with `{}` instead of `{}`", first.method.value, later.method.value)
        };
        findings
            .report(
                line.span,
                format!(
                    "never reached: line {} (`{}`) already matches all that this line does{difference}",
                    at + 1,
                    earlier.text
                ),
            )
            .severity(severity)
            .category(if same { Category::Maintainability } else { Category::Security })
            .label(earlier.span, "this comes first");
    }
}
