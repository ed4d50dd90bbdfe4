//! A replica that takes writes, which are lost at its next resync.

use crate::deployment::{Deployment, servers};
use crate::model::Document;
use confvet_core::{Context, Edit, Findings, Rule, Set, Severity};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/replica-writable", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    if servers(set).all(|conf| conf.is_on("replica-read-only")) {
        return;
    }
    let deployment = Deployment::of(set);
    for (index, node) in deployment.servers() {
        let Some(setting) = node.conf.switch("replica-read-only").filter(|setting| !setting.value) else { continue };
        let Some(span) = setting.span().filter(|_| !node.conf.is_clustered() && deployment.is_replicated(index)) else {
            continue;
        };
        let name = setting.statement.map_or("replica-read-only", |line| line.name.as_str());
        // A master that no Sentinel watches becomes a replica only when somebody makes it one.
        let is_certain = node.conf.is_replica() || deployment.is_watched(index);
        findings
            .report(span, format!("replicas accept writes (`{name} no`): such keys are lost at the next resync and never reach the master"))
            .severity(if is_certain { Severity::Warning } else { Severity::Info })
            .suggest("refuse writes on replicas", [Edit::replace(span, "yes")]);
    }
}
