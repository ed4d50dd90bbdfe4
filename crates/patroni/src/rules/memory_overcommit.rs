//! PostgreSQL's shared memory does not fit into the host's.

use crate::model::Document;
use crate::parameter::quantity;
use confvet_core::{Context, Fact, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/memory-overcommit", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.config() else { return };
    let Some(memory) = ctx.facts.size(Fact::Memory) else { return };
    let Some(setting) = config.parameter("shared_buffers") else { return };
    if config.is_unknown(setting.entry.value) || memory.bytes() == 0 {
        return;
    }
    let Some(value) = setting.text() else { return };
    let Some(blocks) = quantity(value, "8kB") else { return };
    #[expect(clippy::cast_precision_loss, reason = "a share is wanted")]
    let percent = blocks * 8192.0 * 100.0 / memory.bytes() as f64;
    if percent <= 50.0 {
        return;
    }
    findings
        .report(
            setting.span(),
            format!("`shared_buffers: {value}` is {percent:.0} % of {memory}: PostgreSQL may not start"),
        )
        .severity(if percent > 80.0 { Severity::Error } else { Severity::Warning })
        .help("a quarter of the memory is a good start");
}
