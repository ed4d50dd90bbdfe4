//! Something that the target version does not know.

use crate::keys::key;
use crate::layout;
use crate::model::{Directive, Nginx, Problem};
use crate::release::display as display_version;
use confvet_core::{Context, Edit, Findings, Rule, Safety};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/version-mismatch", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    let release = nginx.release();
    if release.version.is_none() {
        return;
    }
    let target = release.version_text();
    for problem in nginx.problems() {
        match problem {
            Problem::TooNew(id, since) => {
                let directive = nginx.directive(*id);
                if directive.is(key!("resolver")) || directive.is(key!("resolver_timeout")) {
                    continue;
                }
                let name = directive.name();
                findings.report(
                    name.span,
                    format!("`{}` needs nginx {}, the target is {target}", name.text, display_version(*since)),
                );
            }
            Problem::Removed(id, removed) => {
                let directive = nginx.directive(*id);
                let name = directive.name();
                let report = findings.report(
                    name.span,
                    format!(
                        "`{}` was removed in nginx {}, the target is {target}",
                        name.text,
                        display_version(*removed)
                    ),
                );
                if directive.is(key!("ssl")) {
                    report.suggest_as(Safety::Safe, "say it on `listen`", ssl_on_listen(nginx, directive, ctx));
                }
            }
            _ => {}
        }
    }
    for newer in nginx.newer_parameters() {
        if release.is_before(newer.since) {
            findings.report(
                newer.span,
                format!("`{}` needs nginx {}, the target is {target}", newer.what, display_version(newer.since)),
            );
        }
    }
}

/// `ssl on;` goes, and every `listen` of that server gets ` ssl`.
fn ssl_on_listen(nginx: &Nginx, ssl: Directive<'_>, ctx: &Context<'_>) -> Vec<Edit> {
    let Some(server) = nginx.server_of(ssl).filter(|server| !server.listens.is_empty()) else { return Vec::new() };
    let plain = server.listens.iter().filter(|listen| !listen.is_tls() && ssl.text(0) == "on");
    let added = plain.map(|listen| Edit::insert_after(listen.directive(nginx).span(), " ssl"));
    std::iter::once(layout::delete(ssl, ctx)).chain(added).collect()
}
