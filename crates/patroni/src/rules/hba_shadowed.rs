//! A line that is never reached, since an earlier one matches all it does.

use crate::Document;
use crate::hba::HbaRecord;
use confvet_core::{Category, Context, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/hba-shadowed", check: each_part!(check) };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let lines = document.effective_hba();
    for line in lines {
        let Some((at, later)) = line.covered_by.zip(line.record.as_ref()) else { continue };
        let earlier = &lines[at as usize];
        let Some(first) = &earlier.record else { continue };
        let same = first.method.value == later.method.value && first.options == later.options;
        let weaker = first.method.value == "trust" && later.method.value != "trust";
        let unprotected = later.rejects() && !first.rejects();
        let severity = match (same, weaker || unprotected || hides_own_users(document, first, later)) {
            (true, _) => Severity::Info,
            (false, true) => Severity::Error,
            (false, false) => Severity::Warning,
        };
        let difference = if same {
            String::new()
        } else {
            format!(", with `{}` instead of `{}`", first.method.value, later.method.value)
        };
        let message = format!(
            "never reached: line {} (`{}`) already matches all that this line does{difference}",
            at + 1,
            earlier.text
        );
        let report = findings
            .report(line.span, message)
            .severity(severity)
            .category(if same { Category::Maintainability } else { Category::Security })
            .label(earlier.span, "this comes first");
        if same {
            report.suggest_as(Safety::Safe, "delete it", document.delete_hba(line, ctx));
        } else {
            report.suggest("move it up", document.move_hba(line, earlier, ctx).into_iter().flatten());
        }
    }
}

/// An earlier reject takes from Patroni's own users the only line that admits them.
fn hides_own_users(document: &Document, first: &HbaRecord, later: &HbaRecord) -> bool {
    let Document::Config(config) = document else { return false };
    let names = |user: &str| later.users.iter().any(|name| name.text == user);
    let own = [config.superuser(), config.replication_user()].into_iter().flatten();
    first.rejects() && !later.rejects() && own.into_iter().any(|user| names(user.value))
}
