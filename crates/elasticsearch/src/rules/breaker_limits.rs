//! Circuit breakers that trip too early for good, or too late.

use crate::model::Elasticsearch;
use crate::node::Node;
use crate::values::{Memory, memory};
use confvet_core::{Category, Context, Edit, Findings, Rule, Severity, Span};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/breaker-limits", check };

/// A limit, and where it is written; `None` is the default.
struct Limit {
    value: Memory,
    text: String,
    span: Option<Span>,
}

const TOTAL: &str = "indices.breaker.total.limit";
const CHILDREN: &[&str] = &[
    "indices.breaker.fielddata.limit",
    "indices.breaker.request.limit",
    "indices.breaker.accounting.limit",
    "network.breaker.inflight_requests.limit",
];
const CACHE_EXPIRY: &str = "indices.fielddata.cache.expire";

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in model.sound_nodes() {
        report_cache(node, context, findings);
        report_children(node, findings);
        report_total(node, findings);
        if let Some(setting) = node.get(CACHE_EXPIRY).filter(|_| node.release.is_before(5, 0)) {
            findings
                .report(
                    setting.key_span,
                    format!("{CACHE_EXPIRY} rebuilds field data again and again, and frees nothing in time"),
                )
                .severity(Severity::Warning)
                .category(Category::Performance)
                .help("remove it: the size of the cache is what counts");
        }
    }
}

fn set(node: &Node, key: &str) -> Option<Limit> {
    let scalar = node.text(key)?;
    let value = memory(&scalar.text, &node.release).ok()?;
    Some(Limit { value, text: scalar.text.to_string(), span: Some(scalar.span) })
}

/// The first is at least as large as the second, both of one kind.
fn reaches(a: Memory, b: Memory) -> bool {
    match (a, b) {
        (Memory::Percent(a), Memory::Percent(b)) => a >= b,
        (Memory::Bytes(a), Memory::Bytes(b)) => a >= b && b >= 0,
        _ => false,
    }
}

fn report_cache(node: &Node, context: &Context<'_>, findings: &mut Findings) {
    let Some(cache) = set(node, "indices.fielddata.cache.size") else { return };
    let breaker = match set(node, "indices.breaker.fielddata.limit") {
        Some(breaker) => breaker,
        None if node.get("indices.breaker.fielddata.limit").is_some() => return,
        None => {
            let percent = if node.release.is_before(7, 0) { 60.0 } else { 40.0 };
            Limit { value: Memory::Percent(percent), text: format!("default {percent}%"), span: None }
        }
    };
    // Without a version only what reaches the higher default is certain.
    let certain = breaker.span.is_some() || !node.release.is_unknown() || reaches(cache.value, Memory::Percent(60.0));
    if let Some(span) = cache.span.filter(|_| certain && reaches(cache.value, breaker.value)) {
        let report = findings
            .report(
                span,
                format!(
                    "fielddata cache {} is not below the breaker {}: the breaker trips before anything is evicted",
                    cache.text, breaker.text
                ),
            )
            .severity(Severity::Warning)
            .help("keep the cache below indices.breaker.fielddata.limit")
            .suggest("stay below the breaker", below(&cache, &breaker, context));
        if let Some(other) = breaker.span {
            report.label(other, "the breaker");
        }
    }
}

/// Ten per cent of the heap less than the breaker.
fn below(cache: &Limit, breaker: &Limit, context: &Context<'_>) -> Option<Edit> {
    let Memory::Percent(percent) = breaker.value else { return None };
    let span = cache.span.filter(|span| context.text(*span) == cache.text && percent > 10.0)?;
    Some(Edit::replace(span, format!("{}%", percent - 10.0)))
}

fn report_children(node: &Node, findings: &mut Findings) {
    for key in CHILDREN {
        let Some(child) = set(node, key) else { continue };
        let Some(span) = child.span else { continue };
        if child.value == Memory::Bytes(-1) {
            findings.report(span, format!("{key} is -1: the breaker never trips")).severity(Severity::Warning);
        } else if let Some(total) = set(node, TOTAL)
            && reaches(child.value, total.value)
            && child.value != total.value
        {
            let report = findings
                .report(span, format!("{key} {} is above the total limit {}", child.text, total.text))
                .severity(Severity::Warning);
            if let Some(other) = total.span {
                report.label(other, "the total");
            }
        }
    }
}

fn report_total(node: &Node, findings: &mut Findings) {
    const REAL: &str = "indices.breaker.total.use_real_memory";
    let real_off = node.bool(REAL) == Some(false);
    if let Some(setting) = node.get(REAL).filter(|_| real_off && node.release.is_from(7, 0)) {
        findings
            .report(setting.value_span, "the total breaker counts estimates only, not the memory that is really in use")
            .severity(Severity::Info);
    }
    let Some(total) = set(node, TOTAL) else { return };
    let Some(span) = total.span else { return };
    match total.value {
        Memory::Bytes(-1) => {
            findings
                .report(span, format!("{TOTAL} is -1: no breaker trips before the heap is full"))
                .severity(Severity::Warning);
        }
        Memory::Percent(percent)
            if (real_off && percent > 95.0) || (node.release.is_before(7, 0) && percent > 80.0) =>
        {
            findings
                .report(span, format!("{TOTAL} {} leaves too little for what breakers do not count", total.text))
                .severity(Severity::Warning)
                .category(Category::Outage)
                .help("the default is 70% before 7.0");
        }
        _ => {}
    }
}
