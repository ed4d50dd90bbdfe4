//! The Patroni fixtures: a healthy cluster gives nothing, a broken one gives exactly this.
#![cfg(all(feature = "patroni", feature = "fs"))]

use confvet::{Linter, Report};
use std::fmt::Write;
use std::path::Path;

fn lint(name: &str) -> Report {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/patroni")
        .join(name)
        .canonicalize()
        .expect("the folder");
    Linter::new().lint_path(path).expect("a report")
}

fn describe(report: &Report, name: &str) -> String {
    let mut lines = String::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/patroni")
        .join(name)
        .canonicalize()
        .expect("the folder");
    let root = format!("{}/", root.display());
    for found in report.diagnostics() {
        let at = report.sources().start(found.primary.span);
        let path = report.sources().get(found.primary.span.file).path();
        let path = path.split_once(&format!("fixtures/patroni/{name}/")).map_or(path, |(_, path)| path);
        let (line, column) = (at.line, at.column);
        let message = found.message.replace(&root, "");
        let _ = writeln!(lines, "{path}:{line}:{column} {} {}: {message}", found.severity, found.rule);
    }
    lines
}

#[test]
fn the_healthy_layout_is_left_alone() {
    let report = lint("healthy");
    assert_eq!(describe(&report, "healthy"), "");
    assert_eq!(report.files().iter().filter(|file| file.is_linted()).count(), 3);
}

#[test]
fn the_broken_layout_is_found_out() {
    insta::assert_snapshot!(describe(&lint("broken"), "broken"));
}
