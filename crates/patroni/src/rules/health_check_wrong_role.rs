//! A probe, a check or a service that finds the members of the wrong role.

use crate::Document;
use crate::check::{Asker, HealthCheck, Purpose, RoleService};
use crate::rest::{Endpoint, Role};
use confvet_core::{Context, Findings, Rule, Set, Version};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "patroni/health-check-wrong-role", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    for member in &set.members {
        let version = member.version("patroni");
        for check in member.model().checks() {
            match check.asker {
                Asker::Service => pool(check, version, findings),
                _ => probe(check, version, findings),
            }
        }
        for service in member.model().services() {
            selector(service, findings);
        }
    }
}

/// A service of Consul finds the instances whose check passes.
fn pool(check: &HealthCheck, version: Option<&Version>, findings: &mut Findings) {
    let endpoint = check.endpoint(version);
    let on_primary = endpoint.answers(Role::Primary);
    let on_replica = [Role::Replica, Role::SyncStandby, Role::QuorumStandby].iter().any(|role| endpoint.answers(*role));
    let consequence = match check.purpose {
        Purpose::Write if on_replica => "writes reach replicas, which refuse them",
        Purpose::Read if on_primary && !on_replica => "replicas never pass, and reads find the primary or nobody",
        _ => return,
    };
    let (right, what) = match check.purpose {
        Purpose::Write => ("/primary", "writes"),
        _ => ("/replica", "reads"),
    };
    findings
        .report(check.path.span, format!("`{}` is 200 {}: {consequence}", check.request(), who(endpoint)))
        .label(check.name.span, format!("this service is for {what}"))
        .help(format!("ask `GET {right}`"))
        .suggest(format!("ask `{right}`"), [check.replace_path(right)]);
}

/// Every pod runs the same probe, so it must pass on every member.
fn probe(check: &HealthCheck, version: Option<&Version>, findings: &mut Findings) {
    let endpoint = check.endpoint(version);
    let on_primary = endpoint.answers(Role::Primary);
    let on_replica = endpoint.answers(Role::Replica);
    if endpoint == Endpoint::Unknown || on_primary && on_replica {
        return;
    }
    let left_out = if on_primary { "replicas" } else { "the primary" };
    let (consequence, right) = match check.asker {
        Asker::Readiness => ("never become ready", "/readiness"),
        _ => ("are restarted for ever", "/liveness"),
    };
    let consequence = if left_out == "the primary" {
        consequence.replace("become", "becomes").replace("are", "is")
    } else {
        consequence.to_owned()
    };
    findings
        .report(check.path.span, format!("`{}` is 200 {}: {left_out} {consequence}", check.request(), who(endpoint)))
        .label(check.name.span, format!("every pod has this {}", check.asker.as_str()))
        .suggest(format!("ask `{right}`"), [check.replace_path(right)]);
}

/// A service of Kubernetes selects the pods whose role label has this value.
fn selector(service: &RoleService, findings: &mut Findings) {
    let is_leader = matches!(service.role.value.as_str(), "master" | "primary");
    let is_replica = service.role.value == "replica";
    let (what, consequence) = match Purpose::of_name(&service.name.value) {
        Purpose::Write if is_replica => ("writes", "writes reach replicas, which refuse them"),
        Purpose::Read if is_leader => ("reads", "replicas get no traffic, and the primary gets all of it"),
        _ => return,
    };
    findings
        .report(
            service.role.span,
            format!("`{}` selects `{}: {}`: {consequence}", service.name.value, service.label, service.role.value),
        )
        .label(service.name.span, format!("by its name this service is for {what}"));
}

/// Which members answer with 200.
fn who(endpoint: Endpoint) -> &'static str {
    match (endpoint.answers(Role::Primary), endpoint.answers(Role::Replica)) {
        (true, true) => "on the primary and on replicas",
        (true, false) => "only on the primary",
        (false, true) => "only on replicas",
        (false, false) => "on no ordinary member",
    }
}
