//! An include that the server cannot read, or reads from elsewhere than it seems.

use crate::model::{Document, IncludeOutcome};
use confvet_core::{Category, Context, Edit, FileId, Findings, Rule, Safety, Severity, Span, source};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/include-problem", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.conf() else { return };
    for include in &conf.includes {
        let (path, span) = (include.path.as_str(), include.path.span);
        match &include.outcome {
            IncludeOutcome::Literal => {
                findings.report(
                    span,
                    format!("wildcards in include need Redis 7.0; {} takes `{path}` for a file name", conf.release),
                );
            }
            IncludeOutcome::Missing => {
                findings.report(span, format!("there is no file `{path}`"));
            }
            IncludeOutcome::Cycle(file) => {
                findings.report(
                    span,
                    format!(
                        "`{}` is being read already: the server includes it again until it crashes",
                        ctx.path(*file)
                    ),
                );
            }
            IncludeOutcome::Limit => {
                findings
                    .report(span, "includes are nested too deep, or too many: the rest is not looked at")
                    .category(Category::Maintainability);
            }
            IncludeOutcome::Read(files) => {
                relative(include.dir.as_ref(), path, span, files, ctx, findings);
                glued(files, ctx, findings);
            }
            IncludeOutcome::NoMatch | IncludeOutcome::Outside => {}
        }
    }
}

/// A relative path behind a `dir` line is looked up in that directory.
fn relative(
    dir: Option<&crate::syntax::Token>,
    path: &str,
    span: Span,
    files: &[FileId],
    ctx: &Context<'_>,
    findings: &mut Findings,
) {
    let beside = source::parent(ctx.path(span.file));
    let is_beside = |file: &FileId| {
        let found = ctx.path(*file);
        found == source::join(beside, path) || (path.contains(['*', '?', '[']) && found.starts_with(beside))
    };
    if path.starts_with('/') || !files.iter().any(is_beside) {
        return;
    }
    let edit = || deployed(beside).map(|directory| Edit::replace(span, source::join(&directory, path)));
    match dir {
        Some(dir) => findings
            .report(span, format!("relative include is looked up in `{}`, not next to this file", dir.text))
            .severity(Severity::Warning)
            .category(Category::Outage)
            .label(dir.span, "changes the directory at once")
            .help("write the whole path, or put the include above `dir`")
            .suggest("write the whole path", edit()),
        None => findings
            .report(
                span,
                "relative include is looked up in the directory where the server is started, not next to this file",
            )
            .severity(Severity::Info)
            .category(Category::Outage)
            .help("write the whole path")
            .suggest("write the whole path", edit()),
    };
}

/// Where a directory lies on its machine, if the path shows it: `roles/redis/files/etc/redis` is `/etc/redis`.
fn deployed(directory: &str) -> Option<String> {
    let path = source::join("/", directory);
    if directory.starts_with('/') {
        return Some(path);
    }
    let start = ["/etc", "/usr/local/etc"].iter().find_map(|root| {
        path.match_indices(root).map(|(at, _)| at).find(|at| path[at + root.len()..].starts_with('/'))
    });
    start.map(|start| path[start..].to_owned())
}

/// Files that one wildcard matches are joined without a line end between them.
fn glued(files: &[FileId], ctx: &Context<'_>, findings: &mut Findings) {
    for pair in files.windows(2) {
        let (text, next) = (ctx.sources.get(pair[0]).text(), ctx.sources.get(pair[1]).text());
        if text.is_empty() || text.ends_with('\n') {
            continue;
        }
        let start = text.rfind('\n').map_or(0, |at| at + 1);
        let (last, first) = (&text[start..], next.lines().next().unwrap_or_default());
        let idle = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
        if idle(last) && idle(first) {
            continue;
        }
        let span = Span::new(pair[0], start..text.len());
        let name = source::file_name(ctx.path(pair[1]));
        let lost = idle(last);
        let message = if lost {
            format!("no newline at end of file: the first line of `{name}` becomes part of this comment")
        } else {
            format!("no newline at end of file: this line is joined with the first line of `{name}`")
        };
        findings
            .report(span, message)
            .category(if lost { Category::Outage } else { Category::Invalid })
            .label(Span::new(pair[1], 0..first.len()), "joined to it")
            .suggest_as(Safety::Safe, "end the line", [Edit::insert_after(span, "\n")]);
    }
}
