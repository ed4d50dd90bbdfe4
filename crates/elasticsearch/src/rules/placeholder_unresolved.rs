//! A placeholder that nothing fills in, or that asks for itself.

use crate::model::Elasticsearch;
use crate::node::{Carrier, Node};
use crate::settings::{Document, Form, Scalar, Setting, Value};
use confvet_core::{Category, Context, Edit, Findings, Keys, Rule, Severity, Span};

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
        let mut circles: Keys<&str> = Keys::new();
        // In its own file docker-compose replaces `${NAME}`, before Elasticsearch sees it.
        let replaced = |document: &Document| node.carrier == Carrier::Compose && document.form == Form::Environment;
        for document in node.documents.iter().filter(|document| !replaced(document)) {
            for setting in &document.settings {
                for scalar in scalars(setting).iter().filter(|scalar| scalar.text.contains("${")) {
                    let (found, unclosed) = placeholders(scalar);
                    for placeholder in &found {
                        check_one(node, setting, placeholder, &mut circles, findings);
                    }
                    if let Some(span) = unclosed.filter(|_| !found.is_empty()) {
                        report_unclosed(node, setting, span, findings);
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

/// Once one placeholder is replaced the text is looked at again, and then an open one is an error.
fn report_unclosed(node: &Node, setting: &Setting, span: Span, findings: &mut Findings) {
    let certain = node.release.is_stated() && node.release.is_from(5, 0);
    findings
        .report(span, format!("this `${{` of {} is never closed: the node refuses to start", setting.key))
        .severity(Severity::Error)
        .category(if certain { Category::Invalid } else { Category::Outage })
        .help("close it with `}`");
}

/// The outermost placeholders of a text, and where one is left open; those inside a default count when it is needed.
fn placeholders(scalar: &Scalar) -> (Vec<Placeholder<'_>>, Option<Span>) {
    let text = scalar.text.as_str();
    let exact = scalar.content.len() == text.len();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("${").map(|start| at + start) {
        let span = |end: usize| if exact { scalar.content.slice(start..end) } else { scalar.span };
        let Some(end) = closing_brace(text, start) else { return (found, Some(span(text.len()))) };
        let inner = &text[start + 2..end];
        let (name, has_default) = inner.split_once(':').map_or((inner, false), |(name, _)| (name, true));
        if !name.contains("${") {
            found.push(Placeholder { name, has_default, span: span(end + 1) });
        }
        at = end + 1;
    }
    (found, None)
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
    circles: &mut Keys<&'n str>,
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
            .help(format!("give it a default, as in `${{{name}:value}}`, or see that every environment sets it"))
            .suggest("use the default of the setting where it is not set", default_of(placeholder));
    }
}

/// An empty default unsets the setting.
fn default_of(placeholder: &Placeholder<'_>) -> Option<Edit> {
    let exact = placeholder.span.len() == placeholder.name.len() + "${}".len();
    exact.then(|| Edit::replace(placeholder.span.slice(placeholder.span.len() - 1..placeholder.span.len()), ":}"))
}

fn is_defined(node: &Node, name: &str) -> bool {
    ALWAYS_SET.contains(&name) || node.environment.iter().any(|variable| variable.name.value == name)
}

/// Follows the settings that a placeholder names, until one names itself.
fn report_circle<'n>(
    node: &'n Node,
    setting: &'n Setting,
    placeholder: &Placeholder<'_>,
    circles: &mut Keys<&'n str>,
    findings: &mut Findings,
) {
    let mut way: Vec<(&'n str, Span)> = Vec::new();
    let mut seen: Keys<&str> = Keys::new();
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
        let mut inner = scalars(current).iter().flat_map(|scalar| placeholders(scalar).0);
        let inner = inner.find(|inner| node.get(inner.name).is_some());
        next = inner.as_ref().and_then(|inner| node.get(inner.name));
        if let Some(inner) = inner {
            way.push((&current.key, inner.span));
        }
    }
}
