//! A regex over `__address__` that takes the port into the host, or does not match an address without one.

use crate::model::{Document, Job, RelabelStep, Stage};
use crate::relabel::{Action, Part, PortSlip, Reference};
use confvet_core::{Context, Edit, Findings, Rule, Safety};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/address-regex-keeps-port", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    for chain in document.comparable_chains().filter(|chain| chain.stage == Stage::Target) {
        for (index, step) in chain.steps.iter().enumerate().filter(|(_, step)| rewrites_address(step)) {
            let Some(regex) = &step.regex else { continue };
            match step.rule.regex.port_slip() {
                Some(PortSlip::Swallowed { group }) if adds_port(step) => {
                    let span = regex.at(group.clone());
                    let written = &regex.value[group];
                    let report = findings.report(
                        span,
                        format!(
                            "`{written}` swallows the old port: `host:8080` becomes `host:8080:9102`; use `([^:]+)`"
                        ),
                    );
                    let edit = regex.exact.map(|_| Edit::replace(span, "([^:]+)"));
                    report.suggest_as(Safety::Safe, "stop in front of the port", edit);
                }
                Some(PortSlip::Required { group, part, optional })
                    if chain.job.is_some_and(|job| gives_bare_addresses(job, &chain.steps[..index])) =>
                {
                    let report = findings
                        .report(regex.at(group), "addresses without a port do not match: make the port part optional");
                    let edit = regex.exact.map(|_| Edit::replace(regex.at(part), optional));
                    report.suggest_as(Safety::Unsafe, "make the port optional", edit);
                }
                _ => {}
            }
        }
    }
}

fn rewrites_address(step: &RelabelStep) -> bool {
    step.is_sound()
        && step.rule.action == Action::Replace
        && step.constant_target() == Some("__address__")
        && step.rule.source_labels.first().is_some_and(|source| source == "__address__")
}

/// The replacement puts a colon behind what the first group captured.
fn adds_port(step: &RelabelStep) -> bool {
    step.rule.replacement.parts().windows(2).any(|pair| {
        matches!(pair, [Part::Reference { to: Reference::Number(1), .. }, Part::Text(text)] if text.starts_with(':'))
    })
}

/// Pods without a declared port and ingresses have addresses without one, unless an earlier rule keeps only ports.
fn gives_bare_addresses(job: &Job, earlier: &[RelabelStep]) -> bool {
    let bare = |role: &str| matches!(role, "pod" | "ingress");
    let discovered = job
        .discoveries
        .iter()
        .any(|discovery| discovery.sd == "kubernetes" && discovery.role.as_ref().is_some_and(|role| bare(&role.value)));
    let ports = ["__meta_kubernetes_pod_container_port_number", "__meta_kubernetes_pod_container_port_name"];
    let kept = ports.iter().any(|name| earlier.iter().any(|step| step.demands(name)));
    discovered && !kept && !earlier.iter().any(|step| step.may_write("__address__"))
}
