//! A `default-server` line below the servers it was meant for.

use crate::model::{Haproxy, ServerOption};
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/default-server-order", check };

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    for proxy in haproxy.proxies.iter().filter(|proxy| proxy.has_late_defaults()) {
        let Some(first_server) = proxy.servers.first() else { continue };
        let late = |line: &&crate::model::Statement| line.span().start > first_server.statement.span().start;
        let lines: Vec<_> = proxy.all("default-server").collect();
        // Lines that take turns with the servers are meant as they stand.
        let takes_turns = lines.len() > 1 && lines.iter().any(|line| !late(line));
        // Whoever has more of them has read the message by then.
        for line in lines.iter().copied().filter(|_| !takes_turns).filter(|line| late(line)).take(8) {
            let settings: Vec<ServerOption<'_>> =
                proxy.default_server().filter(|option| option.statement.span() == line.span()).collect();
            let above: Vec<_> =
                proxy.servers.iter().filter(|server| server.statement.span().start < line.span().start).collect();
            let missed: Vec<_> = above
                .iter()
                .filter(|server| {
                    settings.iter().any(|setting| {
                        let has = server.option(setting.name());
                        let same = has.is_some_and(|has| has.text() == setting.text());
                        let own = server.own_options().any(|option| option.setting() == setting.setting());
                        !own && !same
                    })
                })
                .collect();
            if missed.is_empty() {
                continue;
            }
            let names: Vec<&str> = missed.iter().take(5).map(|server| server.name().text).collect();
            let message = format!(
                "`default-server` comes after {}: it does not apply to {}",
                if missed.len() == 1 { "1 server".to_owned() } else { format!("{} servers", missed.len()) },
                names.join(", ")
            );
            let mut report = findings.report(line.keyword_span(), message);
            for server in missed.iter().take(5) {
                report = report.label(server.name().span, "read before the line");
            }
            let moved = first_server.statement.insert_line_before(context.text(line.span()));
            report
                .help("move the line above the first server")
                .suggest("move it above the servers", [moved, Edit::delete(line.delete().span)]);
        }
    }
}
