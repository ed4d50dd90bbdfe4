//! A key of another era: the target no longer has it, or does not have it yet.

use crate::keys::{self, Key, Kind, Standing, VersionTriple};
use crate::model::Elasticsearch;
use crate::node::{LEGACY_ROLES, MINIMUM_MASTERS, REALMS};
use crate::release::Release;
use crate::settings::{Document, Setting};
use confvet_core::{Category, Context, Findings, Report, Rule, Safety, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/removed-setting", check };

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for (document, release) in model.sound_documents() {
        let newest = if release.is_stated() { None } else { document.newest() };
        let roles = || model.reader_of(document)?.say_roles(context.sources);
        let mut has_said_roles = false;
        for setting in &document.settings {
            let Some(row) = setting.row.filter(|row| row.kind != Kind::IndexPrefix) else { continue };
            if has_rule_of_its_own(setting, document, release) {
                continue;
            }
            let Some((message, severity, category)) = verdict(setting, row, release) else {
                report_other_era(setting, row, newest, release, findings);
                continue;
            };
            let report = findings.report(setting.key_span, message).severity(severity).category(category);
            if LEGACY_ROLES.contains(&setting.key.as_str()) {
                // One list takes the place of all of them.
                if !std::mem::replace(&mut has_said_roles, true) && takes(release, "node.roles") {
                    report.suggest_as(Safety::Unsafe, "say the roles in node.roles", roles().unwrap_or_default());
                }
            } else {
                suggest(report, setting, row, document, release, severity, context);
            }
        }
    }
}

/// Does the release have a setting?
fn takes(release: &Release, key: &str) -> bool {
    keys::find(key).is_some_and(|row| matches!(row.standing(release), Standing::Known))
}

/// Other rules say more about these.
fn has_rule_of_its_own(setting: &Setting, document: &Document, release: &Release) -> bool {
    (setting.key == MINIMUM_MASTERS && release.is_from(7, 0))
        || (LEGACY_ROLES.contains(&setting.key.as_str())
            && document.get("node.roles").is_some()
            && release.may_be_before(8, 0))
        // The shape of realms changed in 7.0; the realm as a whole is reported.
        || (setting.key.starts_with(REALMS) && release.may_be_from(7, 0))
}

/// Two settings that no version takes together: one of them is of another era.
fn report_other_era(
    setting: &Setting,
    row: &Key,
    newest: Option<(&Setting, VersionTriple)>,
    release: &Release,
    findings: &mut Findings,
) {
    let (Some(removed), Some((newer, since))) = (row.removed, newest) else { return };
    if release.is_stated() || since < removed {
        return;
    }
    let (gone, came) = (short(removed), short(since));
    findings
        .report(
            setting.key_span,
            format!(
                "{} was removed in {gone}, and {} exists only from {came}: no version takes both",
                setting.key, newer.key
            ),
        )
        .label(newer.key_span, format!("from {came}"))
        .severity(Severity::Info)
        .category(Category::Outage)
        .help("say the version in confvet.toml, and keep the settings of that version");
}

/// What the release makes of a setting. `None`: it takes it, or nobody knows.
fn verdict(setting: &Setting, row: &Key, release: &Release) -> Option<(String, Severity, Category)> {
    let key = &setting.key;
    let instead =
        row.replacement.map(|replacement| format!(": use {}", replacement.trim_end_matches('.'))).unwrap_or_default();
    let (message, severity) = match row.standing(release) {
        Standing::Known => return None,
        Standing::Gone(version) => {
            (format!("{key} was removed in {}{instead}", short(version)), release.temper(Severity::Error))
        }
        Standing::NotYet if release.is_opensearch() || keys::is_below_open_prefix(key, release) => return None,
        Standing::NotYet => {
            let message = match row.since {
                Some(version) => format!("{key} exists only from {}", short(version)),
                None => format!("{key} does not exist yet in {release}"),
            };
            (message, release.temper(Severity::Error))
        }
        Standing::Deprecated(_) if release.is_opensearch() => return None,
        Standing::Deprecated(version) => {
            (format!("{key} is deprecated since {}{instead}", short(version)), Severity::Warning)
        }
        Standing::Unclear => match row.removed {
            Some(version) if matches!(row.kind, Kind::Removed | Kind::RemovedPrefix) => {
                (format!("{key} was removed in {}{instead}", short(version)), Severity::Warning)
            }
            _ => return None,
        },
    };
    let category = match severity {
        Severity::Error => Category::Invalid,
        _ if row.standing(release) == Standing::Unclear => Category::Outage,
        _ if matches!(row.standing(release), Standing::Deprecated(_)) => Category::Maintainability,
        _ => Category::Outage,
    };
    Some((message, severity, category))
}

fn suggest(
    report: Report<'_>,
    setting: &Setting,
    row: &Key,
    document: &Document,
    release: &Release,
    severity: Severity,
    context: &Context<'_>,
) {
    if let Some(renamed) = new_name(setting, row)
        && document.get(&renamed).is_none()
        && takes(release, &renamed)
        && let Some(edit) = setting.rename(context.sources, &renamed)
    {
        report.suggest_as(Safety::Safe, format!("write `{renamed}`"), [edit]);
    } else if severity == Severity::Error
        && row.replacement.is_none()
        && let Some(edit) = setting.delete(context.sources)
    {
        report.suggest_as(Safety::Unsafe, "delete the line", [edit]);
    }
}

/// The key that means exactly the same today.
fn new_name(setting: &Setting, row: &Key) -> Option<String> {
    if row.name == "threadpool." {
        // Only fixed pools kept their parameters.
        let pool = setting.key.strip_prefix("threadpool.")?;
        let (name, parameter) = pool.split_once('.')?;
        let name = if name == "index" || name == "bulk" { return None } else { name };
        let fixed = matches!(name, "search" | "get") && matches!(parameter, "size" | "queue_size");
        return fixed.then(|| format!("thread_pool.{pool}"));
    }
    let rename = row.rename?;
    if !rename.contains('*') {
        return Some(rename.to_owned());
    }
    let mut variable = setting.key.split('.').zip(row.name.split('.')).filter(|(_, wanted)| *wanted == "*");
    let name = variable.next()?.0;
    Some(rename.replacen('*', name, 1))
}

fn short((major, minor, _): VersionTriple) -> String {
    format!("{major}.{minor}")
}
