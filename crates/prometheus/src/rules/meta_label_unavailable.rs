//! A `__meta_*` name that exists, but not on the targets of this job.

use crate::meta::{self, MetaKind, MetaLabel};
use crate::model::{Document, Job, Text};
use confvet_core::{Context, Edit, Findings, Report, Rule, Safety};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/meta-label-unavailable", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    for (job, name) in document.meta_labels_read() {
        let rows = meta::rows_of(&name.value);
        if !rows.is_empty() {
            judge(document, job, name, &rows, ctx, findings);
        }
    }
}

fn judge(
    document: &Document,
    job: &Job,
    name: &Text,
    rows: &[&'static MetaLabel],
    ctx: &Context<'_>,
    findings: &mut Findings,
) {
    let own: Vec<_> =
        job.discoveries.iter().filter(|discovery| rows.iter().any(|row| discovery.sd == row.sd)).collect();
    if job.discoveries.iter().any(|discovery| discovery.sd == "aws") {
        return;
    }
    let label = &name.value;
    if own.is_empty() {
        let message = format!("`{label}` comes from `{}_sd_configs`, which this job does not use", rows[0].sd);
        findings.report(name.span, message);
        return;
    }
    let role_of = |discovery: &crate::model::Discovery| {
        discovery.role.as_ref().map(|role| role.value.clone()).unwrap_or_default()
    };
    let sets = |row: &&&MetaLabel, role: &str| row.roles.is_empty() || role.is_empty() || row.roles.contains(&role);
    let fits = rows.iter().any(|row| own.iter().any(|discovery| sets(&row, &role_of(discovery))));
    if !fits {
        let role = role_of(own[0]);
        let candidate = same_end(label, &own[0].sd, &role);
        let hint = candidate.map_or_else(String::new, |candidate| format!("; did you mean `{candidate}`?"));
        let report = findings
            .report(name.span, format!("role `{role}` does not set `{label}`{hint}"))
            .label(own[0].role.as_ref().map_or(own[0].span, |role| role.span), "the role");
        if let (Some(candidate), Some(exact)) = (candidate, name.exact) {
            report.suggest("use the label of this role", [Edit::replace(exact, candidate)]);
        }
        return;
    }
    if let Some(part) = rows.iter().find_map(|row| row.needs).filter(|part| {
        rows.iter().all(|row| row.needs.is_some())
            && !own.iter().any(|discovery| {
                // The role of the same name sets them by itself.
                role_of(discovery) == *part || discovery.attached.iter().any(|on| on == part)
            })
    }) {
        findings
            .report(name.span, format!("`{label}` needs `attach_metadata: {{{part}: true}}`"))
            .label(own[0].span, "the discovery")
            .suggest(format!("attach the metadata of the {part}"), document.attach(own[0], part));
        return;
    }
    if let Some(version) = ctx.version("prometheus")
        && let Some(row) = rows.iter().find(|_| !rows.iter().any(|row| row.is_in(version)))
    {
        let said = match (row.removed, row.since) {
            (_, Some(since)) if !row.is_in(version) && row.removed.is_none() => {
                format!("since {}.{}", since.0, since.1)
            }
            (Some(removed), _) => format!("before {}.{}", removed.0, removed.1),
            _ => return,
        };
        findings.report(name.span, format!("`{label}` is set only {said}"));
        return;
    }
    if rows.iter().all(|row| row.kind == MetaKind::Prefix) {
        sanitised(name, findings);
    }
}

/// The keys of tags and labels are cleaned before they become label names.
fn sanitised(name: &Text, findings: &mut Findings) -> Option<()> {
    let clean: String =
        name.value.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    (clean != name.value).then_some(())?;
    let report: Report<'_> = findings.report(name.span, format!("meta labels are sanitised: write `{clean}`"));
    if let Some(exact) = name.exact {
        report.suggest_as(Safety::Safe, "write the sanitised name", [Edit::replace(exact, clean)]);
    }
    Some(())
}

/// The one label of a role that ends like another: `endpoint_port_name` for `service_port_name`.
fn same_end(label: &str, sd: &str, role: &str) -> Option<&'static str> {
    let tail = label.strip_prefix("__meta_")?.split_once('_')?.1.split_once('_')?.1;
    let of_role = |row: &&MetaLabel| row.sd == sd && row.kind == MetaKind::Exact && row.roles.contains(&role);
    let ends = |row: &&MetaLabel| {
        let object = row
            .name
            .strip_suffix(tail)
            .and_then(|rest| rest.strip_suffix('_')?.strip_prefix("__meta_")?.split_once('_'));
        object.is_some_and(|(_, object)| !object.contains('_'))
    };
    let mut found = meta::meta_labels().iter().filter(of_role).filter(ends);
    match (found.next(), found.next()) {
        (Some(only), None) => Some(only.name),
        _ => None,
    }
}
