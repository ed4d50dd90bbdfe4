//! What only the validator minds: the daemon may start with it, a deployment that validates first does not.

use crate::Document;
use crate::model::Config;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/validate-config", check: each_config!(check) };

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    for refusal in config.refusals() {
        let message = format!("`patroni --validate-config` refuses `{}`: it is not {}", refusal.path, refusal.expected);
        findings.report(refusal.span, message);
    }
}
