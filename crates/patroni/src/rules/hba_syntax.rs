//! A line that PostgreSQL refuses: one of them disables the whole file.

use crate::hba::{HbaProblem, HbaProblemKind};
use crate::model::Document;
use confvet_core::{Category, Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/hba-syntax", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    for line in document.hba_lists().into_iter().flatten() {
        for HbaProblem { span, kind } in &line.problems {
            let depends = kind.may_pass(document.postgresql());
            let effect = if depends {
                "depending on its version, PostgreSQL refuses the file for it"
            } else {
                "PostgreSQL does not start with this file, and ignores it on reload"
            };
            let report = findings.report(*span, format!("{kind}: {effect}"));
            let report = if depends { report.severity(Severity::Warning).category(Category::Outage) } else { report };
            let exact = |wrong: &str| ctx.text(*span) == wrong;
            let edit = match kind {
                HbaProblemKind::UnknownType(wrong, Some(meant)) | HbaProblemKind::UnknownMethod(wrong, Some(meant))
                    if exact(wrong) =>
                {
                    Some(Edit::replace(*span, *meant))
                }
                HbaProblemKind::NoMask(address, length) if exact(address) => {
                    Some(Edit::insert_after(*span, format!("/{length}")))
                }
                HbaProblemKind::NameWithLength(wrong, name) if exact(wrong) => Some(Edit::replace(*span, name)),
                HbaProblemKind::Brackets(plain) if ctx.text(*span).starts_with('[') => {
                    Some(Edit::replace(*span, plain))
                }
                HbaProblemKind::ClientCert(value) if value == "1" && ctx.text(*span) == "clientcert=1" => {
                    Some(Edit::replace(*span, "clientcert=verify-ca"))
                }
                _ => None,
            };
            let title = edit.as_ref().map_or(String::new(), |edit| format!("write `{}`", edit.text));
            report.suggest(title, edit);
        }
    }
}
