//! A file extension in the middle of a path.

use crate::keys::key;
use crate::model::{Location, Nginx};
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/regex-unanchored", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for location in nginx.regex_locations() {
        let path = location.path;
        let Some((_, extension)) = path.rsplit_once("\\.") else { continue };
        let word = extension.trim_matches(['(', ')']);
        let is_extension = !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'|')
            && !extension.contains("?:");
        if !is_extension || location.directive.parent().and_then(Location::of).is_some() {
            continue;
        }
        let runs_code = location.directive.block().has(key!("fastcgi_pass"));
        let first = word.split('|').next().unwrap_or_default();
        findings
            .report(location.span, format!("`{path}` also matches `/a.{first}.txt`"))
            .severity(if runs_code { Severity::Warning } else { Severity::Info })
            .suggest("end it with `$`", [Edit::insert_after(location.span, "$")]);
    }
}
