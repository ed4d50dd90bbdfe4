//! A group that does not exist, so that nginx takes its name for a host.

use crate::model::{HostClass, Nginx};
use confvet_core::{Context, Edit, Findings, Rule, Severity, nearest};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/upstream-undefined", check };

/// How many names are compared with all groups.
const MOST: usize = 100;

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    if !nginx.is_complete() {
        return;
    }
    let bare = nginx.passes().iter().filter(|pass| pass.is_static_host());
    for pass in
        bare.filter(|pass| pass.endpoint.class == HostClass::Bare || pass.endpoint.host.contains('_')).take(MOST)
    {
        let name = &pass.endpoint.host;
        let groups = nginx.upstreams().iter().filter(|upstream| upstream.protocol == pass.protocol());
        let span = pass.host_span(nginx);
        if let Some(other) = nginx
            .upstreams()
            .iter()
            .find(|upstream| upstream.protocol != pass.protocol() && upstream.name.value == *name)
        {
            findings
                .report(
                    span,
                    format!(
                        "upstream `{name}` is defined, but not in this block: nginx will look it up as a host name"
                    ),
                )
                .label(other.name.span, "defined here");
            continue;
        }
        let names: Vec<&str> = groups.clone().map(|upstream| upstream.name.value.as_str()).collect();
        let Some(near) = nearest(name, names.iter().copied(), 2) else {
            if !names.is_empty() && pass.endpoint.port.is_none() {
                findings
                    .report(span, format!("no upstream `{name}`: nginx will look it up as a host name"))
                    .severity(Severity::Info);
            }
            continue;
        };
        let group = groups.clone().find(|upstream| upstream.name.value == near);
        let mut report = findings
            .report(span, format!("no upstream `{name}`; did you mean `{near}`? nginx will look it up as a host name"));
        if let Some(group) = group {
            report = report.label(group.name.span, "this group");
        }
        report.suggest(format!("write `{near}`"), [Edit::replace(span, near)]);
    }
}
