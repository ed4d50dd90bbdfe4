//! A parameter that Patroni does not take from here.

use crate::Document;
use crate::model::{Config, Setting, Side, SyncMode};
use crate::parameter::{DcsOnly, boolean};
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/parameter-ignored", check: each_config!(check) };

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    let roles = config.role_parameters();
    for setting in config.parameters(Side::Local).chain(roles.iter().copied()) {
        if let Some(parameter) = DcsOnly::find(setting.name()) {
            dcs_only(config, &setting, parameter, findings);
        }
    }
    for setting in config.parameters(Side::Dynamic).chain(config.parameters(Side::Local)).chain(roles) {
        managed(config, &setting, findings);
    }
    for setting in config.recovery_settings() {
        managed(config, &setting, findings);
    }
}

fn dcs_only(config: &Config, setting: &Setting<'_>, parameter: &DcsOnly, findings: &mut Findings) {
    let name = parameter.name;
    let Some(value) = setting.text().filter(|_| !setting.is_unknown()) else { return };
    let dynamic = config.parameter_of(Side::Dynamic, name);
    let effective = dynamic.and_then(|dynamic| dynamic.text()).filter(|text| parameter.accepts(text));
    let effective = effective.unwrap_or(parameter.default);
    let key = setting.key_span();
    let same = value == effective || boolean(value).is_some_and(|on| boolean(effective) == Some(on));
    let same = same || (name == "wal_level" && value == "hot_standby" && effective == "replica");
    if same {
        findings
            .report(key, format!("`{name}` has its value from the dynamic configuration; the local line is ignored"))
            .severity(Severity::Info)
            .category(Category::Maintainability);
        return;
    }
    let message = format!(
        "`{name}` in the local parameters is ignored: Patroni takes it only from the dynamic configuration, where it is {effective}"
    );
    let report = findings.report(key, message).help("set it under `bootstrap.dcs.postgresql.parameters` before the first start, with `patronictl edit-config` afterwards");
    let report = match dynamic {
        Some(dynamic) => report.label(dynamic.key_span(), "this counts"),
        None => report,
    };
    let section = config.dynamic("postgresql.parameters").filter(|_| dynamic.is_none());
    let moved = section.zip(setting.entry()).and_then(|(section, entry)| config.moved(entry, section));
    report.suggest("move it to the dynamic configuration", moved.into_iter().flatten());
}

fn managed(config: &Config, setting: &Setting<'_>, findings: &mut Findings) {
    let name = setting.name();
    let Some(value) = setting.text().filter(|_| !setting.is_unknown()) else { return };
    let listen = config.address("postgresql.listen");
    let why = match name {
        "listen_addresses" if listen.as_ref().is_none_or(|listen| listen.value.host != value) => {
            "Patroni takes it from `postgresql.listen`"
        }
        "port"
            if listen
                .as_ref()
                .is_none_or(|listen| listen.value.port_or(5432).is_none_or(|port| port.to_string() != value)) =>
        {
            "Patroni takes it from `postgresql.listen`"
        }
        "cluster_name" if config.scope().is_none_or(|scope| scope.value != value) => "Patroni takes it from `scope`",
        "hot_standby" if boolean(value) == Some(false) => "Patroni always switches it on",
        "primary_conninfo" | "primary_slot_name" | "standby_mode" => "Patroni writes it itself",
        "synchronous_standby_names" if !matches!(config.sync_mode(), Some(SyncMode::Off) | None) => {
            "Patroni writes it while `synchronous_mode` is on"
        }
        "data_directory" | "config_file" => "Patroni takes it from `postgresql.data_dir` and `config_dir`",
        name if name.starts_with("recovery_target") => "Patroni drops recovery targets on replicas",
        _ => return,
    };
    findings
        .report(setting.key_span(), format!("`{name}` has no effect here: {why}"))
        .severity(Severity::Warning)
        .category(Category::Maintainability);
}
