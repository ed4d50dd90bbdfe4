//! A `__meta_*` name that no service discovery sets: it is always empty.

use crate::meta;
use crate::model::Document;
use confvet_core::{Context, Edit, Findings, Rule, did_you_mean};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/meta-label-unknown", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    for (job, name) in document.meta_labels_read() {
        if !meta::rows_of(&name.value).is_empty() {
            continue;
        }
        let own: Vec<&str> = job.discoveries.iter().map(|discovery| discovery.sd.as_str()).collect();
        let near = nearest(&name.value, &own);
        let hint = near.as_ref().map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let report = findings.report(name.span, format!("no service discovery sets `{}`{hint}", name.value));
        if let (Some(near), Some(exact)) = (near, name.exact) {
            report.suggest("rename it", [Edit::replace(exact, near)]);
        }
    }
    for (_, step, start) in document.meta_prefixes_read() {
        if let Some(regex) = step.regex.as_ref().filter(|_| !meta::is_start(&start)) {
            let written = regex.value.starts_with(&start);
            let span = if written { regex.at(0..start.len()) } else { regex.span };
            findings.report(span, format!("no service discovery sets a label that starts with `{start}`"));
        }
    }
}

/// The name that was probably meant, among the job's own discoveries first.
fn nearest(name: &str, own: &[&str]) -> Option<String> {
    let labels = meta::meta_labels().iter().filter(|label| own.is_empty() || own.contains(&label.sd));
    let labels: Vec<&meta::MetaLabel> = labels.filter(|label| label.kind != meta::MetaKind::NeverEmitted).collect();
    let exact = labels.iter().filter(|label| label.kind == meta::MetaKind::Exact);
    if let Some(near) = did_you_mean(name, exact.clone().map(|label| label.name)) {
        return Some(near.to_owned());
    }
    // A misspelt prefix with the author's own word behind it.
    let prefixes = labels.iter().filter(|label| label.kind == meta::MetaKind::Prefix);
    for prefix in prefixes.clone() {
        for slip in [0_isize, -1, 1] {
            let Some(cut) = prefix.name.len().checked_add_signed(slip) else { continue };
            let Some(start) = name.get(..cut).filter(|start| start.ends_with('_') && cut < name.len()) else {
                continue;
            };
            if did_you_mean(start, [prefix.name]).is_some() {
                return Some(format!("{}{}", prefix.name, &name[cut..]));
            }
        }
    }
    // A word left out: `__meta_ionos_availability_zone` for `__meta_ionos_server_availability_zone`.
    let tail = name.strip_prefix("__meta_")?.split_once('_')?.1;
    let mut longer = exact.filter(|label| {
        let rest = label.name.strip_suffix(tail).and_then(|rest| rest.strip_suffix('_'));
        rest.is_some_and(|rest| name.starts_with(rest.rsplit_once('_').map_or(rest, |(start, _)| start)))
    });
    match (longer.next(), longer.next()) {
        (Some(only), None) => Some(only.name.to_owned()),
        _ => None,
    }
}
