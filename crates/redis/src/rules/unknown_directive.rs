//! A directive that the server does not know: it refuses to start.

use crate::keys::{Key, Support};
use crate::model::{Document, Problem, ProblemKind, Unknown};
use crate::version::{Engine, Number, Release, display};
use confvet_core::{Category, Context, Edit, Findings, Rule, Severity, Span};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/unknown-directive", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.conf() else { return };
    for Problem { span, kind } in &conf.problems {
        let ProblemKind::Unknown { name, why } = kind else { continue };
        match why {
            Unknown::Nowhere(None) => {
                findings.report(*span, format!("unknown directive `{name}`"));
            }
            Unknown::Nowhere(Some(near)) => {
                findings
                    .report(*span, format!("unknown directive `{name}`: did you mean `{near}`?"))
                    .suggest(format!("write `{near}`"), [Edit::replace(*span, *near)]);
            }
            Unknown::Elsewhere(Support::RemovedIn(version), target) => {
                removed(findings, *span, name, target, *version, conf.release);
            }
            Unknown::Elsewhere(Support::NeedsVersion(version), _) => {
                let engine = conf.release.engine;
                let needs = format!("{} {}", title(engine), display(*version));
                findings.report(
                    *span,
                    format!("unknown directive `{name}` (needs {needs}; the target is {})", conf.release),
                );
            }
            Unknown::Elsewhere(Support::OnlyIn(engine), target) => {
                let report =
                    findings.report(*span, format!("unknown directive `{name}` (only {} has it)", title(*engine)));
                if let Some(same) = counterpart(name).filter(|same| Key::find(same).is_some() && same != target) {
                    report
                        .help(format!("{} calls it `{same}`", conf.release))
                        .suggest(format!("write `{same}`"), [Edit::replace(*span, same)]);
                }
            }
            Unknown::Elsewhere(Support::Known | Support::IgnoredSince(_), _) => {}
            Unknown::ElastiCache => {
                findings
                    .report(*span, format!("unknown directive `{name}`: it is a parameter of ElastiCache"))
                    .help("set it in the parameter group, not in redis.conf");
            }
            Unknown::SentinelInServer(evidence) => {
                findings
                    .report(*span, "`sentinel` statements are refused by a server that is not started as a sentinel")
                    .label(*evidence, "no sentinel has this")
                    .help("put the `sentinel` statements into a sentinel.conf of their own");
            }
            Unknown::NoEffect(version) => {
                findings
                    .report(*span, format!("`{name}` is read and has no effect since {}", display(*version)))
                    .severity(Severity::Info)
                    .category(Category::Maintainability);
            }
        }
    }
}

fn removed(findings: &mut Findings, span: Span, name: &str, target: &'static str, version: Number, release: Release) {
    let version = display(version);
    let exists = Key::find(target).is_some_and(|key| key.support(release) == Support::Known);
    let replacement = (target != name && exists).then_some(target);
    let instead = replacement.map(|target| format!("; use `{target}`")).unwrap_or_default();
    let report = findings.report(span, format!("unknown directive `{name}` (removed in {version}{instead})"));
    // Without a target nothing is certain: an old server may be meant.
    let report =
        if release.is_known() { report } else { report.severity(Severity::Info).category(Category::Maintainability) };
    if let Some(target) = replacement {
        report.suggest(format!("write `{target}`"), [Edit::replace(span, target)]);
    }
}

fn title(engine: Engine) -> &'static str {
    match engine {
        Engine::Redis => "Redis",
        Engine::Valkey => "Valkey",
    }
}

/// What Redis calls a directive that Valkey has renamed.
fn counterpart(name: &str) -> Option<&'static str> {
    match name {
        "primaryauth" => Some("masterauth"),
        "primaryuser" => Some("masteruser"),
        _ => None,
    }
}
