//! Members must show a certificate to each other and have none.

use crate::model::Document;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/restapi-client-cert", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.config() else { return };
    let set = |path: &str| config.local(path).is_some_and(|node| !node.is_null());
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
