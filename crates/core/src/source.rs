//! The files of one run: paths, texts and line indexes. Everything below the façade reads from here, never from disk.

use crate::{FileId, Span};
use crate::{Keys, Map};
use std::sync::{Arc, OnceLock};

/// A line and a column, both counted from 1; columns count Unicode scalar values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in Unicode scalar values. A byte order mark has no column.
    pub column: u32,
}

/// One file in memory.
#[derive(Debug, Clone)]
pub struct Source {
    path: String,
    text: Arc<String>,
    lossy: Option<u32>,
    mode: Option<u32>,
    lines: OnceLock<Vec<u32>>,
}

impl Source {
    /// A file with a `/`-separated path, as it shall appear in diagnostics.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: Arc::new(text.into()), lossy: None, mode: None, lines: OnceLock::new() }
    }

    /// A file of arbitrary bytes. Bytes that are not UTF-8 become U+FFFD, and the source remembers that
    /// ([`Source::first_bad_byte`]), so that it is linted but never rewritten.
    pub fn from_bytes(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::new(path, text),
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                let text = Arc::new(String::from_utf8_lossy(error.as_bytes()).into_owned());
                let lossy = Some(u32::try_from(offset).unwrap_or(u32::MAX));
                Self { path: path.into(), text, lossy, mode: None, lines: OnceLock::new() }
            }
        }
    }

    /// The same file, with what its permissions are on disk. Bits beyond the permissions are dropped.
    #[must_use]
    pub fn with_mode(self, mode: u32) -> Self {
        Self { mode: Some(mode & 0o7777), ..self }
    }

    /// The same file with another text.
    #[must_use]
    pub fn with_text(&self, text: impl Into<String>) -> Self {
        Self { mode: self.mode, ..Self::new(&self.path, text) }
    }

    /// The permissions on disk, as `chmod` takes them: `0o644`. `None` for a text from memory, in a browser, and where
    /// the operating system has no such permissions.
    pub fn mode(&self) -> Option<u32> {
        self.mode
    }

    /// The path as given, `/`-separated.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The last component of the path.
    pub fn file_name(&self) -> &str {
        file_name(&self.path)
    }

    /// The whole text, byte order mark included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same text, for a model that keeps it: words that are places in it need no memory of their own.
    pub fn shared_text(&self) -> Arc<String> {
        Arc::clone(&self.text)
    }

    /// As much of the text as tells what the file is: its first 256 KiB, up to the end of a line.
    pub fn head(&self) -> &str {
        const ENOUGH: usize = 256 * 1024;
        if self.text.len() <= ENOUGH {
            return &self.text;
        }
        let head = &self.text[..self.text.floor_char_boundary(ENOUGH)];
        head.rfind('\n').map_or(head, |newline| &head[..=newline])
    }

    /// Byte offset of the first byte that was not UTF-8.
    pub fn first_bad_byte(&self) -> Option<u32> {
        self.lossy
    }

    fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let newlines = memchr::memchr_iter(b'\n', self.text.as_bytes());
            std::iter::once(0).chain(newlines.map(|at| u32::try_from(at + 1).unwrap_or(u32::MAX))).collect()
        })
    }

    /// Line and column of a byte offset. An offset past the end gives the end.
    pub fn position(&self, offset: u32) -> Position {
        let offset = (offset as usize).min(self.text.len());
        let starts = self.line_starts();
        let line = starts.partition_point(|&start| start as usize <= offset).saturating_sub(1);
        let start = starts[line] as usize;
        let before = self.text.get(start..offset).unwrap_or_default();
        let before = if line == 0 { before.strip_prefix('\u{feff}').unwrap_or(before) } else { before };
        Position { line: to_u32(line + 1), column: to_u32(before.chars().count() + 1) }
    }

    /// Byte range of a line counted from 1, without its line end. `None` past the last line.
    pub fn line(&self, line: u32) -> Option<std::ops::Range<usize>> {
        let starts = self.line_starts();
        let index = (line as usize).checked_sub(1)?;
        let start = *starts.get(index)? as usize;
        let end = starts.get(index + 1).map_or(self.text.len(), |&next| next as usize - 1);
        let end = if self.text[start..end].ends_with('\r') { end - 1 } else { end };
        Some(start..end)
    }

    /// Number of lines; a final line end does not start another one.
    pub fn line_count(&self) -> u32 {
        let starts = self.line_starts();
        let last_is_empty = starts.last().is_some_and(|&start| start as usize == self.text.len());
        to_u32(starts.len() - usize::from(last_is_empty))
    }
}

