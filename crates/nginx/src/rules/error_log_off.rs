//! An error log that is not off.

use crate::keys::key;
use crate::model::Nginx;
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/error-log-off", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for log in nginx.all(key!("error_log")) {
        let Some(word) = log.arg(0).filter(|word| word.text == "off") else { continue };
        let level = if log.args().len() > 1 { "/dev/null" } else { "/dev/null crit" };
        findings
            .report(word.span, "`error_log` has no `off`: errors go to a file named `off` under the prefix")
            .suggest("log nothing but what is critical, to nowhere", [Edit::replace(word.span, level)]);
    }
}
