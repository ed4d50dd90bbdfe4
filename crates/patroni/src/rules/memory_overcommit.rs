//! What PostgreSQL may need is more than the host has.

use crate::Document;
use crate::model::{Parameters, Setting};
use crate::parameter::{DcsOnly, quantity};
use confvet_core::units::ByteSize;
use confvet_core::{Category, Context, Fact, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/memory-overcommit", check: each_part!(check) };

/// One summand of the worst case.
struct Term<'a> {
    words: String,
    bytes: f64,
    setting: Option<Setting<'a>>,
}

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(parameters) = Parameters::of(document) else { return };
    let Some(memory) = ctx.facts.size(Fact::Memory).filter(|memory| memory.bytes() > 0) else { return };
    #[expect(clippy::cast_precision_loss, reason = "a share is wanted")]
    let percent = |bytes: f64| bytes * 100.0 / memory.bytes() as f64;
    let buffers = value(parameters, "shared_buffers", "8kB", 16_384.0) * 8192.0;
    let setting = parameters.get("shared_buffers").filter(|setting| !setting.is_unknown());
    let share = percent(buffers);
    if let Some(setting) = setting.filter(|_| share > 50.0) {
        let written = setting.text().unwrap_or_default();
        findings
            .report(
                setting.span(),
                format!("`shared_buffers: {written}` is {share:.0} % of {memory}: PostgreSQL may not start"),
            )
            .severity(if share > 80.0 { Severity::Error } else { Severity::Warning })
            .help("a quarter of the memory is a good start");
    } else {
        worst_case(parameters, buffers, memory, &percent, findings);
    }
    let cache = value(parameters, "effective_cache_size", "8kB", 0.0) * 8192.0;
    if let Some(setting) = parameters.get("effective_cache_size").filter(|_| percent(cache) > 100.0) {
        let written = setting.text().unwrap_or_default();
        findings
            .report(setting.span(), format!("`effective_cache_size: {written}` is more than the {memory} there are"))
            .severity(Severity::Info)
            .category(Category::Performance);
    }
}

fn worst_case(
    parameters: Parameters<'_>,
    buffers: f64,
    memory: ByteSize,
    percent: &dyn Fn(f64) -> f64,
    findings: &mut Findings,
) {
    let number = |name: &str, default: f64| value(parameters, name, "", default);
    let kilobytes = |name: &str, default: f64| value(parameters, name, "kB", default) * 1024.0;
    let (connections, work) = (number("max_connections", 100.0), kilobytes("work_mem", 4096.0));
    let workers = number("autovacuum_max_workers", 3.0);
    let maintenance = kilobytes("maintenance_work_mem", 65_536.0);
    let own = kilobytes("autovacuum_work_mem", -1.0);
    let each = if own < 0.0 { maintenance } else { own };
    let wal = match value(parameters, "wal_buffers", "8kB", -1.0) {
        blocks if blocks < 0.0 => (buffers / 32.0).min(16_777_216.0),
        blocks => blocks * 8192.0,
    };
    let term = |words: String, bytes: f64, name: &str| Term { words, bytes, setting: parameters.get(name) };
    let terms = [
        term(format!("shared_buffers {}", size(buffers)), buffers, "shared_buffers"),
        term(format!("{connections} x work_mem {}", size(work)), connections * work, "work_mem"),
        term(
            format!("{workers} x maintenance_work_mem {}", size(each)),
            workers * each,
            if own < 0.0 { "maintenance_work_mem" } else { "autovacuum_work_mem" },
        ),
        term(format!("wal_buffers {}", size(wal)), wal, "wal_buffers"),
    ];
    let sum: f64 = terms.iter().map(|term| term.bytes).sum();
    let share = percent(sum);
    if share <= 100.0 {
        return;
    }
    let written = |term: &&Term<'_>| term.setting.is_some_and(|setting| !setting.is_unknown());
    let largest = terms.iter().filter(written).max_by(|a, b| a.bytes.total_cmp(&b.bytes));
    let Some((place, setting)) = largest.and_then(|term| Some((term, term.setting?))) else { return };
    let words: Vec<&str> = terms.iter().map(|term| term.words.as_str()).collect();
    let over = share - 100.0;
    let mut report = findings
        .report(
            setting.span(),
            format!("the worst case of {} ({}) exceeds {memory} by {over:.0} %", size(sum), words.join(" + ")),
        )
        .severity(if share > 150.0 { Severity::Warning } else { Severity::Info })
        .help("lower `work_mem` or `max_connections`, or put a pooler in front");
    for term in terms.iter().filter(|term| term.words != place.words) {
        if let Some(setting) = term.setting {
            report = report.label(setting.span(), "");
        }
    }
    if let Some(setting) = parameters.get("max_connections") {
        report.label(setting.span(), "as many may work at once");
    }
}

/// What is in effect, in the base unit; the default where nothing is written, or Patroni does not accept it.
fn value(parameters: Parameters<'_>, name: &str, unit: &str, default: f64) -> f64 {
    let known = parameters.get(name).filter(|setting| !setting.is_unknown());
    let accepted =
        |text: &&str| DcsOnly::find(name).is_none_or(|own| parameters.config().is_none() || own.accepts(text));
    known.and_then(|setting| setting.text()).filter(accepted).and_then(|text| quantity(text, unit)).unwrap_or(default)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes are positive")]
fn size(bytes: f64) -> ByteSize {
    // Two or three digits are enough in a message.
    let megabytes = bytes / 1_048_576.0;
    if megabytes >= 4096.0 {
        ByteSize::gib((megabytes / 1024.0).round() as u64)
    } else {
        ByteSize::mib(megabytes.round() as u64)
    }
}
