//! A store that loses its majority with its first node, or no later than a smaller one would.

use super::Cluster;
use crate::Document;
use crate::model::Config;
use confvet_core::{Address, Context, Findings, Keys, Rule, Set};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "patroni/dcs-quorum", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    for Cluster { members, .. } in super::clusters(set) {
        let mut nodes: Keys<String> = Keys::new();
        if !members.iter().all(|config| add_nodes(config, &mut nodes)) {
            continue;
        }
        let count = nodes.len();
        let message = match count {
            0 => continue,
            1 => "one node in the store: while it is away the primary demotes itself".to_owned(),
            count if count.is_multiple_of(2) => {
                let tolerated = (count - 1) / 2;
                format!("{count} nodes in the store tolerate the loss of {tolerated}, no more than {} do", count - 1)
            }
            _ => continue,
        };
        let hosts = |config: &&Config| {
            let section = config.dcs_sections().first()?.value;
            Some(section.get("hosts").or_else(|| section.get("host"))?.span())
        };
        let mut places = members.iter().filter_map(hosts);
        let Some(first) = places.next() else { continue };
        let mut report = findings.report(first, message).help("use three or five nodes");
        for place in places {
            report = report.label(place, "");
        }
    }
}

/// The nodes of the store that a member names. `false` where they are not all it has: a local agent, the name of a load
/// balancer, a list that something fills in later.
fn add_nodes(config: &Config, nodes: &mut Keys<String>) -> bool {
    let sections = config.dcs_sections();
    let [section] = sections.as_slice() else { return false };
    if !matches!(section.key.text(), Some("etcd" | "etcd3" | "zookeeper")) {
        return false;
    }
    let endpoints = config.dcs_endpoints();
    let address = |endpoint: &String| Address::parse_with_port(endpoint).0;
    let is_name = |endpoint: &String| matches!(address(endpoint), Address::Name(_));
    let agent = endpoints.iter().any(|endpoint| address(endpoint).is_loopback());
    let balancer = endpoints.len() == 1 && endpoints.iter().any(is_name);
    let hidden = ["srv", "srv_suffix", "url", "proxy"].iter().any(|key| section.value.get(key).is_some());
    nodes.extend(endpoints.iter().cloned());
    !(endpoints.is_empty() || agent || balancer || hidden)
}
