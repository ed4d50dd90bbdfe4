//! The stable JSON shape of a report, shared by the command line and the browser.

use crate::value::to_value;
use crate::{Report, Unreadable};
use confvet_core::{Diagnostic, Edit, Fix, Label, Span};
use serde::Serialize;
use std::collections::BTreeMap;

/// Version of the shape; grows when a field changes its meaning.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct JsonReport<'a> {
    version: u32,
    diagnostics: Vec<JsonDiagnostic<'a>>,
    errors: Vec<JsonUnreadable<'a>>,
    summary: JsonSummary<'a>,
}

#[derive(Serialize)]
struct JsonDiagnostic<'a> {
    rule: &'a str,
    severity: &'a str,
    category: &'a str,
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    label: Option<&'a str>,
    help: Option<&'a str>,
    labels: Vec<JsonLabel<'a>>,
    fixes: Vec<JsonFix<'a>>,
    url: String,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct JsonLabel<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    message: &'a str,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    title: &'a str,
    safety: &'a str,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    file: &'a str,
    start: JsonPosition,
    end: JsonPosition,
    text: &'a str,
}

#[derive(Serialize)]
struct JsonPosition {
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct JsonUnreadable<'a> {
    file: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct JsonSummary<'a> {
    files: usize,
    by_system: BTreeMap<&'a str, usize>,
    errors: usize,
    warnings: usize,
    infos: usize,
    fixable: usize,
    unsafely_fixable: usize,
}

/// Where the page of a rule can be read.
pub fn rule_url(rule: &str) -> String {
    format!("{}/blob/main/rules/{rule}.md", env!("CARGO_PKG_REPOSITORY"))
}

/// The report in the stable JSON shape. Lines and columns count from 1; columns count Unicode scalar values.
pub fn to_json(report: &Report) -> serde_json::Value {
    let summary = report.summary();
    let json = JsonReport {
        version: VERSION,
        diagnostics: report.diagnostics().iter().map(|diagnostic| json_diagnostic(report, diagnostic)).collect(),
        errors: report.unreadable().iter().map(json_unreadable).collect(),
        summary: JsonSummary {
            files: summary.files,
            by_system: summary.by_system,
            errors: summary.errors,
            warnings: summary.warnings,
            infos: summary.infos,
            fixable: summary.fixable,
            unsafely_fixable: summary.unsafely_fixable,
        },
    };
    to_value(&json).unwrap_or_default()
}

fn json_unreadable(unreadable: &Unreadable) -> JsonUnreadable<'_> {
    JsonUnreadable { file: &unreadable.path, message: &unreadable.reason }
}

fn place(report: &Report, span: Span) -> Place<'_> {
    let sources = report.sources();
    let (start, end) = (sources.start(span), sources.end(span));
    Place {
        file: sources.get(span.file).path(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

fn json_diagnostic<'a>(report: &'a Report, diagnostic: &'a Diagnostic) -> JsonDiagnostic<'a> {
    let json_label = |label: &'a Label| JsonLabel { place: place(report, label.span), message: &label.message };
    let json_fix = |fix: &'a Fix| JsonFix {
        title: &fix.title,
        safety: fix.safety.as_str(),
        edits: fix.edits.iter().map(|edit| json_edit(report, edit)).collect(),
    };
    let label = diagnostic.primary.message.as_str();
    JsonDiagnostic {
        rule: diagnostic.rule,
        severity: diagnostic.severity.as_str(),
        category: diagnostic.category.as_str(),
        message: &diagnostic.message,
        place: place(report, diagnostic.primary.span),
        label: (!label.is_empty()).then_some(label),
        help: diagnostic.help.as_deref(),
        labels: diagnostic.secondary.iter().map(json_label).collect(),
        fixes: diagnostic.fixes.iter().map(json_fix).collect(),
        url: rule_url(diagnostic.rule),
    }
}

fn json_edit<'a>(report: &'a Report, edit: &'a Edit) -> JsonEdit<'a> {
    let place = place(report, edit.span);
    JsonEdit {
        file: place.file,
        start: JsonPosition { line: place.line, column: place.column },
        end: JsonPosition { line: place.end_line, column: place.end_column },
        text: &edit.text,
    }
}
