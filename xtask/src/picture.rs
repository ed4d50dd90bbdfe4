//! `cargo xtask picture`: the terminal picture of the README, drawn from what the command really prints.

use crate::checks::cargo;
use crate::root;
use anyhow::{Context, Result, ensure};
use std::process::Command;

/// What the picture shows: one finding a system, of the kind that people come for.
const ARGUMENTS: [&str; 7] = [
    "lint",
    "--color",
    "always",
    "--select",
    "redis/noeviction-cache,elasticsearch/minimum-master-nodes-missing",
    "fixtures/redis/broken",
    "fixtures/elasticsearch/broken",
];

pub(crate) fn run() -> Result<bool> {
    let mut command = Command::new(cargo());
    command.args(["run", "--quiet", "--package", "confvet-cli", "--"]).args(ARGUMENTS).current_dir(root());
    let output = command.output().context("cannot run confvet")?;
    ensure!(
        output.status.code() == Some(1),
        "confvet found nothing to show: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let shown = String::from_utf8(output.stdout)?;
    let shown = format!("\u{1b}[1m$ confvet lint ./configs\u{1b}[0m\n{shown}");
    let svg = anstyle_svg::Term::new().min_width_px(840).render_svg(&shown);
    let path = root().join("docs/lint.svg");
    std::fs::write(&path, svg).with_context(|| format!("cannot write {}", path.display()))?;
    println!("wrote {}", path.display());
    Ok(true)
}
