//! A reference in a replacement that no group of the regex answers: a match deletes the label it was meant to set.

use crate::model::{Document, RelabelStep, Text};
use crate::relabel::{Action, Reference, Template};
use confvet_core::{Context, Edit, Findings, Rule, Safety};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/relabel-bad-reference", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    for step in document.chains().flat_map(|chain| chain.steps) {
        let expands = matches!(step.rule.action, Action::Replace | Action::LabelMap);
        if !expands || step.regex_error.is_some() || !step.well_formed {
            continue;
        }
        match &step.replacement {
            Some(replacement) => {
                references(step, replacement, &step.rule.replacement, findings);
                literals(step, replacement, findings);
            }
            None => default_reference(document, step, findings),
        }
        if let Some(target) = step.target.as_ref().filter(|_| step.rule.action == Action::Replace) {
            references(step, target, &step.rule.target_label, findings);
        }
    }
}

/// `$1` is the default, so a regex without a group deletes the target.
fn default_reference(document: &Document, step: &RelabelStep, findings: &mut Findings) {
    let Some(regex) = &step.regex else { return };
    if step.rule.regex.group_count() > 0 || regex.value.is_empty() || document.says_delete(step) {
        return;
    }
    let what = step.what_is_deleted();
    let report = findings.report(regex.span, format!("the regex has no group: `$1` is empty, so a match {what}"));
    let report = match &step.target {
        Some(target) => report.label(target.span, "written by this rule"),
        None => report,
    };
    if let Some(exact) = regex.exact {
        report
            .suggest("make the whole regex a group", [Edit::insert_before(exact, "("), Edit::insert_after(exact, ")")]);
    }
}

fn references(step: &RelabelStep, text: &Text, template: &Template, findings: &mut Findings) {
    let pattern = &step.rule.regex;
    for (reference, range, braced) in template.references() {
        if reference.exists_in(pattern) {
            continue;
        }
        let span = text.at(range.clone());
        let written = &text.value[range];
        match reference {
            Reference::Name(name) if !braced && name.starts_with(|c: char| c.is_ascii_digit() && c != '0') => {
                let digits: String = name.chars().take_while(char::is_ascii_digit).collect();
                let rest = &name[digits.len()..];
                let report = findings.report(
                    span,
                    format!("`{written}` is read as the group named `{name}`; write `${{{digits}}}{rest}`"),
                );
                if text.exact.is_some() {
                    report.suggest_as(
                        Safety::Safe,
                        "put the number in braces",
                        [Edit::replace(span, format!("${{{digits}}}{rest}"))],
                    );
                }
            }
            Reference::Name(name) if is_variable(name) => {}
            _ => {
                let groups = match pattern.group_count() {
                    0 => "no group".to_owned(),
                    1 => "one group".to_owned(),
                    more => format!("{more} groups"),
                };
                findings.report(span, format!("the regex has {groups}: `{written}` is empty"));
            }
        }
    }
}

/// A name in capital letters is an environment variable that something fills in before the server reads the file, or was
/// meant to be one; it is no slip in a reference.
fn is_variable(name: &str) -> bool {
    name.len() > 1 && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit())
}

/// `{1}`, `%1` and `$(1)`: where, how long, and the number.
fn foreign_references(value: &str) -> Vec<(usize, usize, char)> {
    let bytes = value.as_bytes();
    let digit = |at: usize| bytes.get(at).copied().filter(|b| (b'1'..=b'9').contains(b)).map(char::from);
    let mut found = Vec::new();
    for (at, &byte) in bytes.iter().enumerate() {
        let behind_dollar = at > 0 && bytes[at - 1] == b'$';
        let is = |offset: usize, wanted: u8| bytes.get(at + offset) == Some(&wanted);
        let longer = |offset: usize| bytes.get(at + offset).is_some_and(u8::is_ascii_alphanumeric);
        let (length, number) = match byte {
            b'{' if !behind_dollar && is(2, b'}') => (3, digit(at + 1)),
            b'%' if !longer(2) => (2, digit(at + 1)),
            b'$' if is(1, b'(') && is(3, b')') => (4, digit(at + 2)),
            _ => continue,
        };
        found.extend(number.map(|number| (at, length, number)));
    }
    found
}

/// Spellings of a reference that other programs know.
fn literals(step: &RelabelStep, text: &Text, findings: &mut Findings) {
    let value = &text.value;
    if step.rule.regex.group_count() > 0 && step.regex.is_some() {
        for (at, _) in value.match_indices('\\') {
            let Some(digit) = value[at + 1..].chars().next().filter(|c| ('1'..='9').contains(c)) else { continue };
            let span = text.at(at..at + 2);
            let report = findings.report(span, format!("`\\{digit}` is literal text; references are `$1` or `${{1}}`"));
            if text.exact.is_some() {
                report.suggest_as(
                    Safety::Unsafe,
                    "write it as a reference",
                    [Edit::replace(span, format!("${{{digit}}}"))],
                );
            }
        }
    }
    for (at, length, number) in foreign_references(value).into_iter().filter(|_| step.rule.regex.group_count() > 0) {
        let span = text.at(at..at + length);
        let written = &value[at..at + length];
        let report = findings.report(span, format!("`{written}` is literal text; references are `$1` or `${{1}}`"));
        if text.exact.is_some() {
            let edit = Edit::replace(span, format!("${{{number}}}"));
            report.suggest_as(Safety::Unsafe, "write it as a reference", [edit]);
        }
    }
    for (at, _) in value.match_indices("$$") {
        if value[at + 2..].starts_with(|c: char| c.is_ascii_digit() || c == '{') {
            let span = text.at(at..at + 2);
            let report = findings.report(span, "`$$` is one literal dollar, and no reference");
            if text.exact.is_some() {
                report.suggest_as(Safety::Unsafe, "write one dollar", [Edit::replace(span, "$")]);
            }
        }
    }
    if let Some(at) = value.rfind("${").filter(|&at| !value[at..].contains('}')) {
        findings.report(text.at(at..value.len()), "this `${` is never closed, so it is literal text");
    }
}
