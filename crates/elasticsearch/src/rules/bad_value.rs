//! A value that the program cannot read as what the setting is.

use crate::keys::{Kind, Standing};
use crate::model::Elasticsearch;
use crate::release::Release;
use crate::settings::{Form, Scalar, Setting, Value};
use crate::values;
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/bad-value", check };

/// What is expected, and why the value is not it.
type Mistake = (&'static str, String);

fn check(model: &Elasticsearch, _: &Context<'_>, findings: &mut Findings) {
    for (document, release) in model.sound_documents() {
        for setting in document.settings.iter().filter(|setting| is_checked(setting, release)) {
            check_setting(setting, document.form, release, findings);
        }
    }
}

/// Is the setting one that the release has, with a value that is all here?
fn is_checked(setting: &Setting, release: &Release) -> bool {
    let known = setting.row.is_none_or(|row| {
        matches!(row.standing(release), Standing::Known | Standing::Deprecated(_) | Standing::Unclear)
    });
    known && !setting.is_open() && !setting.secret
}

fn check_setting(setting: &Setting, form: Form, release: &Release, findings: &mut Findings) {
    if setting.value == Value::Null {
        if release.refuses_since(5, 0) {
            findings
                .report(setting.key_span, format!("{} has no value: null is refused since 5.0", setting.key))
                .severity(Severity::Error)
                .category(Category::Invalid)
                .help("write a value, or remove the line for the default");
        }
        return;
    }
    if setting.is_unset() && release.may_be_from(5, 0) {
        return;
    }
    let Some(kind) = setting.row.map(|row| row.kind) else { return };
    match &setting.value {
        Value::Scalar(scalar) => {
            // Everything is text in an environment: there are no quotes that could make it more so.
            let quoted = scalar.quoted && form == Form::File;
            if let Some(mistake) = mistake(&setting.key, kind, &scalar.text, quoted, release) {
                report(setting, scalar, &mistake, release, findings);
            } else if let Kind::Ports = kind {
                check_ports(setting, findings);
            } else if kind == Kind::List {
                check_items(setting, std::slice::from_ref(scalar), release, findings);
            }
        }
        Value::List(items) if kind == Kind::List => check_items(setting, items, release, findings),
        Value::List(_) if !takes_list(kind, release) => {
            findings
                .report(setting.value_span, format!("{}: a list, and the setting takes one value", setting.key))
                .severity(Severity::Error)
                .category(if release.is_stated() { Category::Invalid } else { Category::Outage });
        }
        Value::List(_) | Value::EmptyMapping | Value::Null => {}
    }
}

/// Up to 5.x a list becomes keys of its own, from 6.1 one text.
fn takes_list(kind: Kind, release: &Release) -> bool {
    match kind {
        Kind::Text => !release.is_before(6, 0) || release.is_before(5, 0),
        Kind::Bool
        | Kind::Int
        | Kind::Long
        | Kind::Float
        | Kind::Time
        | Kind::Bytes
        | Kind::Memory
        | Kind::RatioOrBytes => !release.refuses_since(5, 0),
        _ => true,
    }
}

fn mistake(key: &str, kind: Kind, text: &str, quoted: bool, release: &Release) -> Option<Mistake> {
    let special = special_mistake(key, text, release);
    if special.is_some() {
        return special;
    }
    let old = release.is_before(5, 0);
    match kind {
        Kind::Time if !release.is_before(2, 0) => {
            values::duration(text, release).err().map(|refusal| ("a duration", refusal.to_owned()))
        }
        Kind::Bytes if !release.is_before(2, 0) => {
            values::bytes(text, release).err().map(|refusal| ("a size", refusal.to_owned()))
        }
        _ if old => None,
        Kind::Bool => values::boolean(text, quoted, release).err().map(|refusal| ("a boolean", refusal.to_owned())),
        Kind::Int if key != "node.processors" && key != "processors" => values::integer(text)
            .is_none()
            .then(|| ("a whole number", "digits with an optional sign, up to 2147483647".to_owned())),
        Kind::Long => {
            text.parse::<i64>().is_err().then(|| ("a whole number", "digits with an optional sign".to_owned()))
        }
        Kind::Float => text.parse::<f64>().is_err().then(|| ("a number", "write for example `0.5`".to_owned())),
        Kind::Memory => {
            values::memory(text, release).err().map(|refusal| ("a size or a share of the heap", refusal.to_owned()))
        }
        Kind::RatioOrBytes => values::watermark(text, release)
            .err()
            .map(|refusal| ("a share or an amount of free space", refusal.to_owned())),
        Kind::Enum(words) => (!words.iter().any(|word| word.eq_ignore_ascii_case(text)))
            .then(|| ("one of its words", format!("it takes {}", words.join(", ")))),
        Kind::Rate => {
            (!text.contains('/') && text != "use-context").then(|| ("a rate", "write for example `75/5m`".to_owned()))
        }
        _ => None,
    }
}

/// Limits that single settings have beyond their types.
fn special_mistake(key: &str, text: &str, release: &Release) -> Option<Mistake> {
    match key {
        "cluster.name" if text.contains(':') && release.is_from(7, 0) => {
            Some(("a cluster name", "a colon is refused since 7.0, as it parts clusters in search requests".to_owned()))
        }
        "http.max_content_length" if release.is_from(7, 0) => {
            let bytes = values::bytes(text, release).ok()?;
            (bytes > i128::from(i32::MAX)).then(|| ("a possible length", "at most 2147483647b".to_owned()))
        }
        "cluster.info.update.interval" => {
            let nanos = values::duration(text, release).ok()?;
            (nanos < 10_000_000_000 && release.refuses_since(5, 0))
                .then(|| ("a possible interval", "at least 10s".to_owned()))
        }
        _ if key.starts_with("node.attr.") && text != text.trim() && release.is_from(5, 6) => {
            Some(("an attribute", "blanks around the value are refused since 5.6".to_owned()))
        }
        _ => None,
    }
}

fn report(setting: &Setting, scalar: &Scalar, (what, why): &Mistake, release: &Release, findings: &mut Findings) {
    let text = &scalar.text;
    let report = findings
        .report(scalar.span, format!("{}: `{text}` is not {what}: {why}", setting.key))
        .severity(Severity::Error)
        .category(if release.refuses_since(5, 0) || release.is_stated() {
            Category::Invalid
        } else {
            Category::Outage
        });
    let lower = text.to_ascii_lowercase();
    if *what == "a boolean" {
        let meant = match lower.as_str() {
            "true" | "yes" | "on" | "1" | "y" => "true",
            "false" | "no" | "off" | "0" | "n" => "false",
            _ => return,
        };
        report.suggest_as(Safety::Safe, format!("write {meant}"), [Edit::replace(scalar.span, meant)]);
    } else if why.starts_with("minutes are a lower-case") {
        report.suggest_as(Safety::Unsafe, format!("write `{lower}`"), [Edit::replace(scalar.content, lower)]);
    } else if why.starts_with("the units are kb") {
        let unit = lower.replace("ib", "b");
        report.suggest_as(Safety::Unsafe, format!("write `{unit}`"), [Edit::replace(scalar.content, unit)]);
    } else if why.starts_with("a unit is missing") && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let meant = if *what == "a duration" { format!("{text}s") } else { format!("{text}b") };
        report.suggest_as(Safety::Unsafe, format!("write `{meant}`"), [Edit::replace(scalar.content, meant)]);
    }
}

