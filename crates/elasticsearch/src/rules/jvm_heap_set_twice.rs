//! A heap size that another one, read later, puts out of force.

use crate::jvm::{HeapEnd, HeapSetting, JvmSource};
use crate::model::Elasticsearch;
use crate::node::Node;
use confvet_core::units::ByteSize;
use confvet_core::{Context, Findings, Rule, Safety, Severity, Span, source};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/jvm-heap-set-twice", check };

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in &model.nodes {
        let options = node.jvm_options();
        let mut seen: Vec<Span> = Vec::new();
        for jdk in options.jdks(&node.known_jdks(context)) {
            for end in [HeapEnd::Initial, HeapEnd::Maximum] {
                let all: Vec<HeapSetting<'_>> = options.heap_settings(jdk, end).collect();
                let Some((winner, losers)) = all.split_last() else { continue };
                for loser in
                    losers.iter().filter(|loser| loser.option.jdks.is_none() || loser.option.jdks == winner.option.jdks)
                {
                    if !seen.contains(&loser.option.value_span) {
                        seen.push(loser.option.value_span);
                        report(node, end, loser, winner, context, findings);
                    }
                }
            }
        }
    }
}

/// The size that the packages ship in jvm.options itself.
fn is_shipped(node: &Node, setting: &HeapSetting<'_>) -> bool {
    let old = node.release.is_before(6, 0);
    setting.source.source == JvmSource::Main
        && (setting.size == ByteSize::gib(1)
            || (setting.size == ByteSize::gib(2) && (old || node.release.is_unknown())))
}

fn report(
    node: &Node,
    end: HeapEnd,
    loser: &HeapSetting<'_>,
    winner: &HeapSetting<'_>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let option = end.option();
    let (lost, won) = (context.text(loser.option.value_span), context.text(winner.option.value_span));
    let place = match winner.source.source {
        JvmSource::Environment => "the environment".to_owned(),
        _ if winner.source.file == loser.source.file => format!("line {}", context.line(winner.option.span)),
        _ => short_path(context.path(winner.source.file)),
    };
    let shipped = is_shipped(node, loser) && winner.source.source != JvmSource::Main;
    let equal = loser.size == winner.size;
    let report = findings
        .report(loser.option.value_span, format!("{option} {lost} has no effect: {place} sets {won} later"))
        .label(winner.option.value_span, "this one counts")
        .severity(if equal || shipped { Severity::Info } else { Severity::Warning });
    let edit = loser.source.delete_line(loser.option, context.sources);
    report.suggest_as(Safety::Safe, "delete the line that has no effect", edit.filter(|_| !shipped));
}

/// `jvm.options`, `jvm.options.d/heap.options`
fn short_path(path: &str) -> String {
    let directory = source::file_name(source::parent(path));
    let name = source::file_name(path);
    if directory == "jvm.options.d" { format!("{directory}/{name}") } else { name.to_owned() }
}
