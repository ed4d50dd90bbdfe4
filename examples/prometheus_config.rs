//! Says how many samples may wait in front of each remote write of a prometheus.yml, and where passwords stand in it.
//! `cargo run --example prometheus_config -- prometheus.yml`

use std::process::ExitCode;

/// The default of `capacity` and of `max_shards` since 2.44.
const CAPACITY: i64 = 10_000;
const MAX_SHARDS: i64 = 50;

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
        let Some(config) = confvet::prometheus::parse(&text).model.config() else {
            println!("{path}: this is no prometheus.yml");
            continue;
        };
        for remote in &config.remote_write {
            let url = remote.url.as_ref().map_or("?", |url| &url.value);
            let queue = remote.queue_config.clone().unwrap_or_default();
            let capacity = queue.capacity.map_or(CAPACITY, |capacity| capacity.value);
            let shards = queue.max_shards.map_or(MAX_SHARDS, |shards| shards.value);
            println!("{path}: {url}: up to {} samples wait in memory", capacity.saturating_mul(shards));
        }
        for job in &config.scrape_configs {
            let name = job.job_name.as_ref().map_or("?", |name| &name.value);
            if let Some(password) = job.basic_auth.as_ref().and_then(|auth| auth.password.as_ref()) {
                let line = text[..password.span.range().start].lines().count();
                println!("{path}: {name}: its password {:?} stands on line {line}", password.value);
            }
        }
    }
    if unread { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
