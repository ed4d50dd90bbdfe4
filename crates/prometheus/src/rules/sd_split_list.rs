//! One discovery written as several list items: each dash starts a discovery of its own.

use crate::model::Document;
use confvet_core::{Context, Edit, Findings, Rule, Span};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/sd-split-list", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    for (_, job) in document.pools() {
        let mut sds: Vec<&str> = job.discoveries.iter().map(|discovery| discovery.sd.as_str()).collect();
        sds.dedup();
        for sd in sds.into_iter().filter(|sd| job.is_split(sd)) {
            let items = job.discoveries.iter().filter(|discovery| discovery.sd == sd);
            let dashes: Vec<Span> = items.skip(1).filter_map(|discovery| discovery.dash).collect();
            speak(&format!("{sd} discovery"), &dashes, findings);
        }
    }
    for (key, dashes) in document.setup.iter().flat_map(|config| &config.split_lists) {
        speak(&format!("entry of `{key}`"), dashes, findings);
    }
}

fn speak(what: &str, dashes: &[Span], findings: &mut Findings) {
    let [second, further @ ..] = dashes else { return };
    let mut report = findings.report(*second, format!("each `-` starts a separate {what}; did you mean one block?"));
    for dash in further {
        report = report.label(*dash, "another one");
    }
    report.suggest("make it one block", dashes.iter().map(|dash| Edit::replace(*dash, " ")));
}
