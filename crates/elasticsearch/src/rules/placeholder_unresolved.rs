//! A placeholder that nothing fills in, or that asks for itself.

use crate::model::Elasticsearch;
use crate::node::Node;
use crate::settings::{Scalar, Setting, Value};
use confvet_core::{Category, Context, Findings, Rule, Severity, Span};
use std::collections::HashSet;

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/placeholder-unresolved", check };

/// Variables that the start script or every shell sets.
const ALWAYS_SET: &[&str] = &["HOSTNAME", "ES_HOME", "ES_PATH_CONF", "PATH", "HOME"];

/// A `${NAME}` or `${NAME:default}`.
struct Placeholder<'a> {
    name: &'a str,
    has_default: bool,
    span: Span,
}

fn check(model: &Elasticsearch, _: &Context<'_>, findings: &mut Findings) {
    for node in model.sound_nodes() {
        let mut circles: HashSet<&str> = HashSet::new();
        for document in &node.documents {
            for setting in &document.settings {
                for scalar in scalars(setting) {
                    for placeholder in placeholders(scalar) {
                        check_one(node, setting, &placeholder, &mut circles, findings);
                    }
                }
            }
        }
    }
}

fn scalars(setting: &Setting) -> &[Scalar] {
    match &setting.value {
        Value::Scalar(scalar) => std::slice::from_ref(scalar),
        Value::List(items) => items,
        Value::Null | Value::EmptyMapping => &[],
    }
}

/// The outermost placeholders of a text; those inside a default count when it is needed.
fn placeholders(scalar: &Scalar) -> Vec<Placeholder<'_>> {
    let text = scalar.text.as_str();
    let exact = scalar.content.len() == text.len();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("${").map(|start| at + start) {
        let Some(end) = closing_brace(text, start) else { break };
        let inner = &text[start + 2..end];
        let (name, has_default) = inner.split_once(':').map_or((inner, false), |(name, _)| (name, true));
        let span = if exact { scalar.content.slice(start..end + 1) } else { scalar.span };
        if !name.contains("${") {
            found.push(Placeholder { name, has_default, span });
        }
        at = end + 1;
    }
    found
}

/// Where the brace of a placeholder that starts at `start` closes, inner ones left aside.
fn closing_brace(text: &str, start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let bytes = text.as_bytes();
    for at in start..bytes.len() {
        match bytes[at] {
            b'$' if bytes.get(at + 1) == Some(&b'{') => depth += 1,
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn check_one<'n>(
    node: &'n Node,
    setting: &'n Setting,
    placeholder: &Placeholder<'_>,
    circles: &mut HashSet<&'n str>,
    findings: &mut Findings,
) {
    let name = placeholder.name;
    if name.starts_with("prompt.") {
        if node.release.is_from(7, 0) {
            let certain = node.release.is_stated();
            findings
                .report(placeholder.span, format!("`${{{name}}}` asks on the terminal, which 7.0 and later refuse"))
                .severity(node.release.temper(Severity::Error))
                .category(if certain { Category::Invalid } else { Category::Outage })
                .help("put the secret into the keystore");
        }
        return;
    }
    if node.get(name).is_some() {
        report_circle(node, setting, placeholder, circles, findings);
    } else if !placeholder.has_default && !is_defined(node, name) {
        findings
            .report(
                placeholder.span,
                format!("`${{{name}}}` has no default and nothing here defines it; the node does not start without it"),
            )
            .severity(Severity::Info)
            .category(Category::Outage)
            .help(format!("give it a default, as in `${{{name}:value}}`, or see that every environment sets it"));
    }
}

fn is_defined(node: &Node, name: &str) -> bool {
    ALWAYS_SET.contains(&name) || node.environment.iter().any(|variable| variable.name.value == name)
}

/// Follows the settings that a placeholder names, until one names itself.
fn report_circle<'n>(
    node: &'n Node,
    setting: &'n Setting,
    placeholder: &Placeholder<'_>,
    circles: &mut HashSet<&'n str>,
    findings: &mut Findings,
) {
    let mut way: Vec<(&'n str, Span)> = Vec::new();
    let mut seen: HashSet<&str> = HashSet::from([setting.key.as_str()]);
    let mut next = node.get(placeholder.name);
    while let Some(current) = next {
        if current.key == setting.key {
            let known = circles.contains(setting.key.as_str()) || way.iter().any(|(key, _)| circles.contains(key));
            circles.insert(&setting.key);
            circles.extend(way.iter().map(|(key, _)| *key));
            if !known {
                let mut report = findings
                    .report(
                        placeholder.span,
                        format!("`${{{}}}` leads back to {}: the node refuses to start", placeholder.name, setting.key),
                    )
                    .severity(Severity::Error)
                    .category(Category::Invalid);
                for (_, span) in way {
                    report = report.label(span, "on the way back");
                }
                report.help("write the value itself in one of them");
            }
            return;
        }
        if !seen.insert(&current.key) {
            return;
        }
        let inner = scalars(current).iter().flat_map(placeholders).find(|inner| node.get(inner.name).is_some());
        next = inner.as_ref().and_then(|inner| node.get(inner.name));
        if let Some(inner) = inner {
            way.push((&current.key, inner.span));
        }
    }
}
