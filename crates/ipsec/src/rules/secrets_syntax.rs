//! A line of a secrets file that the program cannot read. strongSwan reads nothing below it.

use crate::dialect::Dialect;
use crate::model::Ipsec;
use crate::syntax::secrets::{Fault, FaultKind};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/secrets-syntax", check };

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    for fault in &model.secrets.faults {
        let reason = reason(fault.kind);
        let message = match (fault.kind.is_fatal(), fault.dialect, fault.lost) {
            (false, ..) => reason.to_owned(),
            (true, Dialect::Strongswan, 0) => format!("{reason}: strongSwan stops here, this entry is not loaded"),
            (true, Dialect::Strongswan, 1) => {
                format!("{reason}: strongSwan stops here, the entry below is not loaded either")
            }
            (true, Dialect::Strongswan, lost) => {
                format!("{reason}: strongSwan stops here, the {lost} entries below are not loaded")
            }
            (true, ..) => format!("{reason}: this entry is not loaded"),
        };
        let mut report = findings.report(fault.span, message);
        report = match fault.kind {
            FaultKind::NameLookup => report.severity(Severity::Info).category(Category::Performance),
            FaultKind::EmptyPsk => report.severity(Severity::Warning).category(Category::Security),
            FaultKind::CutOff | FaultKind::Comma => report.severity(Severity::Warning).category(Category::Outage),
            _ => report,
        };
        if let Some(edits) = repair(fault, context) {
            report.suggest_as(Safety::Safe, "write it as the program reads it", edits);
        }
    }
}

/// What is wrong; never with a part of the line, which may be the secret.
fn reason(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::NoSeparator => "no ` : ` with blanks around the colon between selectors and secret",
        FaultKind::UnknownToken => "this is no kind of secret (`PSK`, `EAP`, `RSA` and so on)",
        FaultKind::MissingValue => "the secret is missing",
        FaultKind::UnterminatedQuote => "the quote is not closed on this line",
        FaultKind::BadEncoding => "this is no hexadecimal (`0x`) or base64 (`0s`) text",
        FaultKind::BareWord => "a secret stands in quotes or begins with `0x`, `0s` or `0t`",
        FaultKind::ExtraText => "there is more text behind the secret",
        FaultKind::NoPredecessor => "an entry begins in column 0, and this line continues none",
        FaultKind::CutOff => "what follows the first word is cut off: the key is shorter than it looks",
        FaultKind::Comma => "the comma becomes a part of the selector: separate selectors by blanks",
        FaultKind::EmptyPsk => "the pre-shared key is empty, and strongSwan takes it",
        FaultKind::NameLookup => "a bare name is looked up in the DNS: write it with a leading `@`",
    }
}

fn repair(fault: &Fault, context: &Context<'_>) -> Option<Vec<Edit>> {
    if fault.kind == FaultKind::BareWord {
        let (span, _) = fault.repair.as_ref()?;
        return Some(vec![Edit::insert_before(*span, "\""), Edit::insert_after(*span, "\"")]);
    }
    let (span, text) = fault.repair.as_ref()?;
    let fits = span.end as usize <= context.sources.get(span.file).text().len();
    fits.then(|| vec![Edit::replace(*span, text.as_str())])
}