fn to_u32(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// The last component of a `/`-separated path.
pub fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The path without its last component; empty for a bare name.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// Joins and normalises `/`-separated paths: `a/b` + `../c` is `a/c`; an absolute `path` replaces `base`.
pub fn join(base: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let absolute = path.starts_with('/');
    let whole = if absolute { [path, ""] } else { [base, path] };
    for part in whole.iter().flat_map(|path| path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|&last| last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if absolute || (base.starts_with('/') && !whole[0].is_empty()) { format!("/{joined}") } else { joined }
}

/// All files of one run, in a fixed order.
///
/// ```
/// use confvet_core::{Source, Sources};
/// let sources: Sources = [Source::new("redis.conf", "port 6379\n")].into_iter().collect();
/// let (id, source) = sources.iter().next().unwrap();
/// assert_eq!(source.path(), "redis.conf");
/// assert_eq!(sources.get(id).text(), "port 6379\n");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
    by_path: Map<String, FileId>,
    /// Ids sorted by file name, so that a path suffix is found by binary search.
    by_name: Map<String, Vec<FileId>>,
    /// Ids by directory, so that a glob looks at the files of one directory only.
    by_directory: Map<String, Vec<FileId>>,
    /// Directories by their last component.
    directories: Map<String, Keys<String>>,
    partial: bool,
}

impl Sources {
    /// Adds a file. A second file with the same path replaces nothing: both stay, the first is found by path.
    pub fn add(&mut self, source: Source) -> FileId {
        let id = FileId(to_u32(self.files.len()));
        self.by_path.or_insert(source.path.clone(), id);
        self.by_name.or_default(source.file_name().to_owned()).push(id);
        let directory = parent(&source.path);
        if let Some(files) = self.by_directory.get_mut(directory) {
            let place = files.partition_point(|&other| self.files[other.0 as usize].path <= source.path);
            files.insert(place, id);
        } else {
            self.by_directory.insert(directory.to_owned(), vec![id]);
            self.directories.or_default(file_name(directory).to_owned()).insert(directory.to_owned());
        }
        self.files.push(source);
        id
    }

    /// The file with this id.
    ///
    /// # Panics
    /// If the id comes from other sources, which is a mistake in the caller.
    pub fn get(&self, id: FileId) -> &Source {
        &self.files[id.0 as usize]
    }

    /// All files with their ids, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(index, source)| (FileId(to_u32(index)), source))
    }

    /// Notes that the files were picked one by one: one that is not among them may lie beside them all the same.
    pub fn mark_partial(&mut self) {
        self.partial = true;
    }

    /// The same files, each as `f` makes it anew. The ids stay, and what is known of the whole.
    #[must_use]
    pub fn rewritten(&self, f: impl Fn(FileId, &Source) -> Source) -> Self {
        let files = self.iter().map(|(id, source)| f(id, source));
        Self { partial: self.partial, ..files.collect() }
    }

    /// Were the files picked one by one, rather than found in directories that were read whole?
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// The files that lie in this very directory, sorted by path.
    pub fn in_directory(&self, directory: &str) -> &[FileId] {
        self.by_directory.get(directory).map_or(&[], Vec::as_slice)
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Is there no file?
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The text under a span; empty when the span does not fit the text.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.file).text.get(span.range()).unwrap_or_default()
    }

    /// Line and column where a span starts.
    pub fn start(&self, span: Span) -> Position {
        self.get(span.file).position(span.start)
    }

    /// Line and column one past the end of a span.
    pub fn end(&self, span: Span) -> Position {
        self.get(span.file).position(span.end)
    }

    /// The file with exactly this path.
    pub fn by_path(&self, path: &str) -> Option<FileId> {
        self.by_path.get(path).copied()
    }

    /// Finds the file that a configuration names: exactly this path, then relative to the directory of `from`, then the
    /// file of the set that shares the longest path suffix with the path as written (`/etc/redis/conf.d/x.conf` finds
    /// `roles/cache/files/conf.d/x.conf`). A mere namesake is not found: a relative path must lie beside `from` or one
    /// directory up, an absolute one may lie anywhere when it shares two components and the place of `from` does not say
    /// where it would be. Ties go to the file nearest to `from`.
    pub fn find(&self, from: FileId, path: &str) -> Option<FileId> {
        let here = parent(self.get(from).path());
        if let Some(id) = self.by_path(path).or_else(|| self.by_path(&join(here, path))) {
            return Some(id);
        }
        let wanted = join("", path);
        let candidates = self.by_name.get(file_name(&wanted))?;
        let score = |id: &FileId| {
            let candidate = self.get(*id).path();
            (common_suffix(candidate, &wanted), common_prefix(parent(candidate), here), std::cmp::Reverse(*id))
        };
        let meant = |&id: &FileId| id != from && is_meant(self.get(id).path(), &wanted, here);
        candidates.iter().copied().filter(meant).max_by_key(score)
    }

    /// All files that match a glob with `*`, `?` and `[…]` in its last component, sorted by path. The directory part is
    /// looked up like [`Sources::find`] does.
    pub fn glob(&self, from: FileId, pattern: &str) -> Vec<FileId> {
        let name = file_name(pattern);
        let here = parent(self.get(from).path());
        let absolute = parent(pattern);
        let relative = join(here, absolute);
        let in_dir = |dir: &str| -> Vec<FileId> {
            let files = self.by_directory.get(dir).map_or(&[][..], Vec::as_slice);
            files.iter().copied().filter(|&id| glob_matches(name, self.get(id).file_name())).collect()
        };
        for dir in [absolute, relative.as_str()] {
            let found = in_dir(dir);
            if !found.is_empty() {
                return found;
            }
        }
        let wanted = join("", absolute);
        let has_match = |dir: &&str| {
            let files = self.by_directory.get(*dir).map_or(&[][..], Vec::as_slice);
            files.iter().any(|&id| glob_matches(name, self.get(id).file_name()))
        };
        let alike = self.directories.get(file_name(&wanted)).into_iter().flatten().map(String::as_str);
        let best = (alike.filter(|dir| is_meant(dir, &wanted, here)).filter(has_match))
            .max_by_key(|dir| (common_suffix(dir, &wanted), common_prefix(dir, here), std::cmp::Reverse(dir.len())));
        best.map(in_dir).unwrap_or_default()
    }
}

