//! The nodes that are to elect the first master bear other names, or each node has its own idea of them.

use crate::cluster::{Cluster, Directory, Peer};
use crate::model::Elasticsearch;
use crate::node::{Carrier, INITIAL_MASTER_KEYS, Server};
use crate::settings::{Scalar, Setting};
use confvet_core::{Address, Category, Context, Edit, Fact, Findings, Keys, Map, Rule, Safety, Set, Severity};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/initial-master-nodes-mismatch", check };

/// A node with its list.
struct Lister<'a> {
    peer: Peer<'a>,
    setting: &'a Setting,
    entries: Vec<Scalar>,
}

fn check(set: &Set<Elasticsearch>, context: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for cluster in directory.clusters() {
        let bootstrapped = |peer: &Peer<'_>| peer.member.facts.is_true(Fact::EsBootstrapped);
        if cluster.peers.iter().any(bootstrapped) {
            continue;
        }
        let listers: Vec<Lister<'_>> = cluster.sound().filter_map(Lister::of).collect();
        let known = Known::of(&cluster);
        let agreed = listers.iter().all(|lister| lister.names() == listers[0].names());
        for lister in &listers {
            report_duplicates(lister, findings);
            report_strangers(&known, lister, agreed, context, findings);
        }
        report_differences(&listers, context, findings);
        report_minority(&cluster, &listers, findings);
    }
}

impl<'a> Lister<'a> {
    fn of(peer: Peer<'a>) -> Option<Self> {
        let node = peer.node;
        let setting = node.first_of(INITIAL_MASTER_KEYS).filter(|setting| !setting.is_open())?;
        let reads_it = node.release.is_from(7, 0) && node.is_master_eligible() != Some(false) && !node.is_single_node();
        reads_it.then(|| Self { peer, setting, entries: setting.items() })
    }

    fn names(&self) -> Keys<&str> {
        self.entries.iter().map(|entry| entry.text.as_str()).collect()
    }
}

/// What entries may name.
struct Known<'a> {
    names: Map<&'a str, &'a Scalar>,
    /// The ports by address.
    addresses: Map<Address, Keys<u16>>,
    /// Names by what stays of them in lower case without the domain.
    by_first_label: Map<String, &'a Scalar>,
    some_without_name: bool,
    closed: bool,
}

impl<'a> Known<'a> {
    fn of(cluster: &Cluster<'a>) -> Self {
        let mut known = Self {
            names: Map::new(),
            addresses: Map::new(),
            by_first_label: Map::new(),
            some_without_name: false,
            closed: cluster.master_count().certain && cluster.peers.len() > 1,
        };
        for peer in &cluster.peers {
            let port = peer.node.port(Server::Transport).unwrap_or(9300);
            for address in peer.node.addresses() {
                known.addresses.or_default(address.value.clone()).insert(port);
            }
            match peer.node.name() {
                Some(name) => {
                    known.names.insert(&name.text, name);
                    known.by_first_label.or_insert(first_label(&name.text), name);
                }
                None => known.some_without_name = true,
            }
        }
        known
    }

    fn has(&self, entry: &str) -> bool {
        let (address, port) = Address::parse_with_port(entry);
        let is_open = |ports: &Keys<u16>| port.is_none_or(|port| ports.contains(&port));
        let by_address = || self.addresses.get(&address).is_some_and(is_open);
        self.names.contains_key(entry) || (matches!(address, Address::Ip(_)) && by_address())
    }

    /// The node whose name is the same in another case, or with another domain behind it.
    fn other_spelling(&self, entry: &str) -> Option<&'a Scalar> {
        let name = self.by_first_label.get(&first_label(entry)).copied()?;
        let has_domain = name.text.contains('.') || entry.contains('.');
        (has_domain || name.text.eq_ignore_ascii_case(entry)).then_some(name)
    }
}

fn first_label(name: &str) -> String {
    name.split('.').next().unwrap_or(name).to_ascii_lowercase()
}

