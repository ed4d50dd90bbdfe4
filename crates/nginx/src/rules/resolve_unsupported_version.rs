//! `resolve` on a version that does not know it.

use crate::keys::key;
use crate::model::Nginx;
use confvet_core::{Category, Context, Findings, Rule, Severity, Span};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/resolve-unsupported-version", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    let release = nginx.release();
    if let (false, Some((resolve, version))) = (release.known, nginx.resolve_beside_old_version()) {
        findings
            .report(resolve, "`resolve` needs open-source nginx 1.27.3, and a comment names an older one")
            .severity(Severity::Info)
            .category(Category::Maintainability)
            .label(version, "this version does not know it")
            .help("name the version in confvet.toml: `[target]`, `nginx = \"1.27.3\"`");
    }
    if release.has_resolve() || release.version.is_none() {
        return;
    }
    let mut report = |span: Span, what: &str| {
        findings.report(
            span,
            format!(
                "`{what}` needs open-source nginx 1.27.3 (1.28.0 is the first stable release with it); the target is {}",
                release.version_text()
            ),
        );
    };
    for upstream in nginx.upstreams() {
        for server in &upstream.servers {
            if let Some(span) = server.resolve {
                report(span, "resolve");
            }
            if let Some(span) = server.service {
                report(span, "service=");
            }
        }
        let block = upstream.block(nginx);
        for directive in [key!("resolver"), key!("resolver_timeout")].into_iter().filter_map(|key| block.first(key)) {
            report(directive.name().span, &format!("{} in upstream", directive.name().text));
        }
    }
}
