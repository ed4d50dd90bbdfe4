//! Buffers that do not fit each other.

use crate::model::Nginx;
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/proxy-buffer-sizes", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for clash in nginx.buffer_clashes() {
        let mut report = findings.report(clash.span, clash.message);
        for span in clash.others {
            report = report.label(span, "against this");
        }
        if let Some((span, text)) = clash.replacement {
            report = report.suggest("make the buffers large enough", [Edit::replace(span, text)]);
        }
        let _ = report;
    }
}
