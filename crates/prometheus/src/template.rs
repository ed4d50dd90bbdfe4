//! The Go templates in an alert's labels and annotations: which variables and functions do they use?

use confvet_core::did_you_mean;
use std::ops::Range;

/// Something in a template that the server refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TemplateError {
    /// Where, in bytes of the text.
    pub(crate) range: Range<usize>,
    /// What is wrong.
    pub(crate) message: String,
    /// What was meant: the word to replace, by what.
    pub(crate) meant: Option<(Range<usize>, String)>,
}

const FUNCTIONS: &[&str] = &[
    "and",
    "args",
    "block",
    "break",
    "call",
    "continue",
    "define",
    "else",
    "end",
    "eq",
    "externalURL",
    "first",
    "ge",
    "graphLink",
    "gt",
    "html",
    "humanize",
    "humanize1024",
    "humanizeDuration",
    "humanizePercentage",
    "humanizeTimestamp",
    "if",
    "index",
    "js",
    "label",
    "le",
    "len",
    "lt",
    "match",
    "ne",
    "nil",
    "not",
    "now",
    "or",
    "parseDuration",
    "pathPrefix",
    "print",
    "printf",
    "println",
    "query",
    "range",
    "reReplaceAll",
    "safeHtml",
    "slice",
    "sortByLabel",
    "stripDomain",
    "stripPort",
    "strvalue",
    "tableLink",
    "template",
    "title",
    "tmpl",
    "toDuration",
    "toLower",
    "toTime",
    "toUpper",
    "urlQueryEscape",
    "urlquery",
    "value",
    "with",
    "true",
    "false",
];

const VARIABLES: &[&str] = &["$labels", "$externalLabels", "$externalURL", "$value"];

/// The first fault of a template.
pub(crate) fn fault(text: &str) -> Option<TemplateError> {
    let mut declared: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("{{") {
        let start = at + open;
        let Some(length) = text[start..].find("}}") else {
            return Some(TemplateError {
                range: start..start + 2,
                message: "this `{{` is never closed".to_owned(),
                meant: None,
            });
        };
        let end = start + length + 2;
        let body = &text[start + 2..end - 2];
        let comment = body.trim_start_matches('-').trim_start().starts_with("/*");
        if !comment && let Some(fault) = action(text, start + 2..end - 2, start..end, &mut declared) {
            return Some(fault);
        }
        at = end;
    }
    None
}

/// A `{{ … }}` that depends on the value of the alert's expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ValuePart {
    /// Where, braces included.
    pub(crate) range: Range<usize>,
    /// It is a condition, so that the value itself is not printed.
    pub(crate) only_decides: bool,
}

/// The parts of a template that depend on the value: `$value`, `.Value`, the samples of a `query`, and variables that hold
/// one of them.
pub(crate) fn value_parts(text: &str) -> Vec<ValuePart> {
    let mut parts = Vec::new();
    let mut carriers: Vec<&str> = vec!["$value"];
    let mut at = 0;
    while let Some(open) = text[at..].find("{{") {
        let start = at + open;
        let Some(length) = text[start..].find("}}") else { break };
        at = start + length + 2;
        let body = text[start + 2..at - 2].trim_start_matches('-').trim();
        if body.starts_with("/*") || !depends_on_value(body, &carriers) {
            continue;
        }
        if let Some((variables, _)) = body.split_once(":=") {
            let names = variables.split([' ', ',']).filter(|word| word.starts_with('$'));
            carriers.extend(names);
            if body.starts_with('$') {
                continue;
            }
        }
        let condition = ["if ", "else if "].iter().any(|word| body.starts_with(word));
        parts.push(ValuePart { range: start..at, only_decides: condition });
    }
    parts
}

fn depends_on_value(body: &str, carriers: &[&str]) -> bool {
    let bytes = body.as_bytes();
    let name = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            quote @ (b'"' | b'`') => {
                at += 1;
                while at < bytes.len() && bytes[at] != quote {
                    at += if bytes[at] == b'\\' && quote == b'"' { 2 } else { 1 };
                }
                at += 1;
            }
            b'$' | b'.' | b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                at += 1;
                at += bytes[at..].iter().take_while(|&&b| name(b)).count();
                let word = &body[start..at];
                if carriers.contains(&word) || word == ".Value" || word == "query" {
                    return true;
                }
            }
            _ => at += 1,
        }
    }
    false
}

