//! A key that is read and thrown away, or a file that strongSwan 6 does not read by default.

use crate::keys::{Key, Standing, standing};
use crate::model::Ipsec;
use confvet_core::{Context, Edit, Findings, Rule, Span};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/deprecated", check };

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    let program = &model.program;
    for (section, setting) in model.conf.all_settings() {
        let known = setting.key_in(program.dialect, program.version);
        let Standing::Obsolete(_) = standing(known, section.kind, program.dialect, program.version) else { continue };
        if program.is_libreswan() && program.version.is_none() {
            continue;
        }
        let hint = match known {
            Some(Key::PFS) => ": a DH group in `esp` gives it",
            Some(Key::DPDACTION) => ": a dead peer's connection is always brought up again",
            _ => "",
        };
        let source = context.sources.get(setting.name_span.file);
        let line = source.line(source.position(setting.name_span.start).line);
        let line =
            line.map(|line| Span::new(setting.name_span.file, line.start..(line.end + 1).min(source.text().len())));
        findings
            .report(setting.name_span, format!("`{}` has no effect in {}{hint}", setting.name, program.dialect.title()))
            .suggest("delete the line", line.map(Edit::delete));
    }
    let six = program.is_strongswan() && program.version.is_some_and(|version| version >= (6, 0, 0));
    if let Some(first) = model.conf.sections.first().filter(|_| six && !model.charon.loads_stroke) {
        let message =
            "strongSwan 6 no longer builds the stroke plugin by default: this file is read only if it is enabled";
        findings.report(first.header, message);
    }
}
