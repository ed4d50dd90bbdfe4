//! Two conns of one name: one of the tunnels is lost, or both are mixed.

use crate::dialect::Dialect;
use crate::keys::SectionKind;
use crate::model::Ipsec;
use crate::syntax::conf::Section;
use confvet_core::{Context, Findings, Map, Rule};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/duplicate-conn", check };

fn check(model: &Ipsec, _: &Context<'_>, findings: &mut Findings) {
    let mut seen: Map<&str, &Section> = Map::new();
    for section in model.conf.sections.iter().filter(|section| section.kind == SectionKind::Conn) {
        if section.name == "%default" {
            continue;
        }
        let Some(first) = seen.insert(section.name.as_str(), section) else { continue };
        if model.program.is_strongswan() && extends(model, first, section) {
            continue;
        }
        let consequence = match model.program.dialect {
            Dialect::Strongswan => "strongSwan merges both, the later values win",
            Dialect::Libreswan => "the last one replaces the others",
            Dialect::Unknown => "strongSwan merges both, for libreswan the last one replaces the others",
        };
        findings
            .report(section.name_span, format!("conn `{}` is defined twice: {consequence}", section.name))
            .label(first.name_span, "defined here first");
    }
}

/// In another file and with other keys: a deliberate extension.
fn extends(model: &Ipsec, first: &Section, later: &Section) -> bool {
    let mut keys: Vec<_> = model.conf.settings_of(first).iter().map(|setting| setting.name.as_str()).collect();
    keys.sort_unstable();
    let shared = model.conf.settings_of(later).iter().any(|setting| keys.binary_search(&setting.name.as_str()).is_ok());
    first.name_span.file != later.name_span.file && !shared
}
