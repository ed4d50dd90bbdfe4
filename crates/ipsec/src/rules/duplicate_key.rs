//! One key twice in a section: which one wins depends on the program and its version.

use crate::dialect::Dialect;
use crate::keys::SectionKind;
use crate::model::Ipsec;
use confvet_core::{Category, Context, Edit, Findings, Rule, Severity, Span};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/duplicate-key", check };

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    let program = &model.program;
    let old = program.is_libreswan_before((5, 0, 0));
    for duplicate in &model.duplicates {
        if duplicate.equal && !old {
            continue;
        }
        let (first, later) = (model.setting(duplicate.first), model.setting(duplicate.later));
        let refused = old && duplicate.section == SectionKind::Conn;
        let consequence = match program.dialect {
            Dialect::Strongswan => "strongSwan takes the last",
            Dialect::Libreswan if refused => "libreswan 4 does not load this conn",
            Dialect::Libreswan if program.is_libreswan_since((5, 0, 0)) => "libreswan 5 takes the first",
            Dialect::Libreswan => "libreswan 4 does not load the conn, libreswan 5 takes the first",
            Dialect::Unknown => "strongSwan takes the last, libreswan 5 the first, libreswan 4 does not load the conn",
        };
        let report = findings
            .report(later.name_span, format!("`{}` is set twice: {consequence}", later.name))
            .label(first.name_span, "set here first");
        let report = if refused { report.severity(Severity::Error).category(Category::Invalid) } else { report };
        let loser = match program.dialect {
            Dialect::Strongswan => Some(first),
            Dialect::Libreswan => Some(later),
            Dialect::Unknown => None,
        };
        let line = loser.and_then(|setting| {
            let source = context.sources.get(setting.name_span.file);
            let range = source.line(source.position(setting.name_span.start).line)?;
            Some(Span::new(setting.name_span.file, range.start..(range.end + 1).min(source.text().len())))
        });
        report.suggest("delete the line that loses", line.map(Edit::delete));
    }
}
