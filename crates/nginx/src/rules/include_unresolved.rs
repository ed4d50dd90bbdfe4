//! An include that leads nowhere.

use crate::model::{IncludeState, Nginx};
use confvet_core::{Category, Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/include-unresolved", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    let many = ctx.sources.len() > 1;
    for (include, state, found) in nginx.includes() {
        let Some(word) = include.arg(0) else { continue };
        let name = word.text;
        match state {
            IncludeState::NotFound => {
                findings.report(word.span, format!("include `{name}` not found; relative names start at the directory of the main file, not of this file"));
            }
            IncludeState::BesideIncluder => {
                let found = found.map_or("", |file| ctx.path(file));
                let main = nginx.trees().first().map_or("", |tree| ctx.path(tree.file));
                let folder = main.rsplit_once('/').map_or("", |(folder, _)| folder);
                let report = findings.report(
                    word.span,
                    format!("include `{name}` is beside this file, but relative names start at the directory of the main file"),
                );
                let relative = if folder.is_empty() {
                    Some(found)
                } else {
                    found.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'))
                };
                if let Some(relative) = relative {
                    report.suggest("name it from the main file's directory", [Edit::replace(word.inner(), relative)]);
                }
            }
            IncludeState::Cycle => {
                findings.report(
                    word.span,
                    format!("include `{name}` includes itself: nginx opens files until it runs out of them"),
                );
            }
            IncludeState::EmptyGlob if many && nginx.is_main() && !name.starts_with('/') => {
                findings
                    .report(word.span, format!("no file matches `{name}`"))
                    .severity(Severity::Info)
                    .category(Category::Outage);
            }
            _ => {}
        }
    }
}