fn action<'t>(
    text: &'t str,
    body: Range<usize>,
    whole: Range<usize>,
    declared: &mut Vec<&'t str>,
) -> Option<TemplateError> {
    let bytes = text.as_bytes();
    let name = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let mut at = body.start;
    while at < body.end {
        let start = at;
        match bytes[at] {
            quote @ (b'"' | b'`') => {
                at += 1;
                while at < body.end && bytes[at] != quote {
                    at += if bytes[at] == b'\\' && quote == b'"' { 2 } else { 1 };
                }
                at += 1;
            }
            b'$' => {
                at += 1;
                at += bytes[at..body.end].iter().take_while(|&&b| name(b)).count();
                let variable = &text[start..at];
                let rest = text[at..body.end].trim_start();
                let declares = rest.starts_with(":=") || rest.starts_with(',') && text[at..body.end].contains(":=");
                if declares {
                    declared.push(variable);
                } else if variable.len() > 1 && !VARIABLES.contains(&variable) && !declared.contains(&variable) {
                    let near = did_you_mean(variable, VARIABLES.iter().copied());
                    let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                    return Some(TemplateError {
                        range: whole,
                        message: format!("the template uses `{variable}`, which is not defined{hint}"),
                        meant: near.map(|near| (start..at, near.to_owned())),
                    });
                }
                at = skip_fields(bytes, at, body.end);
            }
            b'.' => at = skip_fields(bytes, at, body.end).max(at + 1),
            b if b.is_ascii_digit() => at += bytes[at..body.end].iter().take_while(|&&b| name(b) || b == b'.').count(),
            b if b.is_ascii_alphabetic() || b == b'_' => {
                at += bytes[at..body.end].iter().take_while(|&&b| name(b)).count();
                let word = &text[start..at];
                if !FUNCTIONS.contains(&word) {
                    let near = did_you_mean(word, FUNCTIONS.iter().copied());
                    let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                    return Some(TemplateError {
                        range: whole,
                        message: format!("the template calls `{word}`, which does not exist{hint}"),
                        meant: None,
                    });
                }
            }
            _ => at += 1,
        }
    }
    None
}

/// `.instance`, `.Labels.job` behind a variable.
fn skip_fields(bytes: &[u8], mut at: usize, end: usize) -> usize {
    while at < end && bytes[at] == b'.' {
        at += 1;
        at += bytes[at..end].iter().take_while(|&&b| b.is_ascii_alphanumeric() || b == b'_').count();
    }
    at.min(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_depend_on_the_value_are_found() {
        let found = |text: &str| {
            let parts = value_parts(text).into_iter();
            parts.map(|part| (text[part.range].to_owned(), part.only_decides)).collect::<Vec<_>>()
        };
        let one = |part: &str, only_decides: bool| vec![(part.to_owned(), only_decides)];
        assert_eq!(found("a {{ $value | humanize }} b"), one("{{ $value | humanize }}", false));
        assert_eq!(found("{{ .Value }}"), one("{{ .Value }}", false));
        assert_eq!(found("{{ $.Value }}"), one("{{ $.Value }}", false));
        assert_eq!(found("{{ if gt $value 90.0 }}page{{ else }}warn{{ end }}"), one("{{ if gt $value 90.0 }}", true));
        assert_eq!(found("{{ $v := $value }}{{ $v }}"), one("{{ $v }}", false));
        assert_eq!(found("{{ range query \"up\" }}x{{ end }}"), one("{{ range query \"up\" }}", false));
        for text in
            ["{{ $labels.value }}", "{{ printf \"$value\" }}", "{{ $values }}", "$value", "{{ /* $value */ }}", "{{"]
        {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn templates_are_read_as_go_reads_them() {
        for text in [
            "{{ $labels.instance }} is {{ $value | humanize }}",
            "{{ .Value }}",
            "{{ with $x := query \"up\" }}{{ $x }}{{ end }}",
            "{{ range $i, $e := query \"up\" }}{{ $i }}{{ $e.Labels.job }}{{ end }}",
            "{{ if eq $labels.a \"b\" }}x{{ else }}y{{ end }}",
            "{{- /* note */ -}}",
            "plain",
            "{{ printf \"%.2f\" $value }}",
            "{{ $.Labels.x }}",
            "{{ (index $labels 0) }}",
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
        assert_eq!(
            fault("a {{ $label.x }}").unwrap().message,
            "the template uses `$label`, which is not defined; did you mean `$labels`?"
        );
        assert_eq!(
            fault("{{ humanise $value }}").unwrap().message,
            "the template calls `humanise`, which does not exist; did you mean `humanize`?"
        );
        assert!(fault("{{ x").is_some());
        for text in ["{{\"}}", "{{ \"\\}}", "{{$}}", "{{.}}", "{{é}}", "{{`}}"] {
            let _ = fault(text);
        }
    }
}
