//! A line that PostgreSQL refuses: one of them disables the whole file.

use crate::Document;
use crate::hba::{HbaLine, HbaProblem, HbaProblemKind};
use confvet_core::{Category, Context, Edit, Findings, Rule, Severity, Span};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/hba-syntax", check: each_part!(check) };

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
            let report = if depends { report.severity(Severity::Warning) } else { report };
            // In a patroni.yml it is Patroni that reads the file, and to Patroni any text is a line.
            let is_own_file = matches!(document, Document::Hba(_));
            let report = report.category(if is_own_file && !depends { Category::Invalid } else { Category::Outage });
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
            if let HbaProblemKind::Several("address", values) = kind
                && let Some(lines) = split(document, line, *span, values, ctx)
            {
                report.suggest("write a line for each address", [lines]);
                continue;
            }
            report.suggest(title, edit);
        }
    }
}

/// The line once for each of several addresses.
fn split(document: &Document, line: &HbaLine, place: Span, values: &[String], ctx: &Context<'_>) -> Option<Edit> {
    let source = ctx.text(line.span);
    let from = place.start.checked_sub(line.span.start)? as usize;
    let (front, behind) = (source.get(..from)?, source.get(from + place.len()..)?);
    let is_plain = line.span.contains(place) && place.len() < source.len() && !source.contains('\n');
    let lines: Vec<String> = values.iter().map(|value| format!("{front}{value}{behind}")).collect();
    Some(Edit::replace(line.span, lines.join(&document.between_hba(line)?))).filter(|_| is_plain)
}
