//! swanctl.conf cannot be read, or its connections stand in a misspelt section: everything is unloaded.

use crate::model::{DiscardKind, Ipsec};
use crate::syntax::settings::SettingsProblemKind;
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/swanctl-syntax", check };

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    let consequence = if model.kind == "swanctl.conf" {
        "swanctl loads an empty configuration and unloads every connection"
    } else {
        "the file is not loaded"
    };
    for problem in &model.settings_problems {
        let token = context.text(problem.span);
        let reason = match problem.kind {
            SettingsProblemKind::UnexpectedClose => "`}` closes nothing".to_owned(),
            SettingsProblemKind::Unclosed => format!("section `{token}` is never closed"),
            SettingsProblemKind::MissingName => "`{` without a section name".to_owned(),
            SettingsProblemKind::MissingKey => "`=` without a key".to_owned(),
            // The word may be a part of a secret that was broken over two lines.
            SettingsProblemKind::MissingEquals => "this word is followed by neither `=` nor `{`".to_owned(),
            SettingsProblemKind::BadName => "this character must not stand in a name".to_owned(),
            SettingsProblemKind::UnterminatedString => "the quote is never closed".to_owned(),
            SettingsProblemKind::IncludeCycle => format!("`{token}` includes this file again"),
        };
        findings.report(problem.span, format!("{reason}: {consequence}"));
    }
    for discard in &model.discards {
        if let DiscardKind::UnknownTopLevel { near } = &discard.kind {
            let message = format!("unknown section `{}`; did you mean `{near}`?", discard.text);
            findings
                .report(discard.span, message)
                .suggest(format!("write `{near}`"), [Edit::replace(discard.span, near.as_str())]);
        }
    }
}
