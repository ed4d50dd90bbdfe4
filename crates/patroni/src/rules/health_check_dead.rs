//! A probe or a check that no member can pass, or whose limit is not understood.

use super::Cluster;
use crate::Document;
use crate::check::HealthCheck;
use crate::model::{Config, SyncMode};
use crate::parameter::quantity;
use crate::rest::{Endpoint, Method, Role};
use confvet_core::{Address, Category, Context, Edit, Findings, Map, Rule, Safety, Set, Severity, Version};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "patroni/health-check-dead", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    let clusters = super::clusters(set);
    let by_address: Map<Address, &Config> = (clusters.iter().flat_map(|cluster| &cluster.members))
        .filter_map(|config| Some((config.address("restapi.connect_address")?.value.hosts().next()?, *config)))
        .filter(|(address, _)| !address.is_loopback())
        .collect();
    for member in &set.members {
        let version = member.version("patroni");
        for check in member.model().checks() {
            if path(check, version, findings) {
                continue;
            }
            query(check, version, findings);
            // Which cluster is asked is sure where there is only one.
            if let [cluster] = clusters.as_slice() {
                mode(check, version, cluster, findings);
            }
            if let Some(config) = check.address.as_ref().and_then(|address| by_address.get(address)) {
                target(check, config, findings);
            }
        }
    }
}

/// Method and path by themselves. Says whether they are dead.
fn path(check: &HealthCheck, version: Option<&Version>, findings: &mut Findings) -> bool {
    let endpoint = check.endpoint(version);
    if endpoint != Endpoint::Unknown {
        return false;
    }
    let by_get = Endpoint::find(Method::Get, &check.path.value, version);
    let bare = check.bare_path();
    let trimmed = bare.trim_end_matches('/');
    let exact = trimmed != bare && Endpoint::find(Method::Get, trimmed, version) != Endpoint::Unknown;
    let reason = if check.method.is_none() {
        "Patroni has no such method".to_owned()
    } else if by_get != Endpoint::Unknown {
        format!("`{bare}` is answered to GET only")
    } else if exact {
        format!("`{trimmed}` is matched exactly, without the slash behind it")
    } else if let Some(version) =
        version.filter(|_| Endpoint::find(Method::Get, &check.path.value, None) != Endpoint::Unknown)
    {
        format!("Patroni {version} does not know `{bare}`")
    } else {
        format!("Patroni does not know `{bare}`")
    };
    let report =
        findings.report(check.path.span, format!("`{}` answers 503 on every member: {reason}", check.request()));
    if exact {
        report.suggest_as(Safety::Safe, format!("write `{trimmed}`"), [check.replace_path(trimmed)]);
    }
    true
}

fn query(check: &HealthCheck, version: Option<&Version>, findings: &mut Findings) {
    let endpoint = check.endpoint(version);
    let ignores = matches!(
        endpoint,
        Endpoint::Primary | Endpoint::Leader | Endpoint::StandbyLeader | Endpoint::Liveness | Endpoint::Page
    );
    for (name, value) in check.query() {
        let message = match name {
            "lag" | "replication_state" if ignores => format!("`{name}` is ignored on `{}`", check.bare_path()),
            name if ignores && name.starts_with("tag_") => format!("`{name}` is ignored on `{}`", check.bare_path()),
            "replication_state" if version.is_some_and(|version| *version < Version::new(4, 2, 0)) => {
                "`replication_state` needs Patroni 4.2.0 and is ignored before".to_owned()
            }
            "lag" if quantity(value, "B").is_none() => {
                format!(
                    "`lag={value}` has a unit Patroni does not know, and it applies no limit (units: B kB MB GB TB)"
                )
            }
            _ => continue,
        };
        let meant = crate::parameter::with_right_unit(value, "B").filter(|_| name == "lag");
        let at = check.path.value.find(&format!("{name}={value}")).map(|at| at + name.len() + 1);
        let edit = meant.zip(at).map(|(meant, at)| Edit::replace(check.path.span.slice(at..at + value.len()), meant));
        findings.report(check.path.span, message).severity(Severity::Warning).suggest_as(
            Safety::Safe,
            "correct the unit",
            edit,
        );
    }
    let path = check.bare_path();
    if endpoint == Endpoint::ReadOnly && (path.contains("sync") || path.contains("quorum")) {
        let message =
            format!("this version of Patroni takes `{path}` for `/read-only`: asynchronous replicas pass too");
        findings.report(check.path.span, message).severity(Severity::Warning).category(Category::DataLoss);
    }
}

/// Endpoints of a synchronous mode that the cluster does not have.
fn mode(check: &HealthCheck, version: Option<&Version>, cluster: &Cluster<'_>, findings: &mut Findings) {
    let mut modes = cluster.members.iter().filter(|config| config.dcs().is_some()).map(|config| config.sync_mode());
    let Some(Some(mode)) = modes.next() else { return };
    let (wanted, dead) = match check.endpoint(version) {
        Endpoint::Sync => ("`synchronous_mode: true`", mode != SyncMode::On),
        Endpoint::Quorum => ("`synchronous_mode: quorum`", mode != SyncMode::Quorum),
        Endpoint::Async if mode == SyncMode::On && cluster.members.len() == 2 => {
            findings
                .report(
                    check.path.span,
                    "a synchronous cluster of two members has no asynchronous replica: nobody passes",
                )
                .severity(Severity::Warning);
            return;
        }
        _ => return,
    };
    if dead {
        let message =
            format!("`{}` answers 503 on every member: `{}` does not run with {wanted}", check.request(), cluster.name);
        findings.report(check.path.span, message);
    }
}

/// Port, TLS and tags of the member that is asked.
fn target(check: &HealthCheck, config: &Config, findings: &mut Findings) {
    let name = config.name().map_or("the member", |name| name.value);
    let api = config.address("restapi.connect_address").or_else(|| config.address("restapi.listen"));
    if let (Some(port), Some(api)) = (check.port, api)
        && let Some(own) = api.value.port_or(8008).filter(|own| *own != port)
    {
        findings
            .report(check.path.span, format!("the check asks port {port}, but the REST API of `{name}` is on {own}"))
            .label(api.span, "the REST API");
    }
    let certificate = config.local("restapi.certfile").filter(|node| !node.is_null());
    match (certificate, check.tls) {
        (Some(certificate), false) => {
            findings
                .report(check.path.span, format!("the check speaks http, and the REST API of `{name}` https"))
                .label(certificate.span(), "TLS is on");
        }
        (None, true)
            if config.local("restapi").is_some()
                && !config.may_be_completed()
                && !config.is_overridden("restapi.certfile") =>
        {
            findings.report(check.path.span, format!("the check speaks https, and the REST API of `{name}` http"));
        }
        _ => {}
    }
    if !check.endpoint(config.patroni.as_ref()).answers(Role::Replica) {
        return;
    }
    for (key, wanted) in check.query().filter_map(|(key, value)| Some((key.strip_prefix("tag_")?, value))) {
        let tag = config.local("tags").and_then(|tags| tags.get(key));
        let text = tag.and_then(confvet_yaml::Node::text).unwrap_or_default();
        if !tag.is_some_and(|tag| config.is_unknown(tag)) && !text.eq_ignore_ascii_case(wanted) {
            findings.report(
                check.path.span,
                format!("`{name}` has no tag `{key}` with the value `{wanted}`: it never passes"),
            );
        }
    }
}
