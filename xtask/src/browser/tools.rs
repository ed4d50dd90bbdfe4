//! Programs that the browser part runs: found, or installed where that can be done without asking anybody.

use anyhow::{Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The oldest Node that Vite runs on.
const NODE: (u32, u32) = (20, 19);

const CHROMIUM: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// Sees to it that node and npm are there and new enough.
///
/// # Errors
/// If they are not and cannot be installed; the message is one sentence that says what to install.
pub(super) fn node() -> Result<()> {
    if on_path("node").is_none() || on_path("npm").is_none() {
        apt_install(
            &["nodejs", "npm"],
            "Node.js 20.19 or newer with npm is missing; install it from https://nodejs.org",
        )?;
    }
    let output = Command::new("node").arg("--version").output()?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match parse_version(&version) {
        Some(found) if found >= NODE => Ok(()),
        _ => bail!("Node.js is {version}, and the playground needs {}.{} or newer: https://nodejs.org", NODE.0, NODE.1),
    }
}

/// The path of Chromium; the variable CHROMIUM wins over what is installed.
///
/// # Errors
/// If there is none and none can be installed; the message is one sentence that says what to install.
pub(super) fn chromium() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM") {
        return Ok(PathBuf::from(path));
    }
    let find = || CHROMIUM.iter().find_map(|name| on_path(name));
    if let Some(path) = find() {
        return Ok(path);
    }
    let missing =
        "Chromium is missing; install it (Debian: apt-get install chromium) or name it in the variable CHROMIUM";
    apt_install(&["chromium"], missing)?;
    match find() {
        Some(path) => Ok(path),
        None => bail!("{missing}"),
    }
}

/// `v20.19.3` as `(20, 19)`.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(program)).find(|file| file.is_file())
}

/// Installs packages when the machine is Debian and we are root; otherwise `missing` is what the user reads.
fn apt_install(packages: &[&str], missing: &str) -> Result<()> {
    if !Path::new("/etc/debian_version").exists() || !is_root() {
        bail!("{missing}");
    }
    println!("── installing {}: apt-get install {}", packages.join(" and "), packages.join(" "));
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let install = [&["install", "-y", "-qq", "--no-install-recommends"], packages].concat();
    // The list of packages may be old or empty on a fresh machine.
    if apt(&install) || (apt(&["update", "-qq"]) && apt(&install)) {
        return Ok(());
    }
    bail!("{missing} (apt-get could not)")
}

fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    uid.and_then(|ids| ids.split_whitespace().nth(1)) == Some("0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_node_are_read() {
        assert_eq!(parse_version("v20.19.3"), Some((20, 19)));
        assert_eq!(parse_version("20.19.3"), None);
        assert_eq!(parse_version("v22"), None);
        assert!(parse_version("v22.1.0") > Some(NODE));
    }
}
