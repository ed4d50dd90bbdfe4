//! One discovery written as several list items: each dash starts a discovery of its own.

use crate::model::Document;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/sd-split-list", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    for (_, job) in document.pools() {
        let mut sds: Vec<&str> = job.discoveries.iter().map(|discovery| discovery.sd.as_str()).collect();
        sds.dedup();
        for sd in sds.into_iter().filter(|sd| job.is_split(sd)) {
            let mut dashes = job
                .discoveries
                .iter()
                .filter(|discovery| discovery.sd == sd)
                .skip(1)
                .filter_map(|discovery| discovery.dash);
            let Some(second) = dashes.next() else { continue };
            let mut edits = vec![confvet_core::Edit::replace(second, " ")];
            let mut report =
                findings.report(second, format!("each `-` starts a separate {sd} discovery; did you mean one block?"));
            for dash in dashes {
                edits.push(confvet_core::Edit::replace(dash, " "));
                report = report.label(dash, "another one");
            }
            report.suggest("make it one block", edits);
        }
    }
}
