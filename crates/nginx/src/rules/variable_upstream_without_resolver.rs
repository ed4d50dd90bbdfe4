//! A host that is a variable, and nobody to look it up.

use crate::layout;
use crate::model::Nginx;
use confvet_core::{Context, Fact, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/variable-upstream-without-resolver", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for pass in nginx.passes().iter().filter(|pass| pass.has_variables) {
        let scope = pass.scope(nginx);
        if pass.resolver(nginx).is_some() || !nginx.is_main() || scope.sees_unread_include() {
            continue;
        }
        let hosts = nginx.run_time_hosts(pass);
        let Some(named) = hosts.looked_up() else { continue };
        let word = pass.word(nginx);
        let (span, shown) = match pass.first_variable(nginx) {
            Some((name, span)) if pass.has_variable_host() => (span, format!("`${name}`")),
            _ => (pass.host_span(nginx), format!("`{}`", pass.endpoint.host)),
        };
        let mut report = if hosts.is_certain() {
            findings.report(
                span,
                format!("{shown} is a host name at run time and no resolver is set here: every request gets 502"),
            )
        } else {
            findings
                .report(
                    span,
                    format!(
                        "{shown} may be a host name at run time and no resolver is set here: such requests get 502"
                    ),
                )
                .severity(Severity::Warning)
        };
        if let Some(set) = named.filter(|set| *set != word.span) {
            report = report.label(set, "the name comes from here");
        }
        if let (Some(address), Some(http)) = (ctx.facts.text(Fact::Resolver), pass.directive(nginx).protocol_block()) {
            let line = format!("resolver {address} valid=10s;");
            report.suggest("add a resolver", layout::first_in(http, &line, ctx));
        }
    }
}
