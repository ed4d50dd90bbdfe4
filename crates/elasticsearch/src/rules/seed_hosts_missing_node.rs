//! A seed that is no node, a node that is nobody's seed, or seeds that do not help.

use crate::cluster::{Cluster, Directory, Peer};
use crate::model::Elasticsearch;
use crate::node::Seed;
use crate::seeds::SeedFile;
use confvet_core::{Address, Category, Context, Edit, Findings, Keys, Rule, Safety, Set, Severity, Spanned};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/seed-hosts-missing-node", check };

fn check(set: &Set<Elasticsearch>, context: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for cluster in directory.clusters() {
        for peer in cluster.sound() {
            let seeds = peer.node.seeds().unwrap_or_default();
            for seed in seeds {
                if let Some((node, address)) = mistaken_for(&cluster, peer, seed) {
                    report_typo(&cluster, seed, node, &address, context, findings);
                } else {
                    report_useless(&cluster, seed, findings);
                }
            }
            report_list(&cluster, seeds, context, findings);
        }
        if cluster.is_closed() && cluster.peers.len() > 1 {
            report_unseeded(&cluster, context, findings);
        }
    }
    for file in set.members.iter().flat_map(|member| &member.model().nodes).filter_map(|node| node.seed_file.as_deref())
    {
        report_unusable(file, findings);
    }
}

/// The node whose address the seed misses by one character: the seed reaches nobody, nobody else knows it, and the node
/// is missing from the list.
pub(super) fn mistaken_for<'a>(
    cluster: &Cluster<'a>,
    peer: Peer<'a>,
    seed: &Seed,
) -> Option<(Peer<'a>, Spanned<Address>)> {
    // In a cluster of this many nodes every address is near to another.
    const MANY: usize = 50;
    if cluster.is_known(seed) || seed.address.is_loopback() || !(2..=MANY).contains(&cluster.peers.len()) {
        return None;
    }
    let own_seeds = peer.node.seeds()?;
    let reached = cluster.reached_by_all(own_seeds);
    let text = seed.address.to_string();
    let near = |other: &Peer<'a>| -> Option<(Peer<'a>, Spanned<Address>)> {
        let mut addresses = other.node.addresses().iter();
        let address = addresses
            .find(|address| confvet_core::nearest(&address.value.to_string(), [text.as_str()], 1).is_some())?;
        Some((*other, address.clone()))
    };
    let missing = |other: &&Peer<'a>| !other.is(peer) && !other.is_among(&reached);
    let mut candidates = cluster.peers.iter().filter(missing).filter_map(near);
    let found = candidates.next()?;
    if candidates.next().is_some() {
        return None;
    }
    let wanted = cluster.dialled(seed);
    let known_elsewhere = cluster
        .peers
        .iter()
        .filter(|other| !other.is(peer))
        .any(|other| other.node.seeds().unwrap_or_default().iter().any(|theirs| cluster.dialled(theirs) == wanted));
    (!known_elsewhere).then_some(found)
}

fn report_typo(
    cluster: &Cluster<'_>,
    seed: &Seed,
    node: Peer<'_>,
    address: &Spanned<Address>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let file = node.place(context);
    let report = findings
        .report(
            seed.scalar.span,
            format!("{} is no node of cluster {}; {} is ({file})", seed.address, cluster.name, address.value),
        )
        .label(address.span, format!("the address of {}", node.node.title()))
        .severity(Severity::Error);
    let host = seed.address.to_string();
    let written = context.text(seed.scalar.content);
    if let Some(at) = written.find(&host) {
        let span = seed.scalar.content.slice(at..at + host.len());
        report.suggest_as(
            Safety::Unsafe,
            format!("write `{}`", address.value),
            [Edit::replace(span, address.value.to_string())],
        );
    }
}

/// From 7.0 on seeds that cannot become master are passed over.
fn report_useless(cluster: &Cluster<'_>, seed: &Seed, findings: &mut Findings) {
    let reached = cluster.reached_by(seed);
    let useless = |peer: &Peer<'_>| peer.node.is_master_eligible() == Some(false) && peer.node.release.is_from(7, 0);
    if !reached.is_empty() && reached.iter().all(useless) {
        findings
            .report(
                seed.scalar.span,
                format!("{} is not master-eligible: discovery ignores it since 7.0", seed.address),
            )
            .severity(Severity::Info)
            .category(Category::Maintainability)
            .help("list the master-eligible nodes only");
    }
}

/// Only whole lines are comments: the text behind an address becomes part of it, and the line names nobody.
fn report_unusable(file: &SeedFile, findings: &mut Findings) {
    for entry in file.entries.iter().filter(|entry| entry.text.contains([' ', '\t', ','])) {
        findings
            .report(
                entry.span,
                format!("`{}` is no `host:port`: each line names one node, and nothing else", entry.text),
            )
            .severity(Severity::Error)
            .category(Category::Outage)
            .help("put comments and further addresses on lines of their own");
    }
}

fn report_list(cluster: &Cluster<'_>, seeds: &[Seed], context: &Context<'_>, findings: &mut Findings) {
    const MANY: usize = 10;
    let mut seen = Keys::new();
    for seed in seeds {
        if !seen.insert((seed.address.clone(), seed.dialled_port())) {
            findings
                .report(seed.scalar.span, format!("{} is listed twice", context.text(seed.scalar.content)))
                .severity(Severity::Info)
                .category(Category::Maintainability);
        }
    }
    if let Some(eleventh) = seeds.get(MANY).filter(|_| seen.len() > MANY) {
        findings
            .report(
                eleventh.scalar.span,
                format!(
                    "{} seeds for cluster {}: three to five master-eligible nodes suffice",
                    seen.len(),
                    cluster.name
                ),
            )
            .severity(Severity::Info)
            .category(Category::Maintainability);
    }
}

/// A master that no other node knows cannot be found after a full restart.
fn report_unseeded(cluster: &Cluster<'_>, context: &Context<'_>, findings: &mut Findings) {
    let mut seeded: Vec<Peer<'_>> = Vec::new();
    for peer in cluster.sound() {
        let Some(seeds) = peer.node.seeds().filter(|_| !peer.node.has_dynamic_discovery()) else { return };
        for seed in seeds {
            // A misspelt seed is reported as such, not the node it misses too; a name may be an alias of any node.
            if mistaken_for(cluster, peer, seed).is_some()
                || (matches!(seed.address, Address::Name(_)) && !cluster.is_known(seed))
            {
                return;
            }
        }
        seeded.extend(cluster.reached_by_all(seeds).into_iter().filter(|reached| !reached.is(peer)));
    }
    Peer::sort(&mut seeded);
    for master in cluster.masters().filter(|master| !master.is_among(&seeded)) {
        let node = master.node;
        let Some(address) = node.addresses().first() else { continue };
        let span = node.name().map_or(address.span, |name| name.span);
        let mut report = findings
            .report(span, format!("master-eligible node {} ({}) is in nobody's seed list", node.title(), address.value))
            .severity(Severity::Warning);
        let others = || cluster.sound().filter(|other| !other.is(master));
        for span in others().filter_map(|other| other.node.seed_span()).take(5) {
            report = report.label(span, "not in this list");
        }
        let written = address.value.to_string();
        let lists = others().filter_map(|other| other.node.seed_setting());
        let edits: Vec<Edit> = lists.filter_map(|list| list.append_item(context.sources, &written)).collect();
        report.suggest("list it on the other nodes", edits);
    }
}
