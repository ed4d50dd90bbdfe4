//! Clients choose where requests are sent.

use crate::model::{Client, Family, Location, Nginx};
use crate::template;
use crate::template::Part;
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/ssrf", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for pass in nginx.passes().iter().filter(|pass| pass.has_variables && pass.family == Family::Proxy) {
        let directive = pass.directive(nginx);
        if directive.location().and_then(Location::of).is_some_and(|location| location.is_internal()) {
            continue;
        }
        let word = pass.word(nginx);
        let end = pass.endpoint.range.end;
        let host_start = pass.endpoint.range.start;
        let mut before = String::new();
        for piece in template::pieces(word.text).take_while(|piece| piece.range.start < end) {
            if let Part::Text(text) = piece.part {
                before.push_str(text);
                continue;
            }
            let Some(taint) = nginx.taint_of_part(&piece.part, directive) else { continue };
            let in_scheme = piece.range.start < host_start && pass.scheme.is_some();
            if taint.begins_with_slash && !in_scheme && piece.range.start > 0 {
                break;
            }
            if taint.host != Client::Text || !taint.dot && !in_scheme {
                continue;
            }
            let span = word.slice(piece.range.clone());
            let shown = &word.text[piece.range.clone()];
            let whole = piece.range.start <= host_start;
            let mut report = findings
                .report(
                    span,
                    if whole {
                        format!("clients choose the proxied host through `{shown}`")
                    } else {
                        format!("clients choose a part of the proxied host through `{shown}`")
                    },
                )
                .severity(if whole { Severity::Error } else { Severity::Warning })
                .help("allow certain hosts only, with a `map`, or make the location `internal`");
            if let Some(source) = taint.source.filter(|source| source.span != span) {
                report = report.label(source.span, "the value comes from here");
            }
            let _ = report;
            break;
        }
    }
}
