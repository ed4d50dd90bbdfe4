//! A header name with a colon.

use crate::keys::Key;
use crate::keys::key;
use crate::model::Nginx;
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/header-name-colon", check };

const HEADERS: &[Key] = &[
    key!("add_header"),
    key!("add_trailer"),
    key!("proxy_set_header"),
    key!("grpc_set_header"),
    key!("proxy_hide_header"),
    key!("proxy_pass_header"),
    key!("fastcgi_hide_header"),
    key!("uwsgi_hide_header"),
    key!("scgi_hide_header"),
    key!("grpc_hide_header"),
];

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for word in HEADERS.iter().flat_map(|&key| nginx.all(key)).filter_map(|line| line.arg(0)) {
        let name = word.text;
        if let Some(bare) = name.strip_suffix(':') {
            findings
                .report(word.span, format!("header name `{name}` ends in a colon: nginx sends `{name}: ...`"))
                .suggest("leave the colon out", [Edit::replace(word.inner(), bare)]);
        } else if name.contains(' ') {
            findings.report(word.span, format!("header name `{name}` holds a space"));
        }
    }
}