/// `node.name` as written, the publish address, or that with its port.
fn matches(peer: Peer<'_>, entry: &str) -> bool {
    let node = peer.node;
    if node.name().is_some_and(|name| name.text == entry) {
        return true;
    }
    let (address, port) = Address::parse_with_port(entry);
    let own = node.port(Server::Transport).unwrap_or(9300);
    matches!(address, Address::Ip(_))
        && port.is_none_or(|port| port == own)
        && node.addresses().iter().any(|known| known.value == address)
}

fn report_duplicates(lister: &Lister<'_>, findings: &mut Findings) {
    let mut seen: Keys<&str> = Keys::new();
    for entry in &lister.entries {
        if !seen.insert(&entry.text) {
            findings
                .report(entry.span, format!("{} is listed twice: the node refuses to start", entry.text))
                .category(Category::Invalid)
                .help("list each node once");
        }
    }
}

/// `agreed` says that all nodes have the same list, so that only its spelling is in question.
fn report_strangers(
    known: &Known<'_>,
    lister: &Lister<'_>,
    agreed: bool,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    for entry in lister.entries.iter().filter(|entry| !known.has(&entry.text)) {
        let (address, port) = Address::parse_with_port(&entry.text);
        if matches!(address, Address::Name(_)) && port.is_some() {
            findings
                .report(entry.span, format!("`{}` is a host name with a port; entries are node names", entry.text))
                .help("write the node.name of the node");
            continue;
        }
        if known.some_without_name {
            continue;
        }
        let near = known.other_spelling(&entry.text);
        let severity = match near {
            _ if known.closed => lister.peer.node.release.temper(Severity::Error),
            Some(_) => Severity::Warning,
            None => continue,
        };
        let hint = near.map(|near| format!("; {} is", near.text)).unwrap_or_default();
        let report = findings
            .report(entry.span, format!("{} is no node.name in this cluster{hint}", entry.text))
            .severity(severity)
            .help("the entries must equal node.name to the letter");
        if let Some(near) = near {
            let report = report.label(near.span, "the name of the node");
            if context.text(entry.content) == entry.text.as_str() {
                let edit = Edit::replace(entry.content, near.text.as_str());
                let safety = if agreed && known.closed { Safety::Safe } else { Safety::Unsafe };
                report.suggest_as(safety, format!("write `{}`", near.text), [edit]);
            }
        }
    }
}

/// Two lists that differ bootstrap two clusters. The one that lacks names is at fault, on a tie the later file.
fn report_differences(listers: &[Lister<'_>], context: &Context<'_>, findings: &mut Findings) {
    let Some(fullest) = listers.iter().rev().max_by_key(|lister| lister.names().len()) else { return };
    let expected = fullest.names();
    for lister in listers.iter().filter(|lister| !lister.peer.is(fullest.peer) && lister.names() != expected) {
        let report = findings
            .report(
                lister.setting.value_span,
                format!(
                    "nodes disagree on the initial masters: {} here, {} in {}",
                    lister.setting.text(),
                    fullest.setting.text(),
                    fullest.peer.place(context)
                ),
            )
            .label(fullest.setting.value_span, "the other list")
            .severity(lister.peer.node.release.temper(Severity::Error))
            .help("write the same list on every master-eligible node");
        let written = context.text(fullest.setting.value_span);
        let of_file = |lister: &Lister<'_>| lister.peer.node.carrier == Carrier::Files;
        if of_file(lister) && of_file(fullest) && !written.contains('\n') {
            report.suggest_as(
                Safety::Unsafe,
                "write the longer list",
                [Edit::replace(lister.setting.value_span, written)],
            );
        }
    }
}

fn report_minority(cluster: &Cluster<'_>, listers: &[Lister<'_>], findings: &mut Findings) {
    let masters = cluster.master_count();
    let Some(first) = listers.first().filter(|_| masters.certain) else { return };
    let all_same = listers.iter().all(|lister| lister.names() == first.names());
    let listed =
        cluster.masters().filter(|master| first.entries.iter().any(|entry| matches(*master, &entry.text))).count();
    if all_same && listed > 0 && listed * 2 < masters.count as usize && first.entries.len() == listed {
        findings
            .report(
                first.setting.value_span,
                format!("{listed} of {} master-eligible nodes are listed: less than half", masters.count),
            )
            .severity(Severity::Warning)
            .help("list all master-eligible nodes of the first start");
    }
}
