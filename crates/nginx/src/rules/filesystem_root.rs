//! The whole file system is served.

use crate::keys::key;
use crate::model::Nginx;
use crate::template;
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/filesystem-root", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for directive in [key!("root"), key!("alias")].into_iter().flat_map(|key| nginx.all(key)) {
        let Some(path) = directive.arg(0) else { continue };
        if template::has_variables(path.text) || !is_root(path.text) {
            continue;
        }
        let is_alias = directive.is(key!("alias"));
        if !is_alias && directive.scope().serves_no_files() {
            continue;
        }
        let direct = is_alias || directive.context().is_in_location();
        findings
            .report(path.span, format!("`{} {}`: the whole file system is served", directive.name().text, path.text))
            .severity(if direct { Severity::Error } else { Severity::Warning });
    }
}

/// Does an absolute path come down to `/`?
fn is_root(path: &str) -> bool {
    let mut depth = 0_usize;
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => depth = depth.saturating_sub(1),
            _ => depth += 1,
        }
    }
    path.starts_with('/') && depth == 0
}
