//! A part of swanctl.conf that costs a connection, a pool or a secret.

use crate::model::{Discard, DiscardKind, Ipsec};
use crate::proposal::ProposalFaultKind;
use crate::rules::invalid_proposal::explain;
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/swanctl-discarded", check };

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    for discard in &model.discards {
        let Some(message) = message(model, discard) else { continue };
        let harmless = matches!(
            discard.kind,
            DiscardKind::UnknownSecret { .. } | DiscardKind::MissingSecret | DiscardKind::UnknownReference
        );
        let mut report = findings.report(discard.span, message);
        if harmless {
            report = report.severity(Severity::Warning).category(Category::Outage);
        }
        if let Some((title, edits)) = repair(discard, context) {
            report.suggest_as(Safety::Safe, title, edits);
        }
    }
}

fn message(model: &Ipsec, discard: &Discard) -> Option<String> {
    let Discard { text, lost, .. } = discard;
    let cost = format!("connection `{lost}` is discarded");
    Some(match &discard.kind {
        DiscardKind::UnknownTopLevel { .. } => return None,
        DiscardKind::UnknownOption { home: Some(home), .. } => {
            format!("unknown option `{text}` here; it belongs into `{}`: {cost}", place(home))
        }
        DiscardKind::UnknownOption { near: Some(near), .. } => {
            format!("unknown option `{text}`; did you mean `{near}`? {cost}")
        }
        DiscardKind::UnknownOption { .. } => format!("unknown option `{text}`: {cost}"),
        DiscardKind::BadValue { expected, .. } => format!("`{text}`: expected {expected}: {cost}"),
        DiscardKind::BadProposal(field, fault) => {
            format!("{}: {cost}", explain(&model.program, *field, fault))
        }
        DiscardKind::UnknownAttribute => {
            format!("pools have no attribute `{text}`: swanctl stops before it loads any connection")
        }
        DiscardKind::UnknownSecret { repair } => {
            let hint = repair.map(|prefix| format!(" (use `{prefix}…`)")).unwrap_or_default();
            format!("`secrets.{text}`: no such secret type, ignored{hint}")
        }
        DiscardKind::MissingSecret => format!("`secrets.{text}` has no `secret`: it is ignored"),
        DiscardKind::UnknownReference => format!("`{text}` is no section: nothing is inherited from it"),
    })
}

fn place(section: &str) -> &'static str {
    match section {
        "connections.*.children.*" => "children.<child>",
        "connections.*.local~" => "local",
        "connections.*.remote~" => "remote",
        "connections.*" => "the connection",
        _ => "another section",
    }
}

fn repair(discard: &Discard, context: &Context<'_>) -> Option<(String, Vec<Edit>)> {
    match &discard.kind {
        DiscardKind::UnknownOption { near: Some(near), .. } => {
            confvet_core::nearest(&discard.text, [near.as_str()], 1)?;
            Some((format!("write `{near}`"), vec![Edit::replace(discard.span, near.as_str())]))
        }
        DiscardKind::UnknownOption { destination: Some(destination), .. } => {
            let line = discard.line?;
            let setting = context.text(line).trim();
            let body =
                confvet_core::Span::new(destination.file, destination.start as usize..destination.start as usize);
            let text = context.sources.get(destination.file).text();
            let next = text.get(destination.start as usize..)?.trim_start_matches([' ', '\t']);
            // A brace with text behind it on the same line takes no line of its own.
            let indent: String = next.strip_prefix('\n')?.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
            let edits = vec![Edit::delete(line), Edit::replace(body, format!("\n{indent}{setting}"))];
            Some(("move it into the child".to_owned(), edits))
        }
        DiscardKind::BadValue { repair: Some(repair), .. } => {
            Some((format!("write `{repair}`"), vec![Edit::replace(discard.span, repair.as_str())]))
        }
        DiscardKind::BadProposal(_, fault) => match &fault.kind {
            ProposalFaultKind::Exclamation => Some(("remove the `!`".to_owned(), vec![Edit::delete(fault.span)])),
            ProposalFaultKind::Unknown { respelled: Some(word), .. } => {
                Some((format!("write `{word}`"), vec![Edit::replace(fault.span, word.as_str())]))
            }
            _ => None,
        },
        DiscardKind::UnknownSecret { repair: Some(prefix) } => {
            let rest = discard.text.get(3..)?;
            let name = format!("{prefix}{rest}");
            Some((format!("name it `{name}`"), vec![Edit::replace(discard.span, name)]))
        }
        _ => None,
    }
}
