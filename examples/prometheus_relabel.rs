//! Says where each written target of a prometheus.yml ends up, and which rule drops the others.
//! `cargo run --example prometheus_relabel -- prometheus.yml`

use confvet::prometheus::relabel::TargetVerdict;
use confvet::prometheus::simulate_job;
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
        let document = confvet::prometheus::parse(&text).model;
        for job in document.jobs() {
            let name = job.title();
            let simulation = match simulate_job(&document, name, &[], None, None) {
                Ok(simulation) => simulation,
                Err(reason) => {
                    println!("{path}: {name}: {reason}");
                    continue;
                }
            };
            for target in simulation.targets {
                let address = target.trace.input.get("__address__").map_or("", String::as_str);
                match target.verdict {
                    TargetVerdict::Scraped { labels, url, .. } => {
                        let instance = labels.get("instance").map_or("", String::as_str);
                        println!("{path}: {name}: {address} is scraped at {url} as {instance}");
                    }
                    TargetVerdict::Dropped { rule } => {
                        let action = job.relabel[rule].rule.action;
                        println!("{path}: {name}: {address} is dropped by rule {}, a {action}", rule + 1);
                    }
                    TargetVerdict::Failed { reason } => println!("{path}: {name}: {address} is not scraped: {reason}"),
                }
            }
        }
    }
    if unread { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
