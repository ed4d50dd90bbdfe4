//! An address that means something else than it looks like.

use crate::Document;
use crate::hba::HbaRecord;
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/hba-ambiguous-address", check: each_part!(check) };

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
        } else if let Some(network) = record.network_without_host_bits() {
            let wide = record.mask_length().is_some_and(|length| length < 8);
            let exact = ctx.text(span) == *written;
            findings
                .report(span, format!("`{written}` matches all of {network}"))
                .severity(if wide { Severity::Warning } else { Severity::Info })
                .suggest(format!("write `{network}`"), exact.then(|| Edit::replace(span, network)));
        }
        names(record, document.postgresql(), ctx, findings);
    }
}

fn names(record: &HbaRecord, postgresql: Option<u16>, ctx: &Context<'_>, findings: &mut Findings) {
    for name in record.databases.iter().chain(&record.users) {
        if let Some(keyword) = name.disguised_keyword() {
            let how = if name.quoted { "in quotes" } else { "not in lower case" };
            let written = ctx.text(name.span);
            let exact = written.trim_matches('"').eq_ignore_ascii_case(keyword);
            findings
                .report(name.span, format!("`{}` {how} is a plain name and not the keyword `{keyword}`", name.text))
                .severity(Severity::Warning)
                .suggest(format!("write `{keyword}`"), exact.then(|| Edit::replace(name.span, keyword)));
        } else if !name.quoted && name.text.starts_with('/') && postgresql.is_some_and(|major| major < 16) {
            findings
                .report(
                    name.span,
                    format!("`{}` is a plain name before PostgreSQL 16, and no regular expression", name.text),
                )
                .severity(Severity::Warning);
        }
    }
}
