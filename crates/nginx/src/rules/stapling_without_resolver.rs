//! OCSP stapling that cannot find the responder.

use crate::keys::key;
use crate::model::{Endpoint, HostClass, Nginx};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/stapling-without-resolver", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for server in nginx.servers().iter().filter(|server| server.is_tls(nginx)) {
        let block = server.block(nginx);
        let Some(stapling) =
            block.effective(key!("ssl_stapling")).filter(|line| line.text(0).eq_ignore_ascii_case("on"))
        else {
            continue;
        };
        let by_address = block.effective_text(key!("ssl_stapling_responder")).is_some_and(|url| {
            Endpoint::parse(
                url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or_default(),
                0,
            )
            .class
                == HostClass::Ip
        });
        let fragment = !nginx.is_main();
        if fragment
            || by_address
            || block.effective(key!("resolver")).is_some()
            || block.effective(key!("ssl_stapling_file")).is_some()
            || block.sees_unread_include()
        {
            continue;
        }
        findings.report(
            stapling.span(),
            "no `resolver` for the OCSP responder: when its address changes nothing is stapled",
        );
    }
}
