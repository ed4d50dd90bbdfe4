//! A second Content-Type.

use crate::context::Context as Place;
use crate::keys::Key;
use crate::keys::key;
use crate::model::Nginx;
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/add-header-content-type", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    const HIDES: &[Key] = &[
        key!("proxy_hide_header"),
        key!("fastcgi_hide_header"),
        key!("uwsgi_hide_header"),
        key!("scgi_hide_header"),
        key!("grpc_hide_header"),
    ];
    for header in nginx.all(key!("add_header")).filter(|header| header.text(0).eq_ignore_ascii_case("content-type")) {
        let scope = header.scope();
        let hidden = HIDES
            .iter()
            .any(|&key| scope.effective_all(key).any(|line| line.text(0).eq_ignore_ascii_case("content-type")));
        if hidden || scope.sees_unread_include() {
            continue;
        }
        let name = header.arg(0).unwrap_or(header.name()).span;
        let report = findings.report(name, "`add_header Content-Type` adds a second one; use `default_type`");
        if !scope.has(key!("default_type")) && header.args().len() == 2 && header.context() != Place::LocationIf {
            report.suggest("use `default_type`", [Edit::replace(header.name().span.to(name), "default_type")]);
        }
    }
}