impl FromIterator<Source> for Sources {
    fn from_iter<I: IntoIterator<Item = Source>>(sources: I) -> Self {
        let mut all = Self::default();
        for source in sources {
            all.add(source);
        }
        all
    }
}

/// Can a path of the set be the one that a file in the directory `here` names, although it is written otherwise? A
/// repository holds what is deployed somewhere else. What lies beside the file, or one directory up, needs no more than
/// the same last component. Farther away a relative path is never meant, and an absolute one needs two, unless `here`
/// itself says where that path would be: for a file in `prod/nginx`, `/etc/nginx/conf.d` is `prod/nginx/conf.d` and never
/// `dev/nginx/conf.d`.
fn is_meant(candidate: &str, wanted: &str, here: &str) -> bool {
    let shared = common_suffix(candidate, wanted);
    let levels = if here.is_empty() { 0 } else { here.split('/').count() };
    let is_near = levels - common_prefix(here, parent(candidate)).min(levels) <= 1;
    if is_near || !wanted.starts_with('/') {
        return is_near && shared > 0;
    }
    let mut above =
        std::iter::successors(Some(parent(wanted)), |path| Some(parent(path)).filter(|path| !path.is_empty()));
    shared > 1 && !above.any(|directory| common_suffix(directory, here) > 0)
}

