//! A header value over several lines.

use crate::keys::Key;
use crate::keys::key;
use crate::model::Nginx;
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/add-header-multiline", check };

const HEADERS: &[Key] = &[
    key!("add_header"),
    key!("add_trailer"),
    key!("proxy_set_header"),
    key!("grpc_set_header"),
    key!("more_set_headers"),
];

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for line in HEADERS.iter().flat_map(|&key| nginx.all(key)) {
        let (skip, take) = if line.is(key!("more_set_headers")) { (0, usize::MAX) } else { (1, 1) };
        let values = line.args().iter().skip(skip).take(take);
        let mut after_option = false;
        for word in values {
            let skipped = std::mem::replace(&mut after_option, matches!(word.text, "-t" | "-s"));
            let Some(at) = word.text.find('\n').filter(|_| !skipped) else { continue };
            let folded = word.text[at + 1..].starts_with([' ', '\t']);
            let span = word.slice(at..word.text.len());
            let report = findings.report(span, "this header value spans lines").severity(if folded {
                Severity::Warning
            } else {
                Severity::Error
            });
            if word.is_verbatim() {
                let inner = ctx.text(word.inner());
                let joined: Vec<&str> = inner.lines().map(str::trim).filter(|part| !part.is_empty()).collect();
                report.suggest("join the lines", [Edit::replace(word.inner(), joined.join(" "))]);
            }
        }
    }
}
