//! A cluster that starts in maintenance mode never starts.

use crate::Document;
use crate::model::Config;
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/bootstrap-paused", check: each_config!(check) };

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    let Some(pause) = config.dynamic_entry("", "pause") else { return };
    if config.switch_value(pause.value) != Some(true) {
        return;
    }
    if config.is_dynamic() {
        findings
            .report(pause.value.span(), "the cluster is in maintenance mode: nothing fails over by itself")
            .severity(Severity::Info)
            .category(Category::Maintainability);
        return;
    }
    findings
        .report(
            pause.value.span(),
            "`pause: true` in `bootstrap.dcs`: the cluster is never initialised and nothing fails over",
        )
        .suggest("remove it", pause.delete());
}
