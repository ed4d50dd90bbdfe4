//! Thread pools and queues that turn back-pressure into a full heap.

use crate::model::Elasticsearch;
use crate::node::Node;
use crate::settings::Setting;
use confvet_core::{Category, Context, Fact, Findings, Rule, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/thread-pool", check };

const PREFIXES: &[&str] = &["thread_pool.", "threadpool."];

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in model.sound_nodes() {
        for prefix in PREFIXES {
            for setting in node.below(prefix) {
                let Some((pool, parameter)) = setting.key[prefix.len()..].split_once('.') else { continue };
                let Some(value) = setting
                    .scalar()
                    .filter(|scalar| !scalar.is_open())
                    .and_then(|scalar| scalar.text.parse::<i64>().ok())
                else {
                    continue;
                };
                match parameter {
                    "queue_size" => report_queue(node, setting, pool, value, context, findings),
                    "size" => report_size(setting, pool, value, context, findings),
                    _ => {}
                }
            }
        }
    }
}

/// The default length of a fixed pool's queue.
fn default_queue(node: &Node, pool: &str) -> Option<i64> {
    Some(match pool {
        "search" | "get" => 1000,
        "write" | "bulk" if node.release.is_from(7, 9) => 10_000,
        "write" | "bulk" | "index" => 200,
        "analyze" => 16,
        _ => return None,
    })
}

fn report_queue(
    node: &Node,
    setting: &Setting,
    pool: &str,
    value: i64,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let Some(default) = default_queue(node, pool) else { return };
    let what = if value < 0 {
        "unbounded".to_owned()
    } else if value > default * 10 {
        format!("{}× the default", value / default)
    } else {
        return;
    };
    findings
        .report(setting.value_span, format!("{} {value}: {what}", setting.key))
        .severity(Severity::Warning)
        .help("rejected requests are the signal that a node is full; a long queue hides it and fills the heap")
        .suggest("go back to the default", setting.delete(context.sources));
}

fn report_size(setting: &Setting, pool: &str, value: i64, context: &Context<'_>, findings: &mut Findings) {
    let cpus = context.facts.number(Fact::Cpus).and_then(|cpus| i64::try_from(cpus).ok());
    match cpus {
        Some(cpus) if matches!(pool, "write" | "bulk" | "index") && value > cpus + 1 => {
            findings
                .report(
                    setting.value_span,
                    format!(
                        "{} {value}: at most {} on {cpus} processors, else the node refuses to start",
                        setting.key,
                        cpus + 1
                    ),
                )
                .severity(Severity::Error)
                .category(Category::Invalid)
                .suggest("go back to the default", setting.delete(context.sources));
        }
        // One and a half per processor, and one more.
        Some(cpus)
            if pool == "search" && value > cpus * 3 / 2 + 1 && setting.line_comment(context.sources).is_none() =>
        {
            findings
                .report(
                    setting.value_span,
                    format!("{} {value}: the default on {cpus} processors is {}", setting.key, cpus * 3 / 2 + 1),
                )
                .severity(Severity::Warning)
                .help("more threads than processors only make searches wait for each other; if it was measured, say so in a comment on the line")
                .suggest("go back to the default", setting.delete(context.sources));
        }
        _ => {
            findings
                .report(
                    setting.value_span,
                    format!("{} is set by hand: it no longer follows the number of processors", setting.key),
                )
                .severity(Severity::Info)
                .category(Category::Maintainability);
        }
    }
}
