//! Initial and maximum heap differ, or only one of them is set.

use crate::jvm::{HeapSetting, JvmSource};
use crate::model::Elasticsearch;
use crate::node::Node;
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity, Span};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/jvm-heap-unequal", check };

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in &model.nodes {
        let options = node.jvm_options();
        let mut seen: Vec<Span> = Vec::new();
        for jdk in options.jdks(&node.known_jdks(context)) {
            if options.has_unreadable_heap(jdk) || options.has_unread_line() {
                continue;
            }
            let heap = options.heap(jdk);
            let Some(point) = heap.initial.or(heap.maximum).map(|setting| setting.option.value_span) else { continue };
            if seen.contains(&point) {
                continue;
            }
            seen.push(point);
            match (heap.initial, heap.maximum) {
                (Some(initial), Some(maximum)) => report_pair(node, initial, maximum, context, findings),
                (Some(only), None) => report_only("-Xms", "-Xmx", only, node, context, findings),
                (None, Some(only)) => report_only("-Xmx", "-Xms", only, node, context, findings),
                (None, None) => {}
            }
        }
    }
}

fn severity(node: &Node) -> Severity {
    if node.in_production() { Severity::Error } else { Severity::Warning }
}

fn report_pair(
    node: &Node,
    initial: HeapSetting<'_>,
    maximum: HeapSetting<'_>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    if initial.size == maximum.size {
        return;
    }
    let [low, high] = [initial, maximum].map(|setting| context.text(setting.option.value_span));
    let (initial_span, maximum_span) = (initial.option.value_span, maximum.option.value_span);
    if initial.size > maximum.size {
        findings
            .report(maximum_span, format!("-Xms {low} is larger than -Xmx {high}: the JVM does not start"))
            .label(initial_span, "the initial heap")
            .severity(Severity::Error)
            .category(Category::Invalid)
            .suggest_as(Safety::Safe, "start with the maximum", [Edit::replace(initial_span, high)]);
        return;
    }
    findings
        .report(initial_span, format!("-Xms {low} and -Xmx {high} differ"))
        .label(maximum_span, "the maximum heap")
        .severity(severity(node))
        .help("set both to the same size: in production mode the node does not start otherwise")
        .suggest_as(Safety::Safe, "start with the maximum", [Edit::replace(initial_span, high)]);
}

fn report_only(
    given: &str,
    other: &str,
    only: HeapSetting<'_>,
    node: &Node,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let size = context.text(only.option.value_span);
    let range = context.text(Span { end: only.option.span.start, ..only.option.line });
    // In a shell or a unit the blank might need quotes.
    let has_room = only.source.source != JvmSource::Environment || node.is_contained();
    let edit = only.source.insert_behind(only.option, &format!("{range}{other}{size}"));
    findings
        .report(only.option.value_span, format!("{given} is set without {other}"))
        .severity(severity(node))
        .help(format!("add {other} with the same size; without it the JVM derives it from the memory of the machine"))
        .suggest_as(Safety::Safe, format!("add {other}{size}"), edit.filter(|_| has_room));
}
