//! A path that climbs out of an aliased directory.

use crate::keys::key;
use crate::model::{Location, Nginx};
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/alias-traversal", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for alias in nginx.all(key!("alias")) {
        let (Some(path), Some(location)) = (alias.arg(0), alias.location().and_then(Location::of)) else { continue };
        if location.is_prefix() {
            if location.path.ends_with('/') || location.path.is_empty() {
                continue;
            }
            let slashed = path.text.ends_with('/');
            let report = findings
                .report(
                    path.span,
                    if slashed {
                        format!(
                            "`{}` without a final slash: `{}../x` is served from the parent of `{}`",
                            location.path, location.path, path.text
                        )
                    } else {
                        format!(
                            "`{}` without a final slash: `{}x` is served from `{}x`",
                            location.path, location.path, path.text
                        )
                    },
                )
                .severity(if slashed { Severity::Error } else { Severity::Warning })
                .label(location.span, "no final slash");
            let slash = if slashed { None } else { Some(Edit::insert_after(path.inner(), "/")) };
            report.suggest("end both with `/`", [Edit::insert_after(location.span, "/")].into_iter().chain(slash));
            continue;
        }
        let Some(pattern) = location.directive.pattern().filter(|_| location.is_regex()) else { continue };
        let Ok(parsed) = pattern.parse() else { continue };
        if let Some(escape) = nginx.alias_escape(path.text, pattern.text(), parsed) {
            findings
                .report(path.slice(escape.range.clone()), escape.why)
                .severity(if escape.climbs { Severity::Error } else { Severity::Warning })
                .label(location.span, "what the group can match is decided here");
        }
    }
}
