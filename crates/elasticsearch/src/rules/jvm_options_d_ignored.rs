//! A file in jvm.options.d that nobody reads.

use crate::jvm::{JvmArgument, JvmSource};
use crate::model::Elasticsearch;
use confvet_core::{Context, Findings, Rule, Severity, source};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/jvm-options-d-ignored", check };

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for (file, node) in model.read_jvm_files() {
        let Some(first) = file.options.first() else { continue };
        let name = source::file_name(context.path(file.file));
        let message = match file.source {
            JvmSource::IgnoredName => format!("{name} is ignored: only *.options are read"),
            JvmSource::Directory if node.release.is_before(7, 7) && node.release.is_stated() => {
                format!("{name} is ignored: jvm.options.d is read from 7.7")
            }
            JvmSource::Main | JvmSource::Directory | JvmSource::Environment => continue,
        };
        let holds_heap = file.options.iter().any(|option| matches!(option.argument, JvmArgument::Heap { .. }));
        let severity = if says_so(name) {
            Severity::Info
        } else if holds_heap {
            Severity::Error
        } else {
            Severity::Warning
        };
        findings
            .report(first.span, message)
            .severity(severity)
            .help("rename it to end in `.options`, in jvm.options.d of 7.7 or later");
    }
}

/// Does the name say that the file is not meant to be read?
fn says_so(name: &str) -> bool {
    const ENDINGS: &[&str] =
        &[".disabled", ".off", ".orig", ".old", ".bak", ".sample", ".example", ".rpmnew", ".rpmsave", ".swp", "~"];
    ENDINGS.iter().any(|ending| name.ends_with(ending)) || name.contains(".dpkg-")
}
