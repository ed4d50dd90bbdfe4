//! A group that older OpenSSL does not know.

use crate::keys::key;
use crate::model::Nginx;
use confvet_core::{Category, Context, Edit, Fact, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/ecdh-unknown-group", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    let openssl = ctx.facts.version(Fact::Openssl);
    let modern = openssl.is_some_and(|version| (version.major, version.minor) >= (3, 5));
    for word in nginx.all(key!("ssl_ecdh_curve")).filter_map(|curve| curve.arg(0)) {
        let mut start = 0;
        for group in word.text.split(':') {
            let span = word.slice(start..start + group.len());
            start += group.len() + 1;
            let upper = group.to_ascii_uppercase();
            let draft = upper.contains("KYBER");
            if !(upper.contains("MLKEM") || draft) || group.starts_with('?') || modern && !draft {
                continue;
            }
            let report = findings
                .report(
                    span,
                    format!("an OpenSSL that does not know `{group}` rejects the whole list and nginx does not start"),
                )
                .help(format!("write `?{group}` (OpenSSL 3.3 and later)"))
                .suggest("mark it as optional", [Edit::insert_before(span, "?")]);
            let used = nginx.servers().iter().any(|server| server.is_tls(nginx));
            if openssl.is_some() && used {
                report.severity(Severity::Error).category(Category::Invalid);
            }
        }
    }
}
