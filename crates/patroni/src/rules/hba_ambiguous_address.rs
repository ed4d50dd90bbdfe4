//! An address that means something else than it looks like.

use crate::hba::HbaRecord;
use crate::model::Document;
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/hba-ambiguous-address", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    for record in document.effective_hba().iter().filter_map(|line| line.record.as_ref()) {
        let span = record.address.span;
        let written = &record.address_text;
        if let Some((meant, read)) = record.misread_network() {
            let exact = ctx.text(span) == *written;
            findings
                .report(span, format!("`{written}` means {read}, not {meant}"))
                .suggest(format!("write `{meant}`"), exact.then(|| Edit::replace(span, meant)));
        } else if let Some(mask) = record.odd_mask() {
            findings.report(span, format!("the mask of `{written}` is {mask}, whose bits are not contiguous"));
        } else if record.is_impossible_name() {
            findings
                .report(span, format!("`{written}` is read as a host name, which no client ever has"))
                .help("write `all`, or a network such as `10.0.0.0/24`");
        }
        keywords(record, findings);
    }
}

fn keywords(record: &HbaRecord, findings: &mut Findings) {
    for name in record.databases.iter().chain(&record.users) {
        let Some(keyword) = name.disguised_keyword() else { continue };
        let how = if name.quoted { "in quotes" } else { "not in lower case" };
        findings
            .report(name.span, format!("`{}` {how} is a plain name and not the keyword `{keyword}`", name.text))
            .severity(Severity::Warning);
    }
}
