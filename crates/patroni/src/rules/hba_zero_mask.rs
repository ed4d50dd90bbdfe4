//! One address is named and every address is admitted.

use crate::Document;
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/hba-zero-mask", check: each_part!(check) };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    for record in document.effective_hba().iter().filter_map(|line| line.record.as_ref()) {
        let written = ctx.text(record.address.span);
        if record.is_host_with_zero_mask() {
            let message = format!("the mask behind `{}` ignores all bits: every address matches", record.address_text);
            findings
                .report(record.address.span, message)
                .severity(if record.rejects() { Severity::Warning } else { Severity::Error })
                .help("the mask of a single host is 255.255.255.255");
            continue;
        }
        let Some(host) = record.host_with_zero_length() else { continue };
        let (family, length) = if record.address_text.contains(':') { ("IPv6", 128) } else { ("IPv4", 32) };
        let exact = written == record.address_text;
        findings
            .report(
                record.address.span,
                format!("`{}` matches every {family} address: `/0` ignores all bits", record.address_text),
            )
            .severity(if record.rejects() { Severity::Warning } else { Severity::Error })
            .help(format!("for this one host write `{host}/{length}`"))
            .suggest(
                format!("write `/{length}`"),
                exact.then(|| Edit::replace(record.address.span, format!("{host}/{length}"))),
            );
    }
}
