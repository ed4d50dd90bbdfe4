//! Reading trees of files and writing fixes back. The only module that touches the disk.

use crate::config::{CONFIG_NAME, Config, FileOverride};
use crate::engine::is_template;
use crate::report::{Report, Unreadable};
use crate::systems::systems;
use crate::{Linter, parallel};
use confvet_core::{Source, Sources};
use ignore::WalkBuilder;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

/// Files larger than this are not read: no configuration is, and spans count bytes in 32 bits.
const MAX_SIZE: u64 = 256 << 20;

/// Folders of other people's code.
const VENDORED: &[&str] = &["node_modules", "vendor", "third_party", "bower_components", "site-packages", "target"];

/// Why nothing could be linted.
#[derive(Debug, thiserror::Error)]
pub enum LintError {
    /// The path does not exist or cannot be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The path given.
        path: String,
        /// Why.
        reason: String,
    },
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many files look like configurations and are being read.
    Found(usize),
    /// One more was read.
    Read,
    /// All are read; rules run.
    Checking,
}

impl Linter {
    /// Lints a file or a directory tree.
    ///
    /// # Errors
    /// If the path itself cannot be read. Files below it that cannot be read are in [`Report::unreadable`].
    ///
    /// ```no_run
    /// let report = confvet::Linter::new().target("redis", "7.2")?.lint_path("configs")?;
    /// for found in report.diagnostics() {
    ///     println!("{}: {}", found.rule, found.message);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn lint_path(&self, path: impl AsRef<Path>) -> Result<Report, LintError> {
        let path = path.as_ref();
        let report = self.lint_paths(&[path]);
        let shown = display(path);
        match report.unreadable().iter().find(|unreadable| unreadable.path == shown) {
            Some(Unreadable { path, reason }) => {
                Err(LintError::Unreadable { path: path.clone(), reason: reason.clone() })
            }
            None => Ok(report),
        }
    }

    /// Lints several files and trees as one run. Whatever cannot be read is in [`Report::unreadable`], and the rest is
    /// linted.
    pub fn lint_paths(&self, paths: &[impl AsRef<Path>]) -> Report {
        self.lint_paths_with(paths, |_| {})
    }

    /// Like [`Linter::lint_paths`], and says how far it is.
    pub fn lint_paths_with(&self, paths: &[impl AsRef<Path>], progress: impl Fn(Progress) + Sync) -> Report {
        let tree = read_tree(paths, self.has_forced_system(), &progress);
        progress(Progress::Checking);
        let report = self.with_working_directory(working_directory()).lint_sources(tree.sources);
        report.with_unreadable(tree.unreadable)
    }

    /// Lints a text as if it stood in the file `name`, with the confvet.toml that would hold for that file.
    pub fn lint_stdin(&self, name: &Path, bytes: Vec<u8>) -> Report {
        let mut sources = Sources::default();
        let mut unreadable = Vec::new();
        sources.mark_partial();
        add_config_above(name, &mut sources, &mut unreadable);
        sources.add(Source::from_bytes(display(name), bytes));
        let report = self.with_working_directory(working_directory()).lint_sources(sources);
        report.with_unreadable(unreadable)
    }

    /// Applies fixes to a report of [`Linter::lint_paths`] in memory; [`write_file`] brings the result to disk.
    pub fn fix_paths(&self, report: Report, safety: confvet_core::Safety) -> crate::Fixed {
        self.with_working_directory(working_directory()).fix_report(report, safety)
    }
}

struct Tree {
    sources: Sources,
    unreadable: Vec<Unreadable>,
}

/// What a walk came upon.
#[derive(Default)]
struct Found {
    /// Files to read, in the order of their paths.
    files: BTreeSet<PathBuf>,
    /// Files that no system would open. A confvet.toml may still say what they are.
    others: Vec<PathBuf>,
    unreadable: Vec<Unreadable>,
}

