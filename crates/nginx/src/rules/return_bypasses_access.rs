//! An answer that is given before access is checked.

use crate::context::Protocol;
use crate::keys::key;
use crate::model::{AccessKind, Nginx};
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/return-bypasses-access", check };

const DENIALS: &[&str] = &["401", "403", "404", "405", "410", "429", "444", "503"];

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for answer in nginx.all(key!("return")).filter(|answer| answer.context().protocol() == Some(Protocol::Http)) {
        let owner = answer.parent();
        let scope = match owner {
            Some(owner) if owner.is(key!("if")) => owner.scope(),
            _ => answer.scope(),
        };
        let Some(control) = scope.own_access_control() else { continue };
        let code = answer.text(0);
        if DENIALS.contains(&code) {
            continue;
        }
        let leaks = code.starts_with('2') && answer.arg(1).is_some()
            || code.starts_with('3')
            || answer.args().len() == 1 && code.contains("://");
        let what = match control.kind {
            AccessKind::Addresses => "`allow` and `deny` are checked",
            AccessKind::Identity => "the client is asked who it is",
        };
        let mut report = findings
            .report(answer.span(), format!("`return` answers before {what}"))
            .severity(if leaks { Severity::Error } else { Severity::Warning })
            .help("answer from a named location: `try_files \"\" @name;`");
        for line in &control.directives {
            report = report.label(line.span(), "not checked for this answer");
        }
        let _ = report;
    }
}
