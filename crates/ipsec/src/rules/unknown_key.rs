//! A key that the program does not know, or not in this section, or not in this version.

use crate::dialect::{Dialect, ShortVersion};
use crate::keys::{SectionKind, Spelling, Standing, accepted_names, standing};
use crate::model::Ipsec;
use crate::syntax::conf::{Section, Setting, is_comment_key};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity, did_you_mean};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/unknown-key", check };

fn check(model: &Ipsec, _: &Context<'_>, findings: &mut Findings) {
    for (section, setting) in model.conf.all_settings() {
        if model.program.dialect == Dialect::Unknown {
            unknown_to_both(model, section, setting, findings);
        } else {
            unknown_to_one(model, section, setting, findings);
        }
    }
}

fn near_name(model: &Ipsec, section: &Section, setting: &Setting) -> Option<&'static str> {
    let lower = setting.name.to_ascii_lowercase();
    let known = accepted_names(section.kind, &model.program);
    let folded = accepted_names(section.kind, &model.program).find(|name| *name == lower && *name != setting.name);
    folded.or_else(|| did_you_mean(&setting.name, known))
}

/// One slip away, and not set already.
fn is_safe(model: &Ipsec, section: &Section, setting: &Setting, near: &str) -> bool {
    let once = !model.conf.settings_of(section).iter().any(|other| other.name == near);
    once && confvet_core::nearest(&setting.name, [near], 1).is_some()
}

fn unknown_to_both(model: &Ipsec, section: &Section, setting: &Setting, findings: &mut Findings) {
    if is_comment_key(&setting.name) {
        return;
    }
    let accepted = |dialect| {
        let version = model.program.version_of(dialect);
        let found = standing(setting.key_in(dialect, version), section.kind, dialect, version);
        // libreswan's obsolete keys are still read by older versions.
        found.is_accepted() || matches!(found, Standing::OtherVersion(_))
    };
    if accepted(Dialect::Strongswan) || accepted(Dialect::Libreswan) {
        return;
    }
    let near = near_name(model, section, setting);
    let mut message = format!("unknown key `{}`", setting.name);
    if let Some(near) = near {
        message += &format!("; did you mean `{near}`?");
    }
    message += ": strongSwan ignores it, libreswan refuses the whole file";
    let report = findings.report(setting.name_span, message).severity(Severity::Warning).category(Category::Outage);
    if let Some(near) = near.filter(|near| is_safe(model, section, setting, near)) {
        report.suggest_as(Safety::Safe, format!("write `{near}`"), [Edit::replace(setting.name_span, near)]);
    }
}

fn unknown_to_one(model: &Ipsec, section: &Section, setting: &Setting, findings: &mut Findings) {
    let program = &model.program;
    if program.is_libreswan() && is_comment_key(&setting.name) {
        return;
    }
    let key = setting.key_in(program.dialect, program.version);
    let found = standing(key, section.kind, program.dialect, program.version);
    if found.is_accepted() {
        return;
    }
    let misplaced = matches!(found, Standing::Misplaced(_));
    if misplaced && setting.value.is_empty() {
        return;
    }
    let other = if program.is_libreswan() { Dialect::Strongswan } else { Dialect::Libreswan };
    let by_name = setting.key.filter(|_| matches!(setting.spelling, Spelling::Exact | Spelling::Dash));
    let foreign =
        by_name.and_then(|key| key.row_in(other, section.kind)).is_some_and(|row| row.allowed_in(section.kind));
    let near =
        if let Some(key) = setting.key.filter(|_| setting.spelling == Spelling::Sideless && program.is_libreswan()) {
            Some(key.name())
        } else if foreign || matches!(found, Standing::OtherVersion(_)) || misplaced {
            None
        } else {
            near_name(model, section, setting)
        };
    let what = match found {
        Standing::Misplaced(row) => {
            let home =
                [SectionKind::Setup, SectionKind::Conn, SectionKind::Ca].into_iter().find(|&kind| row.allowed_in(kind));
            format!("`{}` belongs into `{}`", setting.name, home.map_or("another section", SectionKind::words))
        }
        Standing::OtherVersion(row) => {
            format!("unknown key `{}`; {}", setting.name, history(row.since, row.removed, program.version))
        }
        _ if foreign => format!("unknown key `{}`; it is a {} key", setting.name, other.title()),
        _ => match near {
            Some(near) => format!("unknown key `{}`; did you mean `{near}`?", setting.name),
            None => format!("unknown key `{}`", setting.name),
        },
    };
    let refused = program.is_libreswan() || misplaced;
    let consequence = match (program.dialect, misplaced, section.kind) {
        (Dialect::Libreswan, true, SectionKind::Conn) if program.is_libreswan_before((5, 0, 0)) => {
            "this conn is dropped"
        }
        (Dialect::Libreswan, ..) => "libreswan refuses the whole file",
        (_, true, SectionKind::Setup) => "strongSwan does not start",
        (_, true, _) => "this conn is dropped",
        _ => "strongSwan ignores it",
    };
    let separator = if what.ends_with('?') { "" } else { ":" };
    let mut report = findings.report(setting.name_span, format!("{what}{separator} {consequence}"));
    if !refused {
        report = report.severity(Severity::Warning).category(Category::Outage);
    }
    if let Some(near) = near.filter(|near| is_safe(model, section, setting, near)) {
        report.suggest_as(Safety::Safe, format!("write `{near}`"), [Edit::replace(setting.name_span, near)]);
    } else if program.is_libreswan_since((5, 0, 0)) && setting.name.eq_ignore_ascii_case("forceencaps") {
        let edit = Edit::replace(setting.name_span, "encapsulation");
        report.suggest_as(Safety::Unsafe, "write `encapsulation`", [edit]);
    }
}

fn history(since: Option<ShortVersion>, removed: Option<ShortVersion>, version: Option<ShortVersion>) -> String {
    let show = |(major, minor, patch): ShortVersion| match patch {
        0 => format!("{major}.{minor}"),
        _ => format!("{major}.{minor}.{patch}"),
    };
    match (since, removed) {
        (Some(since), _) if version.is_some_and(|version| version < since) => format!("added in {}", show(since)),
        (_, Some(removed)) => format!("removed in {}", show(removed)),
        _ => "of another version".to_owned(),
    }
}
