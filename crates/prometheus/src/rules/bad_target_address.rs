//! A target whose final address is no `host:port`, or whose port speaks another protocol than HTTP.

use crate::model::{Document, Job, RelabelStep, Stage, TargetRef};
use crate::relabel::Action;
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity};
use std::cell::OnceCell;

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/bad-target-address", check };

/// Ports that never speak HTTP, and the exporter that does it for them.
const FOREIGN: &[(u16, &str)] = &[
    (22, ""),
    (25, ""),
    (53, ""),
    (1433, ""),
    (2181, ""),
    (3306, "mysqld_exporter on 9104"),
    (5432, "postgres_exporter on 9187"),
    (5672, ""),
    (6379, "redis_exporter on 9121"),
    (6432, ""),
    (9042, ""),
    (9092, "kafka_exporter on 9308"),
    (11211, "memcached_exporter on 9150"),
    (26379, ""),
    (27017, "mongodb_exporter on 9216"),
];

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    for (stage, job) in document.pools() {
        let written_by_rule = constants(job, findings);
        let route = document.route(stage, job, ctx.version("prometheus"));
        let split_urls = OnceCell::new();
        let split = || split_urls.get_or_init(|| document.split_urls(job)).clone();
        for target in job.targets() {
            let address = route.address(target).filter(|address| !written_by_rule.contains(&address.as_ref()));
            if let Some(address) = address {
                judge(stage, job, target, &address, &split, ctx, findings);
            }
        }
    }
}

/// The bad addresses that rules write to every target, each reported where it is written.
fn constants<'a>(job: &'a Job, findings: &mut Findings) -> Vec<&'a str> {
    let mut bad = Vec::new();
    let writes = |step: &&RelabelStep| step.is_sound() && step.constant_target() == Some("__address__");
    for step in job.relabel.iter().filter(|step| step.rule.action == Action::Replace).filter(writes) {
        let (Some(address), Some(text)) = (step.rule.replacement.constant(), &step.replacement) else { continue };
        if let Some(fault) = address_fault(address) {
            findings.report(text.span, format!("`{address}` is not `host:port`: {fault}"));
            bad.push(address);
        }
    }
    bad
}

fn judge(
    stage: Stage,
    job: &Job,
    target: TargetRef<'_>,
    address: &str,
    split_urls: &dyn Fn() -> Vec<Edit>,
    ctx: &Context<'_>,
    findings: &mut Findings,
) {
    let written = &target.address.value;
    let span = target.address.span;
    if let Some(fault) = address_fault(address) {
        let shown = if address == written { String::new() } else { format!(", which `{written}` becomes") };
        let refused = job.relabel.is_empty() && written.contains('/');
        let report = findings
            .report(span, format!("`{address}`{shown} is not `host:port`: {fault}"))
            .category(if refused { Category::Invalid } else { Category::Outage });
        if address != written {
            return;
        }
        let split_urls = split_urls();
        if !split_urls.is_empty() {
            report.suggest_as(Safety::Unsafe, "put scheme and path into the job", split_urls);
            return;
        }
        let parts: Vec<&str> = written.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
        let quoted = |text: &str| format!("\"{text}\"");
        if parts.len() > 1
            && parts.iter().all(|part| address_fault(part).is_none())
            && ctx.text(span).starts_with(['"', '\''])
        {
            let list: Vec<String> = parts.into_iter().map(quoted).collect();
            if target.group.flow {
                report.suggest_as(Safety::Safe, "write one target for each", [Edit::replace(span, list.join(", "))]);
            }
        } else if written.trim() != written && address_fault(written.trim()).is_none() {
            report.suggest_as(Safety::Safe, "trim the blanks", [Edit::replace(span, quoted(written.trim()))]);
        } else if written.parse::<std::net::Ipv6Addr>().is_ok() {
            report.suggest_as(
                Safety::Safe,
                "put brackets around the IPv6 address",
                [Edit::replace(span, quoted(&format!("[{written}]")))],
            );
        }
        return;
    }
    let port = plain_port(address).or_else(|| address.rsplit_once(':')?.1.parse().ok());
    let Some((port, exporter)) = FOREIGN.iter().find(|(foreign, _)| Some(*foreign) == port) else { return };
    if stage != Stage::Target {
        return;
    }
    let report = findings
        .report(span, format!("port {port} of `{address}` does not speak HTTP, so it cannot be scraped"))
        .severity(Severity::Warning)
        .category(Category::Outage);
    if !exporter.is_empty() {
        report.help(format!("scrape an exporter for it, usually {exporter}"));
    }
}

/// The port of `host:port`, where the host is a plain name or an IPv4 address: what nearly every target is.
fn plain_port(address: &str) -> Option<u16> {
    let (host, port) = address.split_once(':')?;
    let plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    let digits = matches!(port.len(), 1..=5) && port.bytes().all(|b| b.is_ascii_digit());
    port.parse().ok().filter(|&port| plain && digits && port > 0)
}

/// Why an address cannot be dialled.
fn address_fault(address: &str) -> Option<&'static str> {
    if plain_port(address).is_some() {
        return None;
    }
    if address.contains('/') {
        return Some("it holds a `/`; the scheme and the path are settings of the job");
    }
    if address.contains(',') {
        return Some("it is several targets in one text");
    }
    if address.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Some("it holds a blank");
    }
    if address.contains('@') {
        return Some("it holds an `@`; credentials are settings of the job");
    }
    let behind = match address.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(_, behind)| behind)?,
        None if address.parse::<std::net::Ipv6Addr>().is_ok() => return Some("an IPv6 address needs brackets"),
        None if address.matches(':').count() > 1 => return Some("it holds more than one colon"),
        None => address.find(':').map_or("", |at| &address[at..]),
    };
    let port = behind.strip_prefix(':')?;
    let number = port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
    let named = !port.is_empty() && port.bytes().all(|b| b.is_ascii_alphabetic());
    (!number && !named).then_some("its port is not from 1 to 65535")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_dialled_as_go_dials_them() {
        for good in ["db1:9100", "db1", "[::1]:9100", "[fe80::1]", "10.0.0.1:80", "a:http"] {
            assert_eq!(address_fault(good), None, "{good}");
        }
        for bad in ["http://a:1/", "a:1,b:1", "a :1", "::1", "a:b:1", "a:0", "a:70000", "u@h:1", "a:"] {
            assert!(address_fault(bad).is_some(), "{bad}");
        }
    }
}
