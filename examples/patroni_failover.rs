//! Says how long a Patroni cluster is without a leader at worst, and which health check finds which member.
//! `cargo run --example patroni_failover -- patroni.yml`

use confvet::patroni::rest::{Role, status};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut unread = false;
    for path in std::env::args().skip(1) {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("{path}: {error}");
                unread = true;
                continue;
            }
        };
        let config = confvet::patroni::parse(&text).model;
        let cluster = config.cluster().map_or("a cluster without a scope", |cluster| cluster.value);
        let timing = config.timing().effective(None);
        let failover = config.worst_case_failover();
        println!("{path}: {cluster}");
        println!("  ttl {} s, loop_wait {} s, retry_timeout {} s", timing.ttl, timing.loop_wait, timing.retry_timeout);
        println!("  a lost host is replaced within {} s", failover.host_lost);
        println!("  a crashed PostgreSQL within {} s", failover.postgres_crashed);
        for endpoint in ["/primary", "/replica", "/health"] {
            let codes = [Role::Primary, Role::Replica].map(|role| status(endpoint, role, None));
            println!("  {endpoint}: {} from the primary, {} from a replica", codes[0], codes[1]);
        }
    }
    if unread { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
