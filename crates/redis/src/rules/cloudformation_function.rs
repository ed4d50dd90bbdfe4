//! An intrinsic function that CloudFormation does not have.

use crate::cloud::unknown_function_near;
use crate::model::Document;
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/cloudformation-function", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(cloud) = document.cloud() else { return };
    for function in &cloud.unknown_functions {
        let near = unknown_function_near(function);
        let hint = near.as_ref().map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
        findings
            .report(function.span, format!("`{}` is no function of CloudFormation{hint}", function.value))
            .help("CloudFormation refuses the whole template; what another tool fills in must be filled in before")
            .suggest("write the function's name", near.map(|near| Edit::replace(function.span, near)));
    }
}
