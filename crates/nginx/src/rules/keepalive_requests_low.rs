//! Connections closed after few requests.

use crate::context::Context as Place;
use crate::keys::key;
use crate::model::Nginx;
use crate::value;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/keepalive-requests-low", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for line in nginx.all(key!("keepalive_requests")).filter(|line| line.context() != Place::Upstream) {
        let Some(word) = line.arg(0) else { continue };
        let Some(count) = value::number(word.text).filter(|&count| count < 1000) else { continue };
        if nginx.release().is_before((1, 19, 10)) && count >= 100 {
            continue;
        }
        findings
            .report(word.span, format!("clients are disconnected after {count} requests; the default is 1000"))
            .help("1000 since nginx 1.19.10, 100 before");
    }
}
