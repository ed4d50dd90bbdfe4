//! Kernel settings that work against a gateway.

use crate::model::Ipsec;
use confvet_core::{Category, Context, Edit, Findings, Rule, Set, Severity};

pub(super) static RULE: Rule<Set<Ipsec>> = Rule { name: "ipsec/gateway-sysctl", check };

fn check(set: &Set<Ipsec>, _: &Context<'_>, findings: &mut Findings) {
    for tree in super::kernel::trees(set) {
        let mut live = tree.gateways.iter().flat_map(|model| model.live()).peekable();
        if live.peek().is_none() {
            continue;
        }
        let route_based = live.any(|connection| connection.route_based);
        for scope in ["all", "default"] {
            for name in ["rp_filter", "send_redirects", "accept_redirects"] {
                let key = format!("net.ipv4.conf.{scope}.{name}");
                let line = tree.lines.iter().filter(|line| !line.commented).rfind(|line| line.key == key);
                let Some(line) = line.filter(|line| line.value == "1") else { continue };
                if name == "rp_filter" {
                    let message = format!(
                        "`{key}` = 1 drops decrypted packets whose way back is another interface (the larger of `all` and the interface counts)"
                    );
                    let severity = if route_based { Severity::Warning } else { Severity::Info };
                    findings
                        .report(line.span, message)
                        .severity(severity)
                        .suggest("set it to 2", [Edit::replace(line.value_span, "2")]);
                } else {
                    findings
                        .report(line.span, format!("`{key}` = 1: ICMP redirects steer clients around the tunnel"))
                        .category(Category::Security)
                        .suggest("set it to 0", [Edit::replace(line.value_span, "0")]);
                }
            }
        }
    }
}