fn read_tree(paths: &[impl AsRef<Path>], forced: bool, progress: &(impl Fn(Progress) + Sync)) -> Tree {
    let mut found = Found::default();
    for path in paths {
        find_files(path.as_ref(), forced, &mut found);
    }
    let mut sources = Sources::default();
    if paths.iter().any(|path| path.as_ref().is_file()) {
        sources.mark_partial();
    }
    for path in paths {
        add_config_above(path.as_ref(), &mut sources, &mut found.unreadable);
    }
    take_files_named_in_config(&sources, &mut found);
    progress(Progress::Found(found.files.len()));
    let read = parallel::map(found.files.into_iter().collect(), |path| {
        let source = read_file(&path).map_err(|reason| Unreadable { path: display(&path), reason });
        progress(Progress::Read);
        source
    });
    let mut unreadable = found.unreadable;
    for result in read {
        match result {
            Ok(source) if sources.by_path(source.path()).is_none() => {
                sources.add(source);
            }
            Ok(_) => {}
            Err(problem) => unreadable.push(problem),
        }
    }
    Tree { sources, unreadable }
}

/// Collects the files below a path that some system may read. A file that is named by itself is always read.
fn find_files(path: &Path, forced: bool, found: &mut Found) {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_dir() => {
            found.files.insert(path.to_path_buf());
            return;
        }
        Ok(_) => {}
        Err(error) => {
            found.unreadable.push(Unreadable { path: display(path), reason: reason(&error) });
            return;
        }
    }
    let walk = WalkBuilder::new(path)
        .require_git(false)
        .filter_entry(|entry| {
            let is_vendored = entry.file_type().is_some_and(|kind| kind.is_dir())
                && entry.depth() > 0
                && entry.file_name().to_str().is_some_and(|name| VENDORED.contains(&name));
            !is_vendored
        })
        .build();
    for entry in walk {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_dir()) => {}
            Ok(entry) => {
                let path = entry.into_path();
                if !forced && !is_wanted(&path) {
                    found.others.push(path);
                } else if is_readable(&path) {
                    found.files.insert(path);
                }
            }
            Err(error) => found.unreadable.push(walk_problem(path, &error)),
        }
    }
}

fn is_wanted(path: &Path) -> bool {
    let shown = display(path);
    path.file_name() == Some(OsStr::new(CONFIG_NAME))
        || systems().iter().any(|system| (system.might_be)(&shown))
        || is_template(&shown)
}

/// A file, or what an error should be reported for. Of a link that leads nowhere and of a file that is too large only
/// the name is known: a redis.conf is missed by somebody, most others (`COPYING`, `bin/tool`) are no configuration.
fn is_readable(path: &Path) -> bool {
    let is_named_after_system = || {
        let shown = display(path);
        systems().iter().any(|system| (system.detect)(&shown, "").is_some())
    };
    match fs::metadata(path) {
        Ok(metadata) => metadata.is_file() && (metadata.len() <= MAX_SIZE || is_named_after_system()),
        Err(error) => error.kind() != io::ErrorKind::NotFound || is_named_after_system(),
    }
}

/// Moves to the files to read what a `[[files]]` entry of some confvet.toml gives a system.
fn take_files_named_in_config(above: &Sources, found: &mut Found) {
    let below = found.files.iter().filter(|path| path.file_name() == Some(OsStr::new(CONFIG_NAME)));
    let below = below.filter_map(|path| Some((path.clone(), fs::read_to_string(path).ok()?)));
    let above = above.iter().map(|(_, source)| (PathBuf::from(source.path()), source.text().to_owned()));
    for (path, text) in above.chain(below).collect::<Vec<_>>() {
        let named: Vec<FileOverride> =
            Config::parse(&text).files.into_iter().filter(|entry| entry.system.is_some()).collect();
        let Some(directory) = std::path::absolute(&path).ok().and_then(|path| path.parent().map(Path::to_path_buf))
        else {
            continue;
        };
        if named.is_empty() {
            continue;
        }
        let is_named = |other: &PathBuf| {
            let absolute = std::path::absolute(other).unwrap_or_default();
            let relative = absolute.strip_prefix(&directory).map(display);
            relative.is_ok_and(|relative| named.iter().any(|entry| entry.glob.is_match(&relative)))
        };
        let (taken, others) = std::mem::take(&mut found.others).into_iter().partition(is_named);
        found.files.extend::<Vec<PathBuf>>(taken);
        found.others = others;
    }
}

fn walk_problem(root: &Path, error: &ignore::Error) -> Unreadable {
    let path = match error {
        ignore::Error::WithPath { path, .. } => path.clone(),
        ignore::Error::WithDepth { err, .. } => match &**err {
            ignore::Error::WithPath { path, .. } => path.clone(),
            _ => root.to_path_buf(),
        },
        _ => root.to_path_buf(),
    };
    let reason = error.io_error().map_or_else(|| error.to_string(), reason);
    Unreadable { path: display(&path), reason }
}

