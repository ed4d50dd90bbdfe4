//! Sentinels of one set that disagree about what they watch.

use crate::deployment::{Deployment, has_sentinels};
use crate::model::{AboutMasters, Document, Monitor, RedisConf};
use crate::value;
use confvet_core::{Address, Context, Findings, Map, Rule, Set, Severity, Span};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/sentinel-mismatch", check };

fn check(set: &Set<Document>, ctx: &Context<'_>, findings: &mut Findings) {
    if !has_sentinels(set) {
        return;
    }
    let deployment = Deployment::of(set);
    let about: Vec<AboutMasters<'_>> =
        deployment.sentinels.iter().map(|sentinel| sentinel.conf.about_masters()).collect();
    let mut by_name: Map<&str, Vec<View<'_>>> = Map::new();
    let mut by_address: Map<(Address, i64), Vec<View<'_>>> = Map::new();
    for (sentinel, about) in deployment.sentinels.iter().zip(&about) {
        for monitor in sentinel.conf.monitors() {
            let view = View { conf: sentinel.conf, about, monitor };
            by_name.or_default(monitor.name.as_str()).push(view);
            let address = Address::parse(&monitor.host.text);
            if !address.is_loopback() {
                by_address.or_default((address, monitor.port_number())).push(view);
            }
        }
    }
    for (name, group) in by_name.iter() {
        let at_rest: Vec<_> = group.iter().filter(|view| !view.conf.sentinel_was_running()).collect();
        let address = |monitor: &Monitor<'_>| {
            (format!("{}:{}", monitor.host.text, monitor.port.text), monitor.host.span.to(monitor.port.span))
        };
        disagree(
            name,
            &at_rest.iter().map(|view| address(&view.monitor)).collect::<Vec<_>>(),
            Severity::Error,
            ctx,
            findings,
        );
        let quorum = |monitor: &Monitor<'_>| (format!("quorum {}", monitor.quorum.text), monitor.quorum.span);
        disagree(
            name,
            &group.iter().map(|view| quorum(&view.monitor)).collect::<Vec<_>>(),
            Severity::Warning,
            ctx,
            findings,
        );
        let whole: Vec<_> = group.iter().filter(|view| !view.conf.is_partial()).collect();
        for (key, default) in [
            ("sentinel down-after-milliseconds", "30000"),
            ("sentinel failover-timeout", "180000"),
            ("sentinel auth-user", "none"),
        ] {
            let values: Vec<_> = whole.iter().map(|view| view.stated(key, default)).collect();
            disagree(name, &values, Severity::Warning, ctx, findings);
        }
    }
    for group in by_address.values() {
        let names: Vec<_> =
            group.iter().map(|view| (view.monitor.name.text.to_string(), view.monitor.name.span)).collect();
        two_names(&names, ctx, findings);
    }
    same_ids(&deployment, ctx, findings);
}

/// How one file sees one master.
#[derive(Clone, Copy)]
struct View<'a> {
    conf: &'a RedisConf,
    about: &'a AboutMasters<'a>,
    monitor: Monitor<'a>,
}

impl View<'_> {
    /// What the file says about the master, or the default and the line that would be followed by another value.
    fn stated(&self, key: &'static str, default: &str) -> (String, Span) {
        let value = self.about.value(key, self.monitor.name.as_str());
        let text = match value {
            Some(value) if key == "sentinel auth-user" => value.text.to_string(),
            Some(value) => value::leading_integer(&value.text).to_string(),
            None => default.to_owned(),
        };
        let span = value.map_or(self.monitor.name.span, |value| value.span);
        (format!("{} {text}", key.trim_start_matches("sentinel ")), span)
    }
}

/// Reports each value that is not the one of most files; on a tie the files that come first by path count.
fn disagree(name: &str, values: &[(String, Span)], severity: Severity, ctx: &Context<'_>, findings: &mut Findings) {
    let Some((common, place)) = most_common(values) else { return };
    for (value, span) in values.iter().filter(|(value, _)| *value != common) {
        if span.file == place.file {
            continue;
        }
        let other = ctx.path(place.file);
        findings
            .report(*span, format!("sentinel files disagree about `{name}`: {value} here, {common} in {other}"))
            .severity(severity)
            .label(place, "the other view");
    }
}

fn most_common(values: &[(String, Span)]) -> Option<(String, Span)> {
    let mut counts: Map<&str, (usize, usize)> = Map::new();
    for (index, (value, _)) in values.iter().enumerate() {
        counts.or_insert(value, (0, index)).0 += 1;
    }
    let (_, (_, index)) = counts.into_iter().max_by_key(|(_, (count, index))| (*count, std::cmp::Reverse(*index)))?;
    values.get(index).cloned()
}

fn two_names(names: &[(String, Span)], ctx: &Context<'_>, findings: &mut Findings) {
    let Some((common, place)) = most_common(names) else { return };
    for (name, span) in names.iter().filter(|(name, span)| *name != common && span.file != place.file) {
        let other = ctx.path(place.file);
        findings
            .report(*span, format!("the same master is called `{name}` here and `{common}` in {other}"))
            .severity(Severity::Error)
            .label(place, "the other name")
            .help("sentinels find each other by the name: give it the same in all files");
    }
}

fn same_ids(deployment: &Deployment<'_>, ctx: &Context<'_>, findings: &mut Findings) {
    let mut seen: Map<&str, Span> = Map::new();
    for sentinel in &deployment.sentinels {
        let Some(id) = sentinel.conf.last("sentinel myid").and_then(|line| line.value()) else { continue };
        if let Some(first) = seen.insert(id.as_str(), id.span) {
            findings
                .report(
                    id.span,
                    format!("this id is also in {}: the two take each other for one", ctx.path(first.file)),
                )
                .severity(Severity::Warning)
                .label(first, "the same id")
                .help("remove the line: a Sentinel makes up its own id when it starts");
        }
    }
}
