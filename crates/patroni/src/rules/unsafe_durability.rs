//! A setting that gives away what a cluster is built for: not losing data.

use crate::Document;
use crate::model::{Parameters, Setting, SyncMode};
use crate::parameter::boolean;
use confvet_core::{Category, Context, Fact, Findings, Report, Rule, Safety, Severity, Span, Version};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/unsafe-durability", check: each_part!(check) };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(parameters) = Parameters::of(document) else { return };
    if ctx.facts.text(Fact::Environment) == Some("test") {
        return;
    }
    let known = |name: &str| parameters.get(name).filter(|setting| !setting.is_unknown());
    let corrupts = "a crash of the host corrupts the cluster and every replica cloned from it";
    let hides = "damage is hidden and copied to every replica";
    for (name, dangerous, why) in [
        ("fsync", false, corrupts),
        ("full_page_writes", false, corrupts),
        ("zero_damaged_pages", true, hides),
        ("ignore_checksum_failure", true, hides),
        ("ignore_invalid_pages", true, hides),
        ("ignore_system_indexes", true, hides),
    ] {
        let Some(setting) = known(name).filter(|setting| setting.text().and_then(boolean) == Some(dangerous)) else {
            continue;
        };
        if name == "full_page_writes" && ctx.facts.is_true(Fact::CopyOnWrite) {
            continue;
        }
        report(&setting, why, Severity::Error, findings).suggest_as(Safety::Safe, "remove it", setting.delete());
    }
    synchronous_commit(parameters, known("synchronous_commit"), ctx, findings);
    standby_names(parameters, known("synchronous_standby_names"), findings);
    for (name, why) in [
        ("autovacuum", "tables bloat until the transaction counter forces a halt"),
        ("track_counts", "autovacuum never starts"),
    ] {
        if let Some(setting) = known(name).filter(|setting| setting.text().and_then(boolean) == Some(false)) {
            report(&setting, why, Severity::Warning, findings).category(Category::Outage);
        }
    }
}

/// Who writes the names by hand has a reason in a postgresql.conf; under Patroni they contradict it.
fn standby_names(parameters: Parameters<'_>, setting: Option<Setting<'_>>, findings: &mut Findings) {
    let Some(config) = parameters.config() else { return };
    let Some(setting) = setting.filter(|setting| setting.text() != Some("")) else { return };
    if config.sync_mode() != Some(SyncMode::Off) {
        return;
    }
    let old = config.patroni.as_ref().is_some_and(|version| *version < Version::new(3, 3, 2));
    let why = if old {
        "Patroni before 3.3.2 empties it, so commits wait for nobody"
    } else {
        "Patroni does not know about it and may promote an asynchronous standby"
    };
    report(&setting, why, Severity::Warning, findings).help("set `synchronous_mode: true` instead");
}

fn synchronous_commit(
    parameters: Parameters<'_>,
    setting: Option<Setting<'_>>,
    ctx: &Context<'_>,
    findings: &mut Findings,
) {
    let Some(setting) = setting else { return };
    let text = setting.text().unwrap_or_default();
    let off = boolean(text) == Some(false);
    let mode = parameters.sync_mode();
    let mode_span = || parameters.config()?.dynamic("synchronous_mode").map(confvet_yaml::Node::span);
    let with_mode = |report: Report<'_>| {
        if let Some(span) = mode_span() {
            report.label(span, "this promises that no commit is lost");
        }
    };
    let is_on = matches!(mode, Some(SyncMode::On | SyncMode::Quorum));
    if (off || text == "local") && is_on {
        let why = "commits do not wait for the standby, so the promise of `synchronous_mode` does not hold";
        with_mode(report(&setting, why, Severity::Error, findings));
    } else if off {
        let explained = has_comment(ctx, setting.span());
        let why = "the last commits before a crash are lost";
        report(&setting, why, if explained { Severity::Info } else { Severity::Warning }, findings);
    } else if text == "remote_write" && is_on {
        let strict = parameters.config().and_then(|config| config.dynamic_switch("synchronous_mode_strict"));
        if strict == Some(true) {
            let why = "commits wait for the standby's memory, not for its disk: they are lost when both hosts fail";
            with_mode(report(&setting, why, Severity::Info, findings));
        }
    }
}

/// Does a comment on the same line say why?
fn has_comment(ctx: &Context<'_>, span: Span) -> bool {
    let source = ctx.sources.get(span.file);
    let line = source.line(ctx.line(span)).unwrap_or_default();
    let behind = source.text().get(span.range().end.min(line.end)..line.end).unwrap_or_default();
    behind.split_once('#').is_some_and(|(_, comment)| comment.chars().any(char::is_alphabetic))
}

fn report<'f>(setting: &Setting<'_>, why: &str, severity: Severity, findings: &'f mut Findings) -> Report<'f> {
    let (name, value) = (setting.name(), setting.text().unwrap_or_default());
    findings.report(setting.span(), format!("`{name} = {value}`: {why}")).severity(severity)
}
