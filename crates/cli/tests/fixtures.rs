//! The whole output over every layout in fixtures/, as a user sees it; the healthy ones must give nothing at all.
#![allow(clippy::unwrap_used, reason = "a test that cannot set the stage shall fail")]

use crate::support::outcome;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `fixtures/<system>/<layout>`, in the order of their names.
fn layouts() -> Vec<PathBuf> {
    let mut layouts = Vec::new();
    for system in directories(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")) {
        layouts.extend(directories(&system));
    }
    layouts
}

fn directories(of: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(of).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

#[test]
fn every_system_has_a_healthy_and_a_broken_layout() {
    for system in confvet::systems() {
        for layout in ["healthy", "broken"] {
            let found =
                layouts().iter().any(|path| name(path) == layout && name(path.parent().unwrap()) == system.name);
            assert!(found, "fixtures/{}/{layout} is missing", system.name);
        }
    }
}

#[test]
fn the_whole_output_over_each_layout() {
    for layout in layouts() {
        let mut command = Command::new(env!("CARGO_BIN_EXE_confvet"));
        let run = outcome(command.args(["lint", "--color", "never"]).current_dir(&layout).output().unwrap());
        assert_eq!(run.stderr, "", "{}", layout.display());
        let healthy = name(&layout) == "healthy";
        assert_eq!(run.code, i32::from(!healthy), "{}:\n{}", layout.display(), run.stdout);
        if healthy {
            assert!(run.stdout.ends_with(": nothing found\n"), "{}:\n{}", layout.display(), run.stdout);
        }
        let snapshot = format!("{}-{}", name(layout.parent().unwrap()), name(&layout));
        insta::assert_snapshot!(snapshot, run.stdout);
    }
}
