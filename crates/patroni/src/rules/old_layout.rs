//! The layout from before Patroni 1.0, which the validator refuses and which cannot start a new cluster.

use crate::Document;
use crate::model::Config;
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/old-layout", check: each_config!(check) };

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    let Some(user) = config.old_layout() else { return name(config, findings) };
    let key = user.key.text().unwrap_or_default();
    let message = format!(
        "`postgresql.{key}` is the layout from before Patroni 1.0: `patroni --validate-config` refuses it, and a new cluster never starts"
    );
    findings
        .report(user.key.span(), message)
        .help("move users to `postgresql.authentication`, `name` to the root, and initial settings to `bootstrap.dcs`");
}

/// The daemon falls back to the old place of the name; the validator does not.
fn name(config: &Config, findings: &mut Findings) {
    let at_root = config.local("name").is_some_and(|name| !name.is_null());
    let Some(old) = config.local_entry("postgresql", "name").filter(|entry| !at_root && !entry.value.is_null()) else {
        return;
    };
    if config.may_be_completed() || config.is_overridden_below("postgresql.authentication") {
        return;
    }
    findings
        .report(
            old.key.span(),
            "`postgresql.name` is where the name stood before Patroni 1.0: `patroni --validate-config` wants it at the root",
        )
        .severity(Severity::Warning);
}
