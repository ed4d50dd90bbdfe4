//! Stapling for certificates that have no responder.

use crate::keys::key;
use crate::model::Nginx;
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/stapling-dead-ca", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for certificate in nginx.all(key!("ssl_certificate")).filter(|line| line.text(0).starts_with("/etc/letsencrypt/")) {
        let stapling =
            certificate.scope().effective(key!("ssl_stapling")).filter(|line| line.text(0).eq_ignore_ascii_case("on"));
        if let Some(stapling) = stapling {
            findings
                .report(stapling.span(), "Let's Encrypt has no OCSP responder since 2025: there is nothing to staple")
                .label(certificate.span(), "a certificate of Let's Encrypt")
                .suggest("switch it off", stapling.arg(0).map(|word| Edit::replace(word.inner(), "off")));
        }
    }
}
