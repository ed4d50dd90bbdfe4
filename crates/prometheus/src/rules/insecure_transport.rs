//! Secrets that lie in the file or go over the wire in clear, and certificates that nobody checks.

use crate::model::{Document, Job, Stage};
use confvet_core::{Address, Context, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/insecure-transport", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    for exposure in &document.exposures {
        match exposure.file_key {
            Some(file_key) => findings
                .report(exposure.span, format!("`{}` is written out in the file", exposure.key))
                .help(format!("put it into a file of its own and name that with `{file_key}`")),
            None => findings
                .report(
                    exposure.span,
                    "`insecure_skip_verify` takes any certificate: somebody in between can read along",
                )
                .help("name the authority that signed the certificate with `ca_file`"),
        };
    }
    for (stage, job) in document.pools() {
        if let Some(credentials) = job.credentials
            && let Some(address) = clear_text_address(document, stage, job, ctx)
        {
            findings
                .report(credentials.span, format!("`{}` goes to `{address}` over http, in clear", credentials.value));
        }
    }
    let remotes = document.setup.iter().flat_map(|config| config.remote_write.iter().chain(&config.remote_read));
    for remote in remotes {
        if let (Some(credentials), Some(url)) = (remote.credentials, &remote.url)
            && let Some(host) = url.value.strip_prefix("http://")
            && !is_near(host.split('/').next().unwrap_or_default())
        {
            findings
                .report(credentials.span, format!("`{}` goes over http, in clear", credentials.value))
                .label(url.span, "the URL");
        }
    }
}

/// A written target of the job that gets its credentials over a network that others may listen to.
fn clear_text_address(document: &Document, stage: Stage, job: &Job, ctx: &Context<'_>) -> Option<String> {
    let scheme = job.scheme.as_ref().map_or("http", |scheme| &scheme.value);
    if scheme != "http" || job.may_write("__scheme__") || job.group_sets("__scheme__") {
        return None;
    }
    let route = document.route(stage, job, ctx.version("prometheus"));
    let mut addresses = job.targets().filter_map(|target| route.address(target));
    let far = addresses.find(|address| !address.is_empty() && !is_near(address));
    far.map(std::borrow::Cow::into_owned)
}

/// The own host, or a name that means something only within one cluster or container network.
fn is_near(host: &str) -> bool {
    let (address, _) = Address::parse_with_port(host);
    match &address {
        Address::Ip(_) => address.is_loopback() || address.is_wildcard(),
        Address::Name(name) => {
            address.is_loopback()
                || !name.contains('.')
                || [".svc", ".svc.cluster.local", ".local"].iter().any(|end| name.ends_with(end))
                || name.contains(['$', '{', '%', '/'])
        }
    }
}
