//! A size in a notation that Redis does not read.

use crate::model::{Document, Problem, ProblemKind};
use crate::version::Release;
use confvet_core::units::ByteSize;
use confvet_core::{Category, Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/memory-unit", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.conf() else { return };
    for Problem { span, kind } in &conf.problems {
        let value = ctx.text(*span);
        match kind {
            ProblemKind::Size { key, refused, reads_as, meant } => {
                let effect = reads_as.map(|bytes| misread(key, bytes, conf.release)).unwrap_or_default();
                let instead = meant.as_ref().map(|size| format!(": use `{size}`")).unwrap_or_default();
                let report = findings
                    .report(*span, format!("`{value}` is not a Redis memory size{effect}{instead}"))
                    .help("sizes are whole numbers with `b`, `kb`, `mb` or `gb`");
                let report = if *refused { report } else { report.category(Category::Outage) };
                if let Some(size) = meant {
                    report.suggest(format!("write `{size}`"), [Edit::replace(*span, size)]);
                }
            }
            ProblemKind::DecimalSize { bytes, meant, meant_bytes } => {
                findings
                    .report(*span, format!("`{value}` is {bytes} bytes, `{meant}` is {meant_bytes}"))
                    .severity(Severity::Info)
                    .category(Category::Maintainability)
                    .suggest(format!("write `{meant}`"), [Edit::replace(*span, meant)]);
            }
            _ => {}
        }
    }
}

fn misread(key: &str, bytes: u64, release: Release) -> String {
    let no_limit =
        if bytes == 0 && matches!(key, "maxmemory" | "client-output-buffer-limit") { " = no limit" } else { "" };
    format!("; {release} reads it as {}{no_limit} without complaint", ByteSize(bytes))
}
