//! Nodes that seed from each other and give their cluster different names.

use crate::cluster::Directory;
use crate::model::Elasticsearch;
use confvet_core::{Context, Edit, Findings, Rule, Set};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/cluster-name-mismatch", check };

fn check(set: &Set<Elasticsearch>, context: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for mismatch in directory.name_mismatches() {
        let (Some(odd), Some(other)) =
            (mismatch.odd.node.text("cluster.name"), mismatch.other.node.text("cluster.name"))
        else {
            continue;
        };
        let report = findings
            .report(
                odd.span,
                format!(
                    "cluster.name `{}` here, `{}` on {}, which this node seeds from",
                    odd.text,
                    other.text,
                    mismatch.other.place(context)
                ),
            )
            .label(other.span, "the other name")
            .help("a node never joins a cluster of another name");
        if context.text(odd.content) == odd.text.as_str() {
            report.suggest(format!("write `{}`", other.text), [Edit::replace(odd.content, other.text.as_str())]);
        }
    }
}
