//! A rewrite that matches its own result.

use crate::keys::key;
use crate::model::{Location, LocationKind, Nginx};
use crate::template;
use crate::template::Part;
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/rewrite-loop", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for rewrite in nginx.all(key!("rewrite")).filter(|rewrite| rewrite.text(2) == "last") {
        let Some(location) = rewrite.parent().and_then(Location::of).filter(Location::is_prefix) else { continue };
        let Some(flag) = rewrite.arg(2) else { continue };
        let target = rewrite.text(1).split('?').next().unwrap_or_default();
        // Captures stand for some text: `x` will do.
        let sample: String = template::pieces(target)
            .map(|piece| match piece.part {
                Part::Text(text) => text.to_owned(),
                Part::Capture(_) => "x".to_owned(),
                _ => "$".to_owned(),
            })
            .collect();
        if sample.contains('$') || !sample.starts_with(location.path) {
            continue;
        }
        let Some(Ok(parsed)) = rewrite.pattern().map(|pattern| pattern.parse()) else { continue };
        let longer = nginx.scope_locations(location.directive).any(|other| {
            other.is_prefix() && other.path.len() > location.path.len() && sample.starts_with(other.path)
                || other.kind == LocationKind::Exact && other.path == sample
                || other.is_regex() && location.kind == LocationKind::Prefix
        });
        if parsed.matches(&sample) == Some(true) && !longer {
            findings
                .report(
                    flag.span,
                    format!("`{target}` comes back to this location and matches again: ten rounds, then 500"),
                )
                .suggest("use `break`", [Edit::replace(flag.span, "break")]);
        }
    }
}
