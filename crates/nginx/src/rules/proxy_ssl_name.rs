//! TLS to a backend under the wrong name.

use crate::keys::key;
use crate::layout;
use crate::model::{Directive, Family, HostClass, Nginx};
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/proxy-ssl-name", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for pass in
        nginx.passes().iter().filter(|pass| pass.family == Family::Proxy && pass.scheme.as_deref() == Some("https"))
    {
        let scope = pass.scope(nginx);
        if pass.has_variables || scope.sees_unread_include() || scope.effective(key!("proxy_ssl_name")).is_some() {
            continue;
        }
        let (sends, verifies) =
            (scope.effective(key!("proxy_ssl_server_name")), scope.effective(key!("proxy_ssl_verify")));
        let is_on = |line: Option<Directive<'_>>| line.is_some_and(|line| line.text(0).eq_ignore_ascii_case("on"));
        let word = pass.word(nginx).span;
        if let Some(upstream) = pass.group(nginx) {
            let name = &upstream.name.value;
            let line = if is_on(verifies) { verifies } else { sends.filter(|_| is_on(sends)) };
            let Some(line) = line.filter(|_| !name.contains('.')) else { continue };
            findings
                .report(
                    word,
                    format!("the TLS name sent and checked is `{name}` (the group's name): set `proxy_ssl_name`"),
                )
                .severity(if is_on(verifies) { Severity::Error } else { Severity::Warning })
                .label(line.span(), "because of this");
        } else if matches!(pass.endpoint.class, HostClass::Rotating | HostClass::Public) && !is_on(sends) {
            let directive = pass.directive(nginx);
            findings
                .report(
                    word,
                    format!(
                        "`{}` is asked without a TLS server name: hosts that share an address refuse the handshake",
                        pass.endpoint.host
                    ),
                )
                .suggest("send the name", layout::after(directive, &["proxy_ssl_server_name on;".to_owned()], ctx));
        } else if pass.endpoint.class == HostClass::Public && !is_on(verifies) {
            findings
                .report(
                    word,
                    format!("the certificate of `{}` is not checked: `proxy_ssl_verify` is off", pass.endpoint.host),
                )
                .severity(Severity::Info);
        }
    }
}
