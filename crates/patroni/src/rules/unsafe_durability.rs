//! A setting that gives away what a cluster is built for: not losing data.

use crate::model::{Config, Document, Setting, SyncMode};
use crate::parameter::boolean;
use confvet_core::{Category, Context, Edit, Fact, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/unsafe-durability", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.config() else { return };
    if ctx.facts.text(Fact::Environment) == Some("test") {
        return;
    }
    let known = |name: &str| config.parameter(name).filter(|setting| !config.is_unknown(setting.entry.value));
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
        report(&setting, why, Severity::Error, findings).suggest_as(Safety::Safe, "remove it", remove(&setting));
    }
    synchronous_commit(config, known("synchronous_commit"), findings);
    if let Some(setting) = known("synchronous_standby_names").filter(|setting| setting.text() != Some(""))
        && config.sync_mode() == Some(SyncMode::Off)
    {
        let why = "Patroni does not know about it and may promote an asynchronous standby";
        report(&setting, why, Severity::Warning, findings).help("set `synchronous_mode: true` instead");
    }
    for (name, why) in [
        ("autovacuum", "tables bloat until the transaction counter forces a halt"),
        ("track_counts", "autovacuum never starts"),
    ] {
        if let Some(setting) = known(name).filter(|setting| setting.text().and_then(boolean) == Some(false)) {
            report(&setting, why, Severity::Warning, findings).category(Category::Outage);
        }
    }
}

fn synchronous_commit(config: &Config, setting: Option<Setting<'_>>, findings: &mut Findings) {
    let Some(setting) = setting else { return };
    let text = setting.text().unwrap_or_default();
    let off = boolean(text) == Some(false);
    let mode = config.sync_mode();
    if (off || text == "local") && matches!(mode, Some(SyncMode::On | SyncMode::Quorum)) {
        let why = "commits do not wait for the standby, so the promise of `synchronous_mode` does not hold";
        let reported = report(&setting, why, Severity::Error, findings);
        if let Some(mode) = config.dynamic("synchronous_mode") {
            reported.label(mode.span(), "this promises that no commit is lost");
        }
    } else if off && mode == Some(SyncMode::Off) {
        let why = "the last commits before a crash are lost";
        report(&setting, why, Severity::Warning, findings);
    }
}

fn report<'f>(
    setting: &Setting<'_>,
    why: &str,
    severity: Severity,
    findings: &'f mut Findings,
) -> confvet_core::Report<'f> {
    let (name, value) = (setting.name(), setting.text().unwrap_or_default());
    findings.report(setting.span(), format!("`{name} = {value}`: {why}")).severity(severity)
}

fn remove(setting: &Setting<'_>) -> Option<Edit> {
    setting.entry.delete()
}
