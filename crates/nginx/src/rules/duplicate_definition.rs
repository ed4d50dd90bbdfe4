//! The same thing defined twice.

use crate::model::Nginx;
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/duplicate-definition", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for double in nginx.double_definitions() {
        let mut report = findings.report(double.second, double.message).label(double.first, "defined here first");
        if double.accepted {
            report = report.severity(Severity::Warning).category(Category::Outage);
        }
        let _ = report;
    }
}
