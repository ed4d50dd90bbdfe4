//! A secret that belongs into the keystore.

use crate::keys::Kind;
use crate::model::Elasticsearch;
use crate::release::Release;
use crate::settings::{Setting, Value};
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/secure-setting-in-file", check };

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for (document, release) in model.sound_documents() {
        for setting in document.settings.iter().filter(|setting| !setting.is_unset()) {
            match setting.row.map(|row| row.kind) {
                Some(Kind::Secure) if release.may_be_from(5, 3) => report_refused(setting, release, context, findings),
                Some(Kind::LegacySecret) => report_readable(setting, findings),
                _ if setting.key.starts_with("plugins.security.") && setting.secret => {
                    report_readable(setting, findings);
                }
                _ if holds_url_password(setting) => {
                    findings
                        .report(setting.key_span, format!("{} holds a password in its URL", setting.key))
                        .severity(Severity::Warning)
                        .category(Category::Security)
                        .help("keep the password out of the file: everybody who reads the repository reads it");
                }
                _ => {}
            }
        }
    }
}

fn report_refused(setting: &Setting, release: &Release, context: &Context<'_>, findings: &mut Findings) {
    let key = &setting.key;
    // The start-up code looks at the key only, whatever the placeholder becomes.
    let severity = if setting.is_open() { Severity::Info } else { release.temper(Severity::Error) };
    let category = if severity == Severity::Error { Category::Invalid } else { Category::Security };
    let report = findings
        .report(
            setting.key_span,
            format!("{key} must be in the keystore, not in elasticsearch.yml: the node refuses to start"),
        )
        .severity(severity)
        .category(category)
        .help(format!("run `elasticsearch-keystore add {key}` and remove the line"));
    if let Some(edit) = setting.delete(context.sources) {
        report.suggest("delete the line", [edit]);
    }
}

fn report_readable(setting: &Setting, findings: &mut Findings) {
    if setting.is_open() {
        return;
    }
    findings
        .report(setting.key_span, format!("{} is a password in clear text", setting.key))
        .severity(Severity::Warning)
        .category(Category::Security)
        .help("keep it in the keystore, or put a placeholder such as `${PASSWORD}` here");
}

/// `https://user:secret@host`
fn holds_url_password(setting: &Setting) -> bool {
    let in_text = |text: &str| {
        text.split_once("://").is_some_and(|(_, rest)| {
            let authority = rest.split('/').next().unwrap_or(rest);
            authority.rsplit_once('@').is_some_and(|(user, _)| {
                user.split_once(':').is_some_and(|(_, password)| !password.is_empty() && !password.contains("${"))
            })
        })
    };
    match &setting.value {
        Value::Scalar(scalar) => in_text(&scalar.text),
        Value::List(items) => items.iter().any(|item| in_text(&item.text)),
        Value::Null | Value::EmptyMapping => false,
    }
}
