//! A gateway whose kernel does not forward.

use crate::model::{Connection, Ipsec};
use crate::selector::Selector;
use crate::syntax::sysctl::SysctlLine;
use confvet_core::{Context, Edit, Findings, Rule, Safety, Set, Severity, Span};

pub(super) static RULE: Rule<Set<Ipsec>> = Rule { name: "ipsec/ip-forward", check };

fn check(set: &Set<Ipsec>, context: &Context<'_>, findings: &mut Findings) {
    for tree in super::kernel::trees(set) {
        let gateways = || tree.gateways.iter().flat_map(|model| model.live());
        for (ipv4, keys) in [
            (true, &["net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding"][..]),
            (false, &["net.ipv6.conf.all.forwarding"][..]),
        ] {
            let Some(network) = gateways().find_map(|connection| network(connection, ipv4)) else { continue };
            judge(&tree.lines, keys, network, context, findings);
        }
    }
}

/// A network behind this gateway: it must forward for it.
fn network(connection: &Connection, ipv4: bool) -> Option<&Selector> {
    let wide = |selector: &&Selector| {
        !selector.is_single_host() && selector.net().is_some_and(|net| net.addr().is_ipv4() == ipv4)
    };
    connection.local.selectors().iter().find(wide)
}

fn judge(lines: &[&SysctlLine], keys: &[&str], network: &Selector, context: &Context<'_>, findings: &mut Findings) {
    let named = |line: &&&SysctlLine| keys.contains(&line.key.as_str());
    let in_force = lines.iter().filter(|line| !line.commented).rfind(named);
    if in_force.is_some_and(|line| line.value == "1") {
        return;
    }
    let name = keys[0];
    let label = "traffic of this network";
    if let Some(line) = in_force {
        let message = format!(
            "`{}` is {}: the gateway will not forward between `{}` and the tunnel",
            line.key, line.value, network.text
        );
        findings.report(line.span, message).label(network.span, label).suggest_as(
            Safety::Unsafe,
            "set it to 1",
            [Edit::replace(line.value_span, "1")],
        );
        return;
    }
    let commented = lines.iter().filter(|line| line.commented).rfind(named);
    if let Some(line) = commented {
        let message = format!(
            "`{}` is commented out: the gateway will not forward between `{}` and the tunnel",
            line.key, network.text
        );
        let report = findings.report(line.span, message).severity(Severity::Warning).label(network.span, label);
        if line.value == "1" {
            report.suggest_as(Safety::Safe, "uncomment it", [Edit::delete(line.comment)]);
        }
        return;
    }
    let Some(last) = lines.last() else { return };
    let source = context.sources.get(last.span.file);
    let first_line = source.line(1).unwrap_or(0..0);
    let message =
        format!("`{name}` is not set: the gateway will not forward between `{}` and the tunnel", network.text);
    findings
        .report(Span::new(last.span.file, first_line), message)
        .severity(Severity::Warning)
        .label(network.span, label);
}
