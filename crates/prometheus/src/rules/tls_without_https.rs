//! TLS is set up, but the scheme is http: credentials go over the wire in clear.

use crate::model::{Document, Job};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/tls-without-https", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    for (_, job) in document.pools() {
        let Some(tls) = job.tls else { continue };
        let scheme = job.scheme.as_ref().map_or("http", |scheme| &scheme.value);
        if scheme != "http" || may_change_scheme(job) || job.proxied {
            continue;
        }
        let report = findings.report(tls, "`tls_config` has no effect: the scheme is http");
        match &job.scheme {
            Some(scheme) => {
                report
                    .label(scheme.span, "set here")
                    .suggest("scrape over https", [confvet_core::Edit::replace(scheme.span, "https")]);
            }
            None => {
                report.suggest("scrape over https", document.add_https(job));
            }
        }
    }
    let config = document.setup.iter();
    for remote in config.flat_map(|config| config.remote_write.iter().chain(&config.remote_read)) {
        if let (Some(tls), Some(url)) = (remote.tls, &remote.url)
            && url.value.starts_with("http://")
        {
            findings
                .report(tls, "`tls_config` has no effect: the URL starts with `http://`")
                .label(url.span, "the URL");
        }
    }
}

fn may_change_scheme(job: &Job) -> bool {
    let unknown = |sd: &str| matches!(sd, "file" | "http" | "kuma" | "uyuni");
    job.may_write("__scheme__")
        || job.group_sets("__scheme__")
        || job.discoveries.iter().any(|discovery| unknown(&discovery.sd))
}
