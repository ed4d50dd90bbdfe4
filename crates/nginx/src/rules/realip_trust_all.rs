//! Every client may say which address it has.

use crate::context::Protocol;
use crate::keys::key;
use crate::model::Nginx;
use confvet_core::{Context, Fact, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/realip-trust-all", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    if ctx.facts.text(Fact::BehindProxy) == Some("network-isolated") {
        return;
    }
    for trusted in nginx.all(key!("set_real_ip_from")).filter(|line| line.context().protocol() == Some(Protocol::Http))
    {
        let Some(word) = trusted.arg(0).filter(|word| covers_internet(word.text)) else { continue };
        let header = trusted.scope().effective_text(key!("real_ip_header")).unwrap_or("X-Real-IP");
        let by_protocol = header.eq_ignore_ascii_case("proxy_protocol");
        if by_protocol && nginx.listens_privately(trusted) {
            continue;
        }
        let what = if by_protocol { "the PROXY protocol" } else { header };
        findings
            .report(word.span, format!("every client may choose its own address: {what} is trusted from {}", word.text))
            .severity(if by_protocol { Severity::Warning } else { Severity::Error });
    }
}

/// A public network so wide that strangers are in it.
fn covers_internet(text: &str) -> bool {
    match text.parse::<ipnet::IpNet>() {
        Ok(ipnet::IpNet::V4(net)) => net.prefix_len() < 8 || net.prefix_len() == 0,
        Ok(ipnet::IpNet::V6(net)) => {
            net.prefix_len() < 16 && !net.addr().is_unique_local() && !net.addr().is_unicast_link_local()
        }
        Err(_) => false,
    }
}
