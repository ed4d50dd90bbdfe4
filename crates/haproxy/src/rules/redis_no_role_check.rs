//! A pool over several Redis nodes that does not ask which one is the master.

use crate::model::{CheckKind, Haproxy, Proxy};
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/redis-no-role-check", check };

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    for proxy in haproxy.redis_pools(context.facts) {
        let active: Vec<_> =
            proxy.servers.iter().filter(|server| !server.is_backup() && !server.is_disabled()).collect();
        let nodes: u32 = active.iter().map(|server| server.count()).sum();
        let agent =
            active.iter().any(|server| server.flag("agent-check").is_some() || server.option("track").is_some());
        let Some(first) = active.first().filter(|_| nodes >= 2 && !agent && !asks_for_master(proxy)) else { continue };
        let option = proxy.check.option.as_ref().filter(|option| proxy.owns(option));
        let span = option
            .map(crate::model::Statement::setting_span)
            .or(first.check_option().map(crate::model::ServerOption::span))
            .unwrap_or(first.name().span);
        let message = format!(
            "`{}` balances over {nodes} Redis nodes without asking for the role: writes reach replicas",
            proxy.name()
        );
        let report = findings
            .report(span, message)
            .label(proxy.header(), "every node that answers is UP here")
            .help("use `option tcp-check` with `tcp-check send info\\ replication\\r\\n` and `tcp-check expect string role:master`");
        let checked = proxy.servers.iter().all(crate::model::Server::is_checked);
        if let Some(option) = option.filter(|option| checked && option.text(1) == "redis-check") {
            report.suggest("ask for the role", [Edit::replace(option.span(), ROLE_CHECK)]);
        }
    }
}

const ROLE_CHECK: &str = "option tcp-check
    tcp-check send PING\\r\\n
    tcp-check expect string +PONG
    tcp-check send info\\ replication\\r\\n
    tcp-check expect string role:master
    tcp-check send QUIT\\r\\n
    tcp-check expect string +OK";

fn asks_for_master(proxy: &Proxy) -> bool {
    match proxy.check.kind {
        CheckKind::External => true,
        CheckKind::Tcp => {
            let expects = |line: &&crate::model::Statement| line.text(1) == "expect";
            proxy
                .check
                .tcp
                .iter()
                .filter(expects)
                .any(|line| line.words().iter().any(|word| word.text.contains("master") || !word.is_known()))
        }
        _ => false,
    }
}
