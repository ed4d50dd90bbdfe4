//! The cluster bears the name that every other cluster has by default.

use crate::model::Elasticsearch;
use crate::node::{Binding, Carrier, Server};
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/cluster-name-default", check };

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in model
        .sound_nodes()
        .filter(|node| node.carrier == Carrier::Files && node.in_production() && !node.is_dev(context))
    {
        let setting = node.get("cluster.name");
        if node.cluster_name() != Some("elasticsearch") || node.means("cluster.name") != setting.is_some() {
            continue;
        }
        let host = match node.binding(Server::Transport) {
            Binding::Reachable(host) => Some(host.span),
            Binding::Image | Binding::Loopback(_) | Binding::Unset | Binding::Unknown => None,
        };
        let Some(span) = setting.map(|setting| setting.value_span).or(host) else { continue };
        findings
            .report(span, "default cluster name `elasticsearch`: any other default node that reaches this one joins it")
            .severity(if node.release.is_before(2, 0) { Severity::Warning } else { Severity::Info })
            .help("give the cluster a name of its own, such as `metrics-prod`");
    }
}
