//! A name that is looked up once, when nginx starts.

use crate::model::{HostClass, Nginx};
use confvet_core::{Context, Fact, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/upstream-static-dns", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for host in nginx.static_hosts(ctx.facts.list(Fact::StaticHosts)) {
        let name = &host.name;
        let (severity, why) = match host.class {
            HostClass::Rotating if name.ends_with(".consul") => {
                (Severity::Warning, "; Consul's answers change with every deployment")
            }
            HostClass::Rotating => (Severity::Error, "; its addresses rotate (load balancer name)"),
            HostClass::Public => (Severity::Warning, ""),
            _ => (Severity::Info, ""),
        };
        let mut report = findings
            .report(host.span, format!("`{name}` is looked up once, when nginx starts or reloads{why}"))
            .severity(severity);
        for (span, text) in &host.others {
            report = report.label(*span, *text);
        }
        let release = nginx.release();
        let modern = release.has_resolve() || !release.known;
        report = report.help(if release.has_resolve() {
            "let the group look the name up again: `resolve` on the server, `zone` in the group and a `resolver` in `http`".to_owned()
        } else if modern {
            "with nginx 1.27.3 let the group look the name up again: `resolve`, `zone` and a `resolver`; before, put the name into a variable".to_owned()
        } else {
            format!("nginx {} has no `resolve`: put the name into a variable, with a `resolver` in scope", release.version_text())
        });
        let edits = if modern { host.resolve_again(nginx, ctx) } else { host.through_variable(nginx, ctx) };
        if let Some(edits) = edits {
            let title = if modern { "look the name up again at run time" } else { "put the name into a variable" };
            report.suggest(title, edits);
        }
    }
}
