//! Members must show a certificate to each other and have none.

use crate::Document;
use crate::model::Config;
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/restapi-client-cert", check: each_config!(check) };

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    let set = |path: &str| config.is_set(path);
    if let Some(certificate) = config.local("ctl.certfile").filter(|node| !node.is_null() && !set("ctl.keyfile")) {
        findings
            .report(certificate.span(), "`ctl.certfile` without `ctl.keyfile`: the key must be in the same file")
            .severity(Severity::Info)
            .category(Category::Maintainability);
    }
    let Some(verify) = config.local("restapi.verify_client").filter(|node| node.as_str() == Some("required")) else {
        return;
    };
    if !set("restapi.certfile") || set("ctl.certfile") || config.may_be_completed() {
        return;
    }
    let report = findings.report(
        verify.span(),
        "`verify_client: required` holds for the members' own calls too; without `ctl.certfile` they are refused",
    );
    if let Some(ctl) = config.local("ctl") {
        report.label(ctl.key_span(), "no `certfile` here");
    }
}
