//! Lines for TLS, and TLS is off.

use crate::Document;
use crate::hba::ConnectionType;
use crate::model::Config;
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/hba-ssl-disabled", check: each_config!(check) };

fn check(config: &Config, ctx: &Context<'_>, findings: &mut Findings) {
    if config.has_custom_conf() || config.has_custom_bootstrap() || config.is_dynamic() || config.has_base_conf(ctx) {
        return;
    }
    if config.parameter_switch("ssl", false) != Some(false) {
        return;
    }
    let records = || config.hba().lines().iter().filter_map(|line| line.record.as_ref());
    let Some(first) = records().find(|record| record.connection.value == ConnectionType::HostSsl) else { return };
    let serves = |replication: bool| {
        records().any(|record| {
            !matches!(record.connection.value, ConnectionType::HostSsl | ConnectionType::Local)
                && !record.rejects()
                && !record.address.value.is_confined()
                && record.is_for_replication() == replication
        })
    };
    let severity = if serves(true) && serves(false) { Severity::Warning } else { Severity::Error };
    let report =
        findings.report(first.connection.span, "`hostssl` lines never match, because `ssl` is off").severity(severity);
    if let Some(setting) = config.parameter("ssl") {
        report.label(setting.span(), "off here");
    }
}
