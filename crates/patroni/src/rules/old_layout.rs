//! The layout from before Patroni 1.0, which the validator refuses and which cannot start a new cluster.

use crate::Document;
use crate::model::Config;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/old-layout", check: each_config!(check) };

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    let Some(user) = config.old_layout() else { return };
    let key = user.key.text().unwrap_or_default();
    let message = format!(
        "`postgresql.{key}` is the layout from before Patroni 1.0: `patroni --validate-config` refuses it, and a new cluster never starts"
    );
    findings
        .report(user.key.span(), message)
        .help("move users to `postgresql.authentication`, `name` to the root, and initial settings to `bootstrap.dcs`");
}
