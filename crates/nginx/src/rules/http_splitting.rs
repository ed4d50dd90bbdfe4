//! A decoded path in a header: line ends in the request become line ends in the response.

use crate::model::Nginx;
use crate::template;
use crate::template::Part;
use confvet_core::{Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/http-splitting", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for sink in nginx.header_sinks() {
        for piece in template::pieces(sink.word.text).filter(|piece| sink.covers(piece)) {
            let Some(taint) = nginx.taint_of_part(&piece.part, sink.directive) else { continue };
            let severity = match (taint.line_feed, taint.carriage_return) {
                (true, _) => Severity::Error,
                (false, true) if sink.to_client => Severity::Warning,
                _ => continue,
            };
            let span = sink.word.slice(piece.range.clone());
            let shown = &sink.word.text[piece.range.clone()];
            let encoded = if taint.line_feed { "%0d%0a" } else { "%0d" };
            let adds = if sink.to_client {
                "adds headers to the response"
            } else {
                "adds headers to the request to the backend"
            };
            let mut report = findings
                .report(span, format!("`{shown}` is decoded: `{encoded}` in the path {adds}"))
                .severity(severity)
                .help("use `$request_uri`, or a class without line ends such as `[^/\\s]*`");
            if let Some(source) = taint.source.filter(|source| source.span != span) {
                report = report.label(source.span, "the value comes from here");
            }
            if sink.is_redirect && is_path(&piece.part) && sink.word.is_verbatim() {
                let rest = &sink.word.text[piece.range.end..];
                let safety = match rest {
                    "" | "$is_args$args" | "?$args" | "?$query_string" | "$is_args$query_string" => Safety::Safe,
                    _ => Safety::Unsafe,
                };
                let whole = sink.word.slice(piece.range.start..sink.word.text.len());
                let kept = if safety == Safety::Safe { String::new() } else { rest.to_owned() };
                report.suggest_as(safety, "use `$request_uri`", [Edit::replace(whole, format!("$request_uri{kept}"))]);
            }
        }
    }
}

/// `$uri` or `$document_uri`.
fn is_path(part: &Part<'_>) -> bool {
    matches!(part, Part::Variable(name) if ["uri", "document_uri"].iter().any(|path| name.eq_ignore_ascii_case(path)))
}