/// Number of path components that two paths share from their ends.
fn common_suffix(a: &str, b: &str) -> usize {
    a.rsplit('/').zip(b.rsplit('/')).take_while(|(a, b)| a == b && !a.is_empty()).count()
}

/// Number of path components that two paths share from their starts.
fn common_prefix(a: &str, b: &str) -> usize {
    a.split('/').zip(b.split('/')).take_while(|(a, b)| a == b).count()
}

/// Does a file name match a shell glob (`*`, `?`, `[abc]`, `[a-z]`, `[!x]`)? A leading dot must be matched literally.
/// Linear in practice: one position to go back to, as only the last `*` matters.
pub fn glob_matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut rest) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while rest < name.len() {
        let step = match pattern.get(at) {
            Some('*') => {
                star = Some((at, rest));
                at += 1;
                continue;
            }
            Some('?') => Some(1),
            Some('[') => class_matches(&pattern[at..], name[rest]),
            Some(&literal) if literal == name[rest] => Some(1),
            _ => None,
        };
        match (step, star) {
            (Some(width), _) => {
                at += width;
                rest += 1;
            }
            (None, Some((star_at, from))) => {
                at = star_at + 1;
                rest = from + 1;
                star = Some((star_at, rest));
            }
            (None, None) => return false,
        }
    }
    pattern[at..].iter().all(|&rest| rest == '*')
}

