//! Says of each `elasticsearch.yml` given which cluster and node it is for, whether the node takes part in elections,
//! and how many votes it waits for: `cargo run --example elasticsearch_quorum -- es1.yml es2.yml`.

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
        for node in confvet::elasticsearch::parse(&text).model.nodes {
            let votes = node.integer("discovery.zen.minimum_master_nodes").map_or(1, |votes| votes.value);
            let part = match node.is_master_eligible() {
                Some(true) => format!("elects a master with {votes} votes"),
                Some(false) => "does not elect".to_owned(),
                None => "elects if a placeholder says so".to_owned(),
            };
            let cluster = node.cluster_name().unwrap_or("a cluster that a placeholder names");
            println!("{path}: {} of {cluster} {part}, {} seeds", node.title(), node.seeds().unwrap_or_default().len());
        }
    }
    if unread { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
