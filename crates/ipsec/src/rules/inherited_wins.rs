//! An own value that an inherited one overrides.

use crate::model::Ipsec;
use confvet_core::{Context, Edit, Findings, Rule, Safety, Span};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/inherited-wins", check };

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    for overridden in &model.overridden {
        let (own, inherited) = (model.setting(overridden.own), model.setting(overridden.inherited));
        let by = match overridden.also {
            Some(also) => format!("`also={}` above it", model.setting(also).value),
            None => format!("the inherited `{}`", inherited.name),
        };
        let message = format!("`{}={}` has no effect: {by} sets it to `{}`", own.name, own.value, inherited.value);
        let report = findings.report(own.span(), message).label(inherited.span(), "in force");
        match overridden.also {
            None => {
                let edit = Edit::replace(own.name_span, inherited.name.as_str());
                report.suggest_as(Safety::Safe, format!("write `{}`", inherited.name), [edit]);
            }
            Some(also) => {
                if let Some(edits) = move_to_end(model, also, context) {
                    report.suggest_as(Safety::Safe, "move `also` to the end of the section", edits);
                }
            }
        }
    }
}

/// Takes the `also` line out and puts it behind the last setting of its section.
fn move_to_end(model: &Ipsec, also: u32, context: &Context<'_>) -> Option<[Edit; 2]> {
    let index = model.conf.sections.partition_point(|section| section.end <= also);
    let section = model.conf.sections.get(index).filter(|section| section.first <= also)?;
    let last = model.setting(section.end.checked_sub(1)?);
    let setting = model.setting(also);
    let source = context.sources.get(setting.name_span.file);
    if last.name_span.file != setting.name_span.file {
        return None;
    }
    let line = |span: Span| source.line(source.position(span.start).line);
    let (from, to) = (line(setting.name_span)?, line(last.value_span)?);
    let text = source.text().get(from.clone())?;
    let whole = Span::new(setting.name_span.file, from.start..(from.end + 1).min(source.text().len()));
    let end = Span::new(setting.name_span.file, to.end..to.end);
    Some([Edit::delete(whole), Edit::replace(end, format!("\n{text}"))])
}