/// The width of a `[…]` at the start of `pattern` if it holds `c`. An unclosed `[` is a literal.
fn class_matches(pattern: &[char], c: char) -> Option<usize> {
    let negated = matches!(pattern.get(1), Some('!' | '^'));
    let first = 1 + usize::from(negated);
    let Some(close) = pattern.iter().skip(first + 1).position(|&end| end == ']').map(|at| at + first + 1) else {
        return (c == '[').then_some(1);
    };
    let mut inside = false;
    let mut at = first;
    while at < close {
        if at + 2 < close && pattern[at + 1] == '-' {
            inside |= (pattern[at]..=pattern[at + 2]).contains(&c);
            at += 3;
        } else {
            inside |= pattern[at] == c;
            at += 1;
        }
    }
    (inside != negated).then_some(close + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_not_the_byte_order_mark() {
        let source = Source::new("x", "\u{feff}héllo wörld\r\nzwei\r\n");
        assert_eq!(source.position(3), Position { line: 1, column: 1 });
        let world = u32::try_from(source.text().find("wörld").unwrap()).unwrap();
        assert_eq!(source.position(world), Position { line: 1, column: 7 });
        let two = u32::try_from(source.text().find("zwei").unwrap()).unwrap();
        assert_eq!(source.position(two), Position { line: 2, column: 1 });
        assert_eq!(source.line(2).map(|range| &source.text()[range]), Some("zwei"));
        assert_eq!(source.line_count(), 2);
    }

    #[test]
    fn the_head_of_a_long_file_ends_with_a_line() {
        assert_eq!(Source::new("x", "a\nb").head(), "a\nb");
        let long = Source::new("x", "é line\n".repeat(100_000));
        assert!(long.head().len() > 200_000 && long.head().len() < 300_000);
        assert!(long.head().ends_with('\n'));
        assert!(!Source::new("x", "é".repeat(200_000)).head().is_empty());
    }

    #[test]
    fn bytes_that_are_not_utf8_are_kept_readable() {
        let source = Source::from_bytes("x", b"# caf\xe9\nport 1\n".to_vec());
        assert_eq!(source.first_bad_byte(), Some(5));
        assert!(source.text().contains("port 1"));
    }

    #[test]
    fn only_the_permissions_of_a_mode_are_kept_and_stay_with_another_text() {
        assert_eq!(Source::new("x", "").mode(), None);
        let source = Source::new("x", "").with_mode(0o100_644);
        assert_eq!((source.mode(), source.with_text("y").mode()), (Some(0o644), Some(0o644)));
    }

    #[test]
    fn paths_join_like_a_shell_reads_them() {
        assert_eq!(join("a/b", "../c"), "a/c");
        assert_eq!(join("a/b", "/etc/x"), "/etc/x");
        assert_eq!(join("", "./x/../y"), "y");
        assert_eq!(join("/etc", "x"), "/etc/x");
        assert_eq!(join("a", "../../x"), "../x");
    }

    #[test]
    fn a_directory_holds_its_own_files_only() {
        let sources: Sources = ["d/b", "d/a", "d/e/c", "x/d/a"].iter().map(|path| Source::new(*path, "")).collect();
        let names: Vec<&str> = sources.in_directory("d").iter().map(|&id| sources.get(id).path()).collect();
        assert_eq!(names, ["d/a", "d/b"]);
        assert_eq!(sources.in_directory("nowhere"), []);
    }

    #[test]
    fn a_named_file_is_found_by_its_longest_suffix() {
        let paths = ["roles/a/files/conf.d/x.conf", "roles/b/files/conf.d/x.conf", "roles/b/files/redis.conf"];
        let sources: Sources = paths.iter().map(|path| Source::new(*path, "")).collect();
        let main = sources.by_path("roles/b/files/redis.conf").unwrap();
        let found = sources.find(main, "/etc/redis/conf.d/x.conf").unwrap();
        assert_eq!(sources.get(found).path(), "roles/b/files/conf.d/x.conf");
        let found = sources.glob(main, "/etc/redis/conf.d/*.conf");
        assert_eq!(found.len(), 1);
        assert_eq!(sources.get(found[0]).path(), "roles/b/files/conf.d/x.conf");
        assert_eq!(sources.find(main, "/etc/redis/conf.d/y.conf"), None);
    }

    #[test]
    fn a_namesake_far_away_is_not_meant() {
        let paths = [
            "/etc/postgresql/15/main/postgresql.conf",
            "/etc/fonts/conf.d/10-hinting.conf",
            "/etc/fonts/local.conf",
            "prod/nginx/nginx.conf",
            "dev/nginx/conf.d/site.conf",
            "shared/ssl/conf.d/tls.conf",
        ];
        let sources: Sources = paths.iter().map(|path| Source::new(*path, "")).collect();
        let from = |path| sources.by_path(path).unwrap();
        let (postgres, nginx) = (from(paths[0]), from(paths[3]));
        assert_eq!(sources.glob(postgres, "conf.d/*.conf"), []);
        assert_eq!(sources.find(postgres, "local.conf"), None);
        assert_eq!(sources.find(postgres, "/var/lib/x/local.conf"), None);
        assert_eq!(sources.glob(nginx, "/etc/nginx/conf.d/*.conf"), []);
        assert_eq!(sources.find(nginx, "/srv/ssl/conf.d/tls.conf"), Some(from(paths[5])));
    }

    #[test]
    fn globs_match_as_the_c_library_does() {
        assert!(glob_matches("*.conf", "a.conf"));
        assert!(!glob_matches("*.conf", ".a.conf"));
        assert!(glob_matches("[0-9][!a]-?*.conf", "1b-xyz.conf"));
        assert!(!glob_matches("[0-9][!a]-?*.conf", "1a-xyz.conf"));
        assert!(glob_matches("a*b*c", "aXbYbZc"));
        assert!(!glob_matches("a*b*c", "aXbYbZ"));
    }
}
