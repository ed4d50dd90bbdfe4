//! The guard against split brain is set, but not to the quorum, or not to the same everywhere.

use crate::cluster::{Cluster, Directory, MasterCount, Peer};
use crate::model::Elasticsearch;
use crate::node::MINIMUM_MASTERS;
use confvet_core::{Context, Edit, Findings, Map, Report, Rule, Safety, Set, Severity, Spanned};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/minimum-master-nodes-wrong", check };

/// A master-eligible node with the guard it sets.
type Guarded<'a> = (Peer<'a>, Spanned<i64>);

fn check(set: &Set<Elasticsearch>, context: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for cluster in directory.clusters() {
        let guarded: Vec<Guarded<'_>> = cluster
            .masters()
            .filter(|peer| peer.node.release.is_before(7, 0) && !peer.node.is_single_node() && !peer.node.is_managed())
            .filter_map(|peer| Some((peer, peer.node.integer(MINIMUM_MASTERS)?)))
            .filter(|(_, value)| value.value >= 1)
            .collect();
        report_bystanders(&cluster, &guarded, findings);
        let masters = cluster.master_count();
        if masters.certain {
            for found in &guarded {
                report_against_quorum(&cluster, found, masters, &guarded, context, findings);
            }
        } else {
            report_open(&cluster, &guarded, masters, context, findings);
        }
    }
}

/// On a node that cannot become master the value decides nothing; another one than on the masters only misleads.
fn report_bystanders(cluster: &Cluster<'_>, guarded: &[Guarded<'_>], findings: &mut Findings) {
    let Some((_, expected)) = guarded.first() else { return };
    if guarded.iter().any(|(_, value)| value.value != expected.value) {
        return;
    }
    for peer in cluster.sound().filter(|peer| peer.node.is_master_eligible() == Some(false)) {
        if let Some(value) = peer.node.integer(MINIMUM_MASTERS).filter(|value| value.value != expected.value) {
            findings
                .report(
                    value.span,
                    format!(
                        "minimum_master_nodes is {} here and {} on the master-eligible nodes, where alone it counts",
                        value.value, expected.value
                    ),
                )
                .label(expected.span, "this one counts")
                .severity(Severity::Info);
        }
    }
}

/// The names of the master-eligible nodes, of many only the first.
fn names(cluster: &Cluster<'_>) -> String {
    const MOST: usize = 5;
    let mut names: Vec<&str> = cluster.masters().take(MOST + 1).map(|peer| peer.node.title()).collect();
    if names.len() > MOST {
        names[MOST] = "…";
    }
    names.join(", ")
}

fn report_against_quorum(
    cluster: &Cluster<'_>,
    (peer, value): &Guarded<'_>,
    masters: MasterCount,
    guarded: &[Guarded<'_>],
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let (count, quorum) = (i64::from(masters.count), i64::from(masters.quorum()));
    if value.value == quorum {
        return;
    }
    let broken = value.value < quorum || value.value > count;
    let severity = if broken { Severity::Error } else { Severity::Warning };
    let help = if value.value < quorum {
        "each side of a broken network would elect a master and take writes"
    } else if value.value > count {
        "no master can be elected: that many nodes do not exist"
    } else {
        "fewer nodes may fail than could"
    };
    let nodes = if count == 1 { "node" } else { "nodes" };
    let message = format!(
        "minimum_master_nodes is {}; {count} master-eligible {nodes} ({}) need {quorum}",
        value.value,
        names(cluster)
    );
    let report = findings.report(value.span, message).severity(peer.node.release.temper(severity)).help(help);
    with_others(report, cluster, *peer, value, guarded).suggest_as(
        Safety::Safe,
        format!("set it to {quorum}"),
        editable(*peer, value, context).then(|| Edit::replace(value.span, quorum.to_string())),
    );
}

/// Only what stands as a bare number in a file of settings is replaced.
fn editable(peer: Peer<'_>, value: &Spanned<i64>, context: &Context<'_>) -> bool {
    let written = context.text(value.span);
    !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit()) && !peer.node.is_managed()
}

/// Points at the nodes that count, at their own values where these differ.
fn with_others<'r>(
    report: Report<'r>,
    cluster: &Cluster<'_>,
    peer: Peer<'_>,
    value: &Spanned<i64>,
    guarded: &[Guarded<'_>],
) -> Report<'r> {
    const MOST: usize = 6;
    cluster.masters().filter(|other| !other.is(peer)).take(MOST).fold(report, |report, other| {
        let differing = guarded.iter().find(|(node, theirs)| node.is(other) && theirs.value != value.value);
        match (differing, other.node.anchor(&["node.name"])) {
            (Some((_, theirs)), _) => {
                report.label(theirs.span, format!("{} says {}", other.node.title(), theirs.value))
            }
            (None, Some(anchor)) => report.label(anchor.key_span, "master-eligible too"),
            (None, None) => report,
        }
    })
}

/// Some nodes may not be here: only what is wrong whatever they are is an error.
fn report_open(
    cluster: &Cluster<'_>,
    guarded: &[Guarded<'_>],
    masters: MasterCount,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let mut uses: Map<i64, usize> = Map::new();
    for (_, value) in guarded {
        *uses.or_default(value.value) += 1;
    }
    // The most frequent value is right, on a tie the highest.
    let agreed = uses.iter().max_by_key(|(value, count)| (**count, **value)).map(|(value, _)| *value);
    for found @ (peer, value) in guarded {
        let release = &peer.node.release;
        let seeds = i64::try_from(peer.node.seeds().unwrap_or_default().len()).unwrap_or(i64::MAX);
        let least = i64::from(masters.quorum());
        if value.value < least && masters.count > 1 {
            report_against_quorum(cluster, found, masters, guarded, context, findings);
        } else if Some(value.value) != agreed {
            let other = guarded.iter().find(|(_, other)| Some(other.value) == agreed);
            let report = findings
                .report(
                    value.span,
                    format!(
                        "minimum_master_nodes is {} here and {} on other nodes of the cluster",
                        value.value,
                        agreed.unwrap_or_default()
                    ),
                )
                .severity(release.temper(Severity::Error))
                .help("set the same quorum on every master-eligible node");
            if let Some((_, other)) = other {
                report.label(other.span, "differs");
            }
        } else if value.value == 1 && seeds >= 2 {
            findings
                .report(
                    value.span,
                    format!("minimum_master_nodes is 1; with {seeds} seed hosts every node may elect itself"),
                )
                .severity(Severity::Warning)
                .help(format!("{} if all of them are master-eligible", seeds / 2 + 1));
        } else if value.value < seeds / 2 + 1 {
            findings
                .report(
                    value.span,
                    format!(
                        "minimum_master_nodes is {}; if all {seeds} seed hosts are master-eligible, the quorum is {}",
                        value.value,
                        seeds / 2 + 1
                    ),
                )
                .severity(Severity::Info);
        }
    }
}
