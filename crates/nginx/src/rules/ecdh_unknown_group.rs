//! A group that older OpenSSL does not know.

use crate::keys::key;
use crate::model::Nginx;
use confvet_core::{Category, Context, Edit, Fact, Findings, Rule, Severity};
use std::ops::Range;

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/ecdh-unknown-group", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    let openssl = ctx.facts.version(Fact::Openssl);
    let modern = openssl.is_some_and(|version| (version.major, version.minor) >= (3, 5));
    // `?` is understood from OpenSSL 3.3 on; before, it makes matters worse.
    let optional = openssl.is_none_or(|version| (version.major, version.minor) >= (3, 3));
    for word in nginx.all(key!("ssl_ecdh_curve")).filter_map(|curve| curve.arg(0)) {
        let mut start = 0;
        for group in word.text.split(':') {
            let at = start;
            let span = word.slice(at..at + group.len());
            start += group.len() + 1;
            let upper = group.to_ascii_uppercase();
            let draft = upper.contains("KYBER");
            if !(upper.contains("MLKEM") || draft) || group.starts_with('?') && optional || modern && !draft {
                continue;
            }
            let mut report = findings.report(
                span,
                format!("an OpenSSL that does not know `{group}` rejects the whole list and nginx does not start"),
            );
            report = if optional {
                report
                    .help(format!("write `?{group}` (OpenSSL 3.3 and later)"))
                    .suggest("mark it as optional", [Edit::insert_before(span, "?")])
            } else {
                let others = word.text.contains(':');
                report.help("leave it out: this OpenSSL does not know it").suggest(
                    "leave it out",
                    others.then(|| Edit::delete(word.slice(with_colon(word.text, at..at + group.len())))),
                )
            };
            let used = nginx.servers().iter().any(|server| server.is_tls(nginx));
            if openssl.is_some() && used {
                report.severity(Severity::Error).category(Category::Invalid);
            }
        }
    }
}

/// A group with the colon behind it, or the one in front of the last.
fn with_colon(list: &str, group: Range<usize>) -> Range<usize> {
    if group.end < list.len() { group.start..group.end + 1 } else { group.start - 1..group.end }
}
