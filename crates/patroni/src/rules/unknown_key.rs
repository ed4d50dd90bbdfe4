//! A key or a variable that Patroni does not know, and ignores without a word.

use crate::Document;
use crate::environment::{Environment, Reading};
use crate::model::Config;
use crate::tables;
use confvet_core::{Context, Edit, Findings, Rule, Safety, Severity, Span, did_you_mean, nearest};
use confvet_yaml::Node;

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/unknown-key", check };

/// What initdb takes; what Patroni refuses of it is another rule's.
const INITDB: &[&str] = &[
    "allow-group-access",
    "auth",
    "auth-host",
    "auth-local",
    "builtin-locale",
    "data-checksums",
    "debug",
    "discard-caches",
    "encoding",
    "icu-locale",
    "icu-rules",
    "lc-collate",
    "lc-ctype",
    "lc-messages",
    "lc-monetary",
    "lc-numeric",
    "lc-time",
    "locale",
    "locale-provider",
    "no-clean",
    "no-data-checksums",
    "no-instructions",
    "no-locale",
    "no-sync",
    "no-sync-data-files",
    "noclean",
    "nosync",
    "pgdata",
    "pwfile",
    "pwprompt",
    "set",
    "show",
    "sync-method",
    "sync-only",
    "text-search-config",
    "username",
    "version",
    "waldir",
    "wal-segsize",
    "xlogdir",
];

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    for config in document.configs() {
        keys(config, findings);
        initdb(config, findings);
    }
    for environment in document.environments() {
        variables(environment, findings);
    }
}

fn keys(config: &Config, findings: &mut Findings) {
    for unknown in config.unknown_keys() {
        let key = unknown.key.text().unwrap_or_default();
        let place =
            if unknown.section.is_empty() { "at the root".to_owned() } else { format!("in `{}`", unknown.section) };
        let message = format!("Patroni does not know `{key}` {place} and ignores it");
        report(unknown.key.span(), message, key, unknown.near, tables::keys_of(unknown.section), findings);
    }
}

fn initdb(config: &Config, findings: &mut Findings) {
    for item in config.local("bootstrap.initdb").into_iter().flat_map(Node::items) {
        let options = item.entries().map(|entry| entry.key).chain(item.as_str().map(|_| item));
        for node in options.filter(|node| !config.is_unknown(*node)) {
            let option = node.text().unwrap_or_default();
            let bare = option.trim_start_matches('-');
            if bare != option || option.contains([' ', '=']) || INITDB.contains(&option) {
                continue;
            }
            let near = did_you_mean(option, INITDB.iter().copied());
            let message = format!("initdb has no option `{option}`, and the bootstrap fails");
            report(node.span(), message, option, near, INITDB.iter().copied(), findings);
        }
    }
}

fn variables(environment: &Environment, findings: &mut Findings) {
    for variable in &environment.variables {
        let name = variable.name.value.as_str();
        match variable.reading() {
            Reading::Known | Reading::User => {}
            Reading::Ignored => {
                findings
                    .report(variable.name.span, format!("Patroni does not read `{name}` from the environment"))
                    .severity(Severity::Warning);
            }
            Reading::Unknown => {
                let known = || tables::VARIABLES.iter().map(|variable| variable.name);
                let message = format!("Patroni does not know the variable `{name}` and ignores it");
                report(variable.name.span, message, name, did_you_mean(name, known()), known(), findings);
            }
        }
    }
}

/// A fix is safe where exactly one known name is one slip away.
fn report<'a>(
    span: Span,
    message: String,
    name: &str,
    near: Option<&'a str>,
    known: impl Iterator<Item = &'a str>,
    findings: &mut Findings,
) {
    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    let single = near.is_some() && known.filter(|other| nearest(name, [*other], 1).is_some()).count() == 1;
    findings
        .report(span, message + &hint)
        .severity(if near.is_some() { Severity::Warning } else { Severity::Info })
        .suggest_as(
            if single { Safety::Safe } else { Safety::Unsafe },
            "correct the name",
            near.map(|near| Edit::replace(span, near)),
        );
}
