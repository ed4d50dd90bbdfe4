//! An entry of `rule_files`, `scrape_config_files` or `file_sd_configs` that names no file.

use crate::detect;
use crate::model::{Document, Text};
use confvet_core::source::{file_name, join, parent};
use confvet_core::{Context, Findings, Rule, Severity, did_you_mean};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/missing-file", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.setup.as_ref().filter(|_| !ctx.sources.is_partial()) else { return };
    for entry in &config.rule_files {
        judge(entry, "the server starts without its rules", Severity::Warning, ctx, findings);
    }
    for entry in &config.scrape_config_files {
        judge(entry, "the server starts without its jobs", Severity::Warning, ctx, findings);
    }
    let files = document.pools().flat_map(|(_, job)| &job.discoveries).flat_map(|discovery| &discovery.files);
    for entry in files {
        // The files behind a pattern may be written later, by another program.
        let later = entry.value.contains(['*', '?', '[']);
        let severity = if later { Severity::Info } else { Severity::Warning };
        judge(entry, "its targets do not exist", severity, ctx, findings);
    }
}

fn judge(entry: &Text, harm: &str, severity: Severity, ctx: &Context<'_>, findings: &mut Findings) {
    let path = &entry.value;
    // What has another ending is not among the files that were read, even where it is there.
    if path.starts_with('/') || !detect::might_be(path) || !ctx.sources.glob(entry.span.file, path).is_empty() {
        return;
    }
    let directory = join(parent(ctx.path(entry.span.file)), parent(path));
    let others: Vec<&str> = (ctx.sources.in_directory(&directory).iter())
        .filter(|file| **file != entry.span.file)
        .map(|file| file_name(ctx.path(*file)))
        .filter(|name| detect::might_be(name))
        .collect();
    if others.is_empty() {
        return;
    }
    let shown =
        if directory.is_empty() { "the directory of the configuration".to_owned() } else { format!("`{directory}`") };
    let near = did_you_mean(file_name(path), others);
    let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    findings.report(entry.span, format!("`{path}` matches no file in {shown}{hint}")).severity(severity).help(harm);
}
