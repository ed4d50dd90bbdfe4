//! Limits of replication that make full syncs start again and again.

use crate::deployment::{Deployment, Node};
use crate::model::{Document, Setting};
use crate::value::write_memory;
use confvet_core::units::ByteSize;
use confvet_core::{Context, Edit, Fact, Findings, Rule, Set, Severity, Span, Spanned};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/replication-limits", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    let deployment = Deployment::of(set);
    for (index, node) in deployment.servers() {
        buffers(node, findings);
        backlog(node, deployment.is_replicated(index), findings);
        timeouts(node, findings);
    }
}

fn buffers(node: &Node<'_>, findings: &mut Findings) {
    let Some(limit) = node.conf.replica_buffer_limit() else { return };
    let floor = ByteSize::mib(64);
    let restart = "full syncs of a busy master are cut off and start again";
    let usual = |span: Span| Edit::replace(span, "256mb 64mb 60");
    let values = limit.hard.span.to(limit.seconds.span);
    for Spanned { value: size, span } in [limit.hard, limit.soft] {
        if size.bytes() > 0 && size < floor {
            findings
                .report(
                    span,
                    format!("replica buffer limit {} is below {}: {restart}", write_memory(size), write_memory(floor)),
                )
                .suggest("write the default limits", [usual(values)]);
            return;
        }
    }
    if limit.hard.value.bytes() > 0 && limit.hard.value < limit.soft.value {
        findings
            .report(limit.hard.span, "the hard limit is below the soft one, which so never acts")
            .label(limit.soft.span, "the soft limit");
    } else if limit.soft.value.bytes() > 0 && limit.seconds.value == 0 {
        findings
            .report(limit.seconds.span, "0 seconds make the soft limit a hard one")
            .label(limit.soft.span, "the soft limit");
    }
    let backlog = node.conf.size("repl-backlog-size");
    if let Some(backlog) = backlog.filter(|backlog| backlog.is_explicit() && node.conf.lacks((7, 0, 0)))
        && limit.hard.value.bytes() > 0
        && limit.hard.value < backlog.value
    {
        let report =
            findings.report(limit.hard.span, format!("replica buffer limit is below repl-backlog-size: {restart}"));
        if let Some(span) = backlog.span() {
            report.label(span, "the backlog");
        }
    }
    let unlimited = limit.hard.value.bytes() == 0 && limit.soft.value.bytes() == 0;
    let tight = node
        .facts
        .size(Fact::Memory)
        .zip(node.conf.maxmemory())
        .is_some_and(|(memory, cap)| cap.value > memory.percent(60));
    if unlimited && tight {
        findings.report(
            limit.statement.value_span(),
            "a stuck replica may take all memory that is left: there is no limit",
        );
    }
}

fn backlog(node: &Node<'_>, replicated: bool, findings: &mut Findings) {
    let Some(backlog) = node.conf.size("repl-backlog-size") else { return };
    if let Some(span) = backlog.span().filter(|_| backlog.value.bytes() < 16_384) {
        findings.report(span, format!("a backlog of {} holds no more than a moment", backlog.value));
        return;
    }
    let large = ByteSize::gib(4);
    let cap = node.conf.maxmemory().filter(|cap| cap.value >= large);
    let used = node.info.filter(|info| info.size("used_memory").is_some_and(|used| used >= large));
    let used = used.and_then(|info| info.field("used_memory")).map(|field| field.span);
    let data = cap.and_then(|cap| cap.span()).or(used);
    let Some(span) = backlog.span().or(data) else { return };
    if replicated && data.is_some() && backlog.value <= ByteSize::mib(1) {
        findings
            .report(
                span,
                format!(
                    "a backlog of {} turns every short cut of the network into a full sync",
                    write_memory(backlog.value)
                ),
            )
            .severity(Severity::Info)
            .help("write `repl-backlog-size 64mb`, or what is written in a minute");
    }
}

fn timeouts(node: &Node<'_>, findings: &mut Findings) {
    let (Some(timeout), Some(ping)) = (node.conf.number("repl-timeout"), node.conf.number("repl-ping-replica-period"))
    else {
        return;
    };
    if timeout.value > ping.value {
        return;
    }
    let span = |setting: &Setting<'_, i64>| setting.span();
    let Some(place) = span(&timeout).or_else(|| span(&ping)) else { return };
    let report = findings.report(
        place,
        format!("repl-timeout {} must be greater than repl-ping-replica-period {}", timeout.value, ping.value),
    );
    let report = match span(&ping).filter(|other| *other != place) {
        Some(other) => report.label(other, "idle links are silent for this long"),
        None => report,
    };
    report.suggest(
        "wait longer than one ping",
        span(&timeout).map(|value| Edit::replace(value, ping.value.saturating_mul(3).max(60).to_string())),
    );
}
