//! `backup` with a balancing method that has no backups.

use crate::keys::Key;
use crate::keys::key;
use crate::model::Nginx;
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/upstream-backup-unsupported", check };

const METHODS: &[Key] = &[key!("hash"), key!("ip_hash"), key!("random")];

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for upstream in nginx.upstreams() {
        let Some(method) = upstream.methods(nginx).into_iter().find(|method| method.is_any(METHODS)) else { continue };
        for slow_start in upstream.servers.iter().filter_map(|server| server.parameter(nginx, "slow_start")) {
            findings
                .report(slow_start.span, format!("`slow_start` cannot be used with `{}`", method.name().text))
                .label(method.name().span, "this method knows no slow start")
                .severity(Severity::Warning)
                .category(Category::Outage);
        }
        for server in &upstream.servers {
            let Some(backup) = server.backup else { continue };
            let report = findings
                .report(backup, format!("`backup` cannot be used with `{}`", method.name().text))
                .label(method.name().span, "this method has no backup servers");
            if method.id() > server.directive(nginx).id() {
                report.severity(Severity::Warning).category(Category::Outage);
            }
        }
    }
}
