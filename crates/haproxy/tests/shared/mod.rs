//! What the tests of verdicts share: a rule is run as the engine would, and asked whether HAProxy 2.6 refuses the text.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test uses a part of it")]

use confvet_core::{
    Category, Context, Facts, FileId, Findings, Input, RuleInfo, Severity, Source, Sources, System, Target,
};
use confvet_haproxy::HaproxySystem;

const fn info(category: Category) -> RuleInfo {
    RuleInfo {
        name: "",
        title: "",
        severity: Severity::Error,
        category,
        fix: None,
        applies: None,
        needs: &[],
        supersedes: &[],
    }
}

/// Only the rule about syntax leaves the category to its page.
static SYNTAX: RuleInfo = info(Category::Invalid);
static OTHERS: RuleInfo = info(Category::Outage);

/// The rules that say HAProxy 2.6 refuses the text.
pub fn refused(text: &str) -> Vec<&'static str> {
    refused_files(&[("haproxy.cfg", text)])
}

/// The same for a configuration with files that it reads; the first one is what HAProxy is started with.
pub fn refused_files(files: &[(&str, &str)]) -> Vec<&'static str> {
    let sources: Sources = files.iter().map(|(path, text)| Source::new(*path, *text)).collect();
    let kind = HaproxySystem::detect(files[0].0, files[0].1).map_or("haproxy", |found| found.kind);
    let (mut target, facts) = (Target::new(), Facts::new());
    target.set("haproxy", "2.6", &["haproxy"]).unwrap();
    let input = Input { sources: &sources, file: FileId(0), kind, target: &target, facts: &facts };
    let parsed = HaproxySystem::parse(&input);
    let context = Context { sources: &sources, target: &target, facts: &facts };
    let refuses = |name: &str, check: fn(&_, &Context<'_>, &mut Findings)| {
        let mut findings = Findings::new(if name == "haproxy/syntax-error" { &SYNTAX } else { &OTHERS });
        check(&parsed.model, &context, &mut findings);
        findings.into_diagnostics().iter().any(|found| found.category == Category::Invalid)
    };
    HaproxySystem::rules().iter().filter(|rule| refuses(rule.name, rule.check)).map(|rule| rule.name).collect()
}

pub const DEFAULTS: &str =
    "defaults\n    mode http\n    timeout connect 5s\n    timeout client 30s\n    timeout server 30s\n";

/// A frontend with these lines, in front of a backend.
pub fn frontend(lines: &str) -> String {
    format!(
        "{DEFAULTS}frontend web\n    bind :8080\n{lines}    default_backend app\nbackend app\n    server a1 10.0.0.11:8080\n"
    )
}

/// A backend with these lines.
pub fn backend(lines: &str) -> String {
    format!("{DEFAULTS}frontend web\n    bind :8080\n    default_backend app\nbackend app\n{lines}")
}

#[track_caller]
pub fn accepts(text: &str) {
    assert_eq!(refused(text), Vec::<&str>::new(), "{text}");
}

#[track_caller]
pub fn refuses(text: &str, rule: &str) {
    assert_eq!(refused(text), [rule], "{text}");
}
