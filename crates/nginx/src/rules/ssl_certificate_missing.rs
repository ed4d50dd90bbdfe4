//! A TLS socket whose server has no certificate.

use crate::keys::key;
use crate::model::Nginx;
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/ssl-certificate-missing", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for server in nginx.servers() {
        let block = server.block(nginx);
        let Some(listen) = server.listens.iter().find(|listen| listen.is_tls()) else { continue };
        if !nginx.is_main() || block.sees_unread_include() || block.brings_certificate_otherwise() {
            continue;
        }
        let span = listen.directive(nginx).span();
        let has = |key| block.effective(key).is_some();
        let text = format!("listen {} {}", listen.directive(nginx).text(0), if listen.ssl { "ssl" } else { "quic" });
        if !has(key!("ssl_certificate")) {
            let mut report = findings
                .report(span, format!("no `ssl_certificate` for `{text}`"))
                .label(server.directive(nginx).name().span, "this server has none, nor has the block around it");
            if !nginx.is_default_on(server, &listen.address) {
                report = report.severity(Severity::Warning).category(Category::Outage);
            }
            let _ = report;
        } else if !has(key!("ssl_certificate_key")) {
            findings
                .report(span, format!("no `ssl_certificate_key` for `{text}`"))
                .label(server.directive(nginx).name().span, "this server has a certificate without a key");
        }
    }
    for verify in nginx.verified_without_authority() {
        findings
            .report(
                verify.span(),
                format!(
                    "`{0} on` without `{1}`: there is nothing to check against",
                    verify.name().text,
                    verify.name().text.replace("verify", "trusted_certificate")
                ),
            )
            .help("name the file with the authorities, such as /etc/ssl/certs/ca-certificates.crt");
    }
}