fn read_file(path: &Path) -> Result<Source, String> {
    let metadata = fs::metadata(path).map_err(|error| reason(&error))?;
    if !metadata.is_file() {
        return Err("is neither a file nor a directory".to_owned());
    }
    if metadata.len() > MAX_SIZE {
        return Err(format!("is {} bytes large; confvet reads files of up to 256 MiB", metadata.len()));
    }
    let bytes = fs::read(path).map_err(|error| reason(&error))?;
    let source = Source::from_bytes(display(path), bytes);
    Ok(match mode(&metadata) {
        Some(mode) => source.with_mode(mode),
        None => source,
    })
}

/// The permissions of a file, where the operating system has them.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "`None` on other systems")]
fn mode(metadata: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    Some(metadata.permissions().mode())
}

#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> Option<u32> {
    None
}

/// Adds the nearest confvet.toml in the directories above a path, if there is one.
fn add_config_above(path: &Path, sources: &mut Sources, unreadable: &mut Vec<Unreadable>) {
    let Ok(absolute) = std::path::absolute(path) else { return };
    let start = if absolute.is_dir() { Some(absolute.as_path()) } else { absolute.parent() };
    let Some(found) =
        start.into_iter().flat_map(Path::ancestors).map(|dir| dir.join(CONFIG_NAME)).find(|file| file.is_file())
    else {
        return;
    };
    let shown = relative_to_working_directory(&found);
    if sources.by_path(&shown).is_some() {
        return;
    }
    match fs::read(&found) {
        Ok(bytes) => {
            sources.add(Source::from_bytes(shown, bytes));
        }
        Err(error) => unreadable.push(Unreadable { path: shown, reason: reason(&error) }),
    }
}

/// A path below the working directory without the working directory; others as they are.
fn relative_to_working_directory(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    display(path.strip_prefix(&here).unwrap_or(path))
}

fn working_directory() -> String {
    std::env::current_dir().map(|path| path.to_string_lossy().replace('\\', "/")).unwrap_or_default()
}

/// A path as diagnostics show it: `/`-separated, without a leading `./`.
fn display(path: &Path) -> String {
    let mut shown = String::new();
    for component in path.components() {
        match component {
            Component::CurDir => continue,
            Component::RootDir => {
                shown.push('/');
                continue;
            }
            _ => {}
        }
        if !shown.is_empty() && !shown.ends_with('/') {
            shown.push('/');
        }
        shown.push_str(&component.as_os_str().to_string_lossy());
    }
    if shown.is_empty() { ".".to_owned() } else { shown }
}

/// An I/O error as a clause of a sentence.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::StorageFull => "no space left on the disk".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        _ => error.to_string().to_lowercase(),
    }
}

/// Why a fixed file could not be written. The file on disk is as it was.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}: {reason}; the file is unchanged")]
pub struct WriteError {
    path: String,
    reason: String,
}

/// Replaces a file's text: writes a temporary file beside it and renames it, so that the file is whole at any moment.
/// Permissions are kept; a symbolic link keeps pointing where it does.
///
/// # Errors
/// If the file is read-only, or it cannot be written. The file is then unchanged.
pub fn write_file(path: &str, text: &str) -> Result<(), WriteError> {
    let fail = |reason: String| WriteError { path: path.to_owned(), reason };
    let io_fail = |error: io::Error| fail(reason(&error));
    let real = fs::canonicalize(path).map_err(io_fail)?;
    let permissions = fs::metadata(&real).map_err(io_fail)?.permissions();
    if permissions.readonly() {
        return Err(fail("it is read-only".to_owned()));
    }
    let directory = real.parent().unwrap_or(Path::new("."));
    let mut temporary = tempfile::Builder::new().prefix(".confvet-").tempfile_in(directory).map_err(io_fail)?;
    temporary.write_all(text.as_bytes()).map_err(io_fail)?;
    temporary.as_file().set_permissions(permissions).map_err(io_fail)?;
    temporary.as_file().sync_all().map_err(io_fail)?;
    temporary.persist(&real).map_err(|error| fail(reason(&error.error)))?;
    Ok(())
}
