//! Data that must not get lost, and nothing that writes it to disk.

use crate::deployment::Deployment;
use crate::model::{Document, Statement, Workload};
use confvet_core::{Context, Edit, Fact, Findings, Rule, Set, Severity};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/persistence-mismatch", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    let deployment = Deployment::of(set);
    for (index, node) in deployment.servers() {
        let conf = node.conf;
        let Some(persists) = conf.persists().filter(|_| !conf.is_partial()) else { continue };
        let saves = conf.save_points();
        let workload = conf.workload();
        if persists {
            let forks = workload == Some(Workload::Cache) && saves.last.is_some() && !saves.points.is_empty();
            let tight = node
                .facts
                .size(Fact::Memory)
                .zip(conf.maxmemory())
                .is_some_and(|(memory, cap)| cap.value > memory.percent(50));
            if let Some(line) = saves.last.filter(|_| forks && tight) {
                findings
                    .report(
                        line.span,
                        "snapshots of a cache: each save forks a process that may need as much memory again",
                    )
                    .severity(Severity::Info)
                    .help("a cache that can be built anew needs no `save`");
            }
            continue;
        }
        let append = conf.last("appendonly");
        let explicit = saves.last.or(append);
        let severity = match workload {
            Some(Workload::Store | Workload::Queue) => Severity::Error,
            Some(Workload::Cache | Workload::Sessions) => continue,
            None if explicit.is_some() && deployment.is_replicated(index) => Severity::Warning,
            None if explicit.is_none() && conf.lacks((6, 2, 0)) && !conf.statements.is_empty() => Severity::Info,
            None => continue,
        };
        let span = explicit.map_or_else(|| conf.start(), |line: &Statement| line.span);
        let why = match saves.last {
            None => format!(" ({} has none unless `save` lines say so)", conf.release),
            Some(_) => String::new(),
        };
        let switched_off = if append.is_some() { "`appendonly no`" } else { "no append-only file" };
        let replicated = deployment.is_replicated(index);
        let report = findings
            .report(span, format!("nothing is written to disk: {switched_off} and no save points{why}"))
            .severity(severity)
            .help(if replicated {
                "a master that restarts empty also empties its replicas: write `appendonly yes`"
            } else {
                "write `appendonly yes`"
            });
        let edit = match (append.and_then(Statement::value), conf.first_statement()) {
            (Some(value), _) => Some(Edit::replace(value.span, "yes")),
            (None, Some(first)) => Some(Edit::insert_before(first.span, "appendonly yes\n")),
            (None, None) => None,
        };
        report.suggest("keep an append-only file", edit);
    }
}
