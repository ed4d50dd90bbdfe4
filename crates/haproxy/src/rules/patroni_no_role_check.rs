//! A writer pool over several nodes whose check does not look at the role.

use crate::model::{CheckKind, Haproxy, Pool, Purpose, Server, ServerOption};
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/patroni-no-role-check", check };

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    let pools = haproxy.postgres_pools(context.facts);
    let somebody_checks_leader = pools.iter().any(Pool::checks_leader);
    for pool in pools {
        let severity = match (pool.purpose, pool.patroni) {
            (Purpose::Writer, true) => Severity::Error,
            (Purpose::Writer, false) => Severity::Warning,
            (Purpose::Unknown, true) if !somebody_checks_leader => Severity::Error,
            _ => continue,
        };
        let nodes: u32 = pool.active().map(Server::count).sum();
        let watched_otherwise =
            pool.active().any(|server| server.option("track").is_some() || server.flag("agent-check").is_some());
        let Some(first) = pool.active().next().filter(|_| nodes >= 2 && !watched_otherwise) else { continue };
        let check = &pool.proxy.check;
        let why = match (first.check_option(), pool.proxy.check_without_role()) {
            (None, _) => "no check is made at all".to_owned(),
            (Some(_), Some(why)) => why.to_owned(),
            (Some(_), None) => continue,
        };
        let name = pool.proxy.name();
        let span = first.check_option().map_or(first.name().span, ServerOption::span);
        let mut report =
            findings.report(span, format!("`{name}` sends writes to all {nodes} nodes: {why}")).severity(severity);
        if let Some(option) = check.option.as_ref().filter(|_| check.kind != CheckKind::Connect) {
            report = report.label(option.setting_span(), "this check is the same on every node");
        }
        if let Some(balance) = pool.proxy.last("balance") {
            report = report.label(balance.span(), "and the load is spread");
        }
        let report = report.help("check Patroni: `option httpchk GET /primary`, and `port 8008` on the servers");
        let every_check: Vec<_> = pool.proxy.servers.iter().filter_map(Server::check).collect();
        if every_check.len() != pool.proxy.servers.len()
            || pool.proxy.servers.iter().any(|server| server.option("port").is_some())
        {
            continue;
        }
        let own = check.option.as_ref().filter(|option| pool.proxy.owns(option));
        let request = "option httpchk GET /primary\n    http-check expect status 200";
        let mut edits = vec![match own {
            Some(option) => Edit::replace(option.span(), request),
            None => Edit::insert_before(pool.proxy.servers[0].statement.span(), format!("{request}\n    ")),
        }];
        edits.extend(pool.proxy.servers.iter().filter_map(|server| server.append("port 8008")));
        report.suggest("ask Patroni for the role", edits);
    }
}
