//! Servers that stay in rotation when they die.

use crate::model::{Haproxy, Mode};
use crate::values::Host;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/server-without-check", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    for proxy in
        haproxy.proxies.iter().filter(|proxy| !matches!(proxy.mode(), Mode::Log | Mode::Spop) && !proxy.is_disabled())
    {
        if proxy.watches_all() {
            continue;
        }
        let enabled: Vec<_> = proxy.servers.iter().filter(|server| !server.is_disabled()).collect();
        let total: u32 = enabled.iter().map(|server| server.count()).sum();
        let transparent = proxy.option("transparent").is_some()
            || proxy.effective("transparent").is_some()
            || proxy.last("dispatch").is_some();
        if total < 2 || transparent {
            continue;
        }
        let unwatched: Vec<_> = enabled
            .into_iter()
            .filter(|server| {
                let refuses = server.options().any(|option| option.name() == "no-check");
                let real = match &server.address.host {
                    Host::Inet(address) => !address.is_wildcard(),
                    Host::Internal => false,
                    Host::Unix(_) | Host::Variable => true,
                };
                let variable = || {
                    server.statement.has_variable()
                        && server.statement.words().iter().any(|word| word.text.contains("[*]"))
                };
                !server.is_watched() && !refuses && real && !variable()
            })
            .collect();
        let Some((first, others)) = unwatched.split_first() else { continue };
        let missing: u32 = unwatched.iter().map(|server| server.count()).sum();
        let message = format!(
            "{missing} of {total} servers of `{}` have no health check: they stay in rotation when they die",
            proxy.name()
        );
        let mut report = findings
            .report(first.name().span, message)
            .help("add `check`, or `default-server check` above the servers");
        for other in others.iter().take(4) {
            report = report.label(other.name().span, "not checked either");
        }
        let checkable = unwatched.iter().filter(|server| !proxy.lacks_check_port(server));
        report.suggest("check them", checkable.filter_map(|server| server.append("check")).collect::<Vec<_>>());
    }
}