/// Seeds of remote clusters need their port.
fn check_items(setting: &Setting, items: &[Scalar], release: &Release, findings: &mut Findings) {
    let remote = setting.key.starts_with("cluster.remote.") || setting.key.starts_with("search.remote.");
    if !remote || !setting.key.ends_with(".seeds") || !release.refuses_since(5, 4) {
        return;
    }
    for item in items
        .iter()
        .flat_map(Scalar::parts)
        .filter(|item| item.text.rsplit_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_err()))
    {
        findings
            .report(
                item.span,
                format!("{}: `{}` has no port: remote clusters are reached at host:port", setting.key, item.text),
            )
            .severity(Severity::Error)
            .category(if release.is_stated() { Category::Invalid } else { Category::Outage })
            .help("add the transport port, usually 9300");
    }
}

/// Ports are read when the node binds, not when its settings load.
fn check_ports(setting: &Setting, findings: &mut Findings) {
    let Some(scalar) = setting.scalar() else { return };
    for part in scalar.parts() {
        let mut ends = part.text.split('-');
        if !ends.all(|end| end.trim().parse::<u16>().is_ok()) {
            findings
                .report(
                    part.span,
                    format!("{}: `{}` is not a port: the node fails when it binds", setting.key, part.text),
                )
                .severity(Severity::Error)
                .category(Category::Outage)
                .help("a port lies between 0 and 65535; a range is written `9200-9300`");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::Flavour;
    use confvet_core::Version;

    #[test]
    fn types_that_only_the_key_tells() {
        let release = Release::stated(Flavour::Elasticsearch, Version::new(6, 8, 0));
        let found = |key: &str, kind, text: &str| mistake(key, kind, text, false, &release).is_some();
        assert!(found("script.max_compilations_rate", Kind::Rate, "75"));
        assert!(!found("script.max_compilations_rate", Kind::Rate, "75/5m"));
        assert!(!found("x", Kind::Enum(&["all", "none"]), "ALL"));
        assert!(found("x", Kind::Int, "1_000") && found("x", Kind::Int, "1.5") && !found("x", Kind::Int, "-1"));
        assert!(found("cluster.info.update.interval", Kind::Time, "5s"));
        assert!(!found("cluster.name", Kind::Text, "shop:logs"), "refused from 7.0");
    }
}
