//! A replica that holds less than its master: it evicts, or refuses the promotion's writes.

use crate::deployment::{Deployment, servers};
use crate::model::{Document, RedisConf};
use confvet_core::{Context, Edit, Findings, Rule, Set};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/replica-memory", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    let is_capped = |conf: &RedisConf| conf.is_replica() && conf.last("maxmemory").is_some();
    if !servers(set).any(is_capped) {
        return;
    }
    let deployment = Deployment::of(set);
    for (index, node) in deployment.servers() {
        let Some(master) = deployment.master_of(index) else { continue };
        let (Some(own), Some(wanted)) = (node.conf.maxmemory(), master.conf.maxmemory()) else { continue };
        let own_text = own.statement.and_then(|line| line.value());
        let master_text = wanted.statement.and_then(|line| line.value());
        if let (Some(ours), Some(theirs)) = (own_text, master_text)
            && own.value.bytes() > 0
            && (own.value < wanted.value || wanted.value.bytes() == 0)
        {
            findings
                .report(
                    ours.span,
                    format!(
                        "the replica may hold `{}`, its master `{}`: promoted, it evicts or refuses writes at once",
                        ours.text, theirs.text
                    ),
                )
                .label(theirs.span, "the master's limit")
                .suggest(
                    "give both the same limit",
                    (wanted.value.bytes() > 0).then(|| Edit::replace(ours.span, theirs.text.as_str())),
                );
            continue;
        }
        if let (Some(ours), Some(theirs)) = (node.conf.policy(), master.conf.policy())
            && ours.value != theirs.value
            && own.value.bytes() > 0
            && let (Some(span), Some(other)) = (ours.span(), theirs.span())
        {
            findings
                .report(span, format!("after a failover `{}` holds instead of `{}`", ours.value, theirs.value))
                .label(other, "the master's policy")
                .suggest("use the master's policy", [Edit::replace(span, theirs.value.as_str())]);
        }
    }
}
