//! A directive where nginx does not allow it.

use crate::context::Context as Place;
use crate::keys::key;
use crate::model::{Location, LocationKind, Nginx, Problem, RootKind};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/directive-context", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for problem in nginx.problems() {
        let Problem::Misplaced(id) = problem else { continue };
        let directive = nginx.directive(*id);
        let Some(key) = directive.key() else { continue };
        let place = directive.context();
        let allowed: Vec<&str> = key.contexts().iter().map(Place::name).collect();
        let name = directive.name();
        let message =
            format!("`{}` is not allowed in {} (allowed in: {})", name.text, describe(place), allowed.join(", "));
        let mut report = findings.report(name.span, message);
        match directive.parent() {
            Some(parent) => report = report.label(parent.name().span, "inside this block"),
            None if !nginx.is_main() && nginx.root_kind() != RootKind::Guess => {
                report = report.severity(Severity::Warning).category(Category::Outage);
            }
            None => {}
        }
        if directive.is(key!("proxy_pass")) && place == Place::Server && directive.semicolon().is_some() {
            let line = directive.span();
            report.suggest_as(
                Safety::Unsafe,
                "put it into `location / { }`",
                [Edit::insert_before(line, "location / { "), Edit::insert_after(directive.whole_span(), " }")],
            );
        }
    }
    for (location, message) in nginx.misplaced_locations() {
        let mut report = findings.report(location.span, message);
        if let Some(parent) = location.directive.parent() {
            report = report.label(parent.span(), "inside this location");
        }
        let _ = report;
    }
    for alias in nginx.all(key!("alias")) {
        if let Some(location) = alias.parent().and_then(Location::of).filter(|it| it.kind == LocationKind::Named) {
            findings
                .report(alias.name().span, "`alias` is not allowed in a named location")
                .label(location.span, "this location has no path to replace");
        }
    }
    if let Some(first) = nginx.top().children().find(|child| child.is_block()).filter(|_| nginx.is_main()) {
        for module in nginx.top().all(key!("load_module")).filter(|module| module.id() > first.id()) {
            findings
                .report(module.name().span, "`load_module` comes too late: modules are loaded before the first block")
                .label(first.name().span, "the first block");
        }
    }
}

fn describe(place: Place) -> String {
    match place {
        Place::Main => "the main context, outside of all blocks".to_owned(),
        Place::ServerIf => "`if` at server level".to_owned(),
        Place::LocationIf => "`if` in a location".to_owned(),
        place => format!("`{}`", place.name()),
    }
}
