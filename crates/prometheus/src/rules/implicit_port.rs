//! A target without a port, or a discovery that gives every machine port 80: no exporter listens there.

use crate::model::{Document, Stage};
use crate::relabel::Action;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/implicit-port", check };

/// Discoveries whose `port` is 80 where none is written.
const PORT_80: &[&str] = &[
    "aws",
    "azure",
    "digitalocean",
    "ec2",
    "ecs",
    "gce",
    "hetzner",
    "ionos",
    "lightsail",
    "linode",
    "msk",
    "oci",
    "openstack",
    "outscale",
    "puppetdb",
    "rds",
    "scaleway",
    "stackit",
    "vultr",
];

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    for (stage, job) in document.pools() {
        let scheme = job.scheme.as_ref().map_or("http", |scheme| &scheme.value);
        let steers = ["__address__", "__scheme__"].iter().any(|name| job.may_write(name));
        let named_map = |step: &crate::model::RelabelStep| {
            step.rule.action == Action::LabelMap && step.rule.replacement.as_str() == "$1"
        };
        let steers = steers
            && job
                .relabel
                .iter()
                .any(|step| !named_map(step) && (step.may_write("__address__") || step.may_write("__scheme__")));
        if steers || stage == Stage::Alertmanager && scheme == "https" {
            continue;
        }
        let route = document.route(stage, job, ctx.version("prometheus"));
        for target in job.targets() {
            let Some(address) = route.address(target).filter(|address| !address.as_bytes().contains(&b':')) else {
                continue;
            };
            let plain = !address.is_empty() && !address.contains(['/', ',', ' ', '$', '{', '%']);
            let named = || !address.starts_with('[') && address.parse::<std::net::Ipv4Addr>().is_err();
            if plain && !(scheme == "https" && named()) {
                let port = if scheme == "https" { 443 } else { 80 };
                findings.report(target.address.span, format!("`{address}` has no port: port {port} will be scraped"));
            }
        }
        for discovery in job.discoveries.iter().filter(|discovery| PORT_80.contains(&discovery.sd.as_str())) {
            if discovery.keys.iter().any(|key| key == "port") || job.is_split(&discovery.sd) || scheme == "https" {
                continue;
            }
            let report = findings.report(
                discovery.span,
                format!(
                    "`{}_sd_configs` uses port 80 unless `port` or a relabel rule on `__address__` says otherwise",
                    discovery.sd
                ),
            );
            if job.title().contains("node") {
                report.suggest("scrape the node exporter's port", document.add_port(discovery));
            }
        }
    }
}
