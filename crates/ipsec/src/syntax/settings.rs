//! `swanctl.conf` and `strongswan.conf`: nested sections of `key = value`, as strongSwan's settings parser reads them.

use crate::syntax::{MAX_INCLUDE_DEPTH, has_hole, included};
use compact_str::CompactString;
use confvet_core::{FileId, Keys, Map, Sources, Span};
use std::borrow::Cow;

/// A settings file with everything it includes. Node 0 is the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Every section, in the order of its first appearance.
    pub nodes: Vec<Node>,
    /// What stops the parser; it gives up at the first fault of a file.
    pub problems: Vec<SettingsProblem>,
    /// The files read, the root first.
    pub files: Vec<FileId>,
    /// Sections by the section they stand in and their name.
    by_name: Map<(usize, CompactString), usize>,
    /// For each section those it inherits from, nearest first. Empty when no section names another.
    lineage: Vec<Vec<usize>>,
}

/// No honest section has more ancestors.
const MAX_LINEAGE: usize = 32;

/// A section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: CompactString,
    /// Where the name stands first.
    pub name_span: Span,
    /// The section it stands in.
    pub parent: usize,
    /// Its subsections.
    pub children: Vec<usize>,
    /// Its settings; later ones of the same name win.
    pub options: Vec<Opt>,
    /// Sections it inherits from, as dotted paths.
    pub references: Vec<(CompactString, Span)>,
    /// Just behind the opening brace.
    pub body: Span,
}

/// `key = value`.
#[derive(Clone, PartialEq, Eq)]
pub struct Opt {
    /// The key.
    pub name: CompactString,
    /// Where it stands.
    pub name_span: Span,
    /// The value without quotes.
    pub value: CompactString,
    /// Where it stands, without quotes.
    pub value_span: Span,
    /// The line, from its indentation to its end, when the setting is alone on it.
    pub line: Option<Span>,
}

/// The value of a secret is not printed.
impl std::fmt::Debug for Opt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let value = if self.is_secret() { "***" } else { self.value.as_str() };
        f.debug_struct("Opt").field("name", &self.name).field("value", &value).field("span", &self.value_span).finish()
    }
}

impl Opt {
    /// Is the value a secret?
    pub fn is_secret(&self) -> bool {
        matches!(self.name.as_str(), "secret" | "pin")
    }

    /// A template engine fills it in.
    pub fn has_hole(&self) -> bool {
        has_hole(&self.value)
    }
}

/// Why the parser gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsProblemKind {
    /// A `}` that closes nothing.
    UnexpectedClose,
    /// A section that is never closed.
    Unclosed,
    /// A `{` without a name.
    MissingName,
    /// A `=` without a key.
    MissingKey,
    /// A key without `=`.
    MissingEquals,
    /// A character that names may not hold.
    BadName,
    /// A quote that is never closed.
    UnterminatedString,
    /// An `include` that comes back to itself.
    IncludeCycle,
}

/// A place at which the parser gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingsProblem {
    /// Why.
    pub kind: SettingsProblemKind,
    /// The token; for an unclosed section its name.
    pub span: Span,
}

/// Reads a file and what it includes.
pub fn parse(sources: &Sources, file: FileId) -> Settings {
    let start = Span::new(file, 0..0);
    let root = Node {
        name: CompactString::default(),
        name_span: start,
        parent: 0,
        children: Vec::new(),
        options: Vec::new(),
        references: Vec::new(),
        body: start,
    };
    let settings = Settings {
        nodes: vec![root],
        problems: Vec::new(),
        files: Vec::new(),
        by_name: Map::new(),
        lineage: Vec::new(),
    };
    let mut reader = Reader { sources, settings, open: vec![0], seen: Keys::new(), active: Vec::new() };
    reader.file(file);
    reader.settings.trace_lineage();
    reader.settings
}

struct Reader<'a> {
    sources: &'a Sources,
    settings: Settings,
    /// The sections that are open, the innermost last.
    open: Vec<usize>,
    /// The files read, for asking.
    seen: Keys<FileId>,
    /// The files that are being read, the innermost last.
    active: Vec<FileId>,
}

/// The parser gave up.
struct GaveUp;

impl Reader<'_> {
    fn file(&mut self, file: FileId) {
        if self.seen.insert(file) {
            self.settings.files.push(file);
        }
        self.active.push(file);
        let depth = self.open.len();
        let sources = self.sources;
        let text = sources.get(file).text();
        let result = self.statements(file, text);
        if result.is_ok() && self.open.len() > depth {
            let innermost = self.open.last().copied().unwrap_or_default();
            let span = self.settings.nodes[innermost].name_span;
            self.settings.problems.push(SettingsProblem { kind: SettingsProblemKind::Unclosed, span });
        }
        self.open.truncate(depth);
        self.active.pop();
    }

    fn give_up(&mut self, kind: SettingsProblemKind, span: Span) -> Result<(), GaveUp> {
        self.settings.problems.push(SettingsProblem { kind, span });
        Err(GaveUp)
    }

    fn statements(&mut self, file: FileId, text: &str) -> Result<(), GaveUp> {
        let bytes = text.as_bytes();
        let bottom = self.open.len();
        let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        while at < bytes.len() {
            match bytes[at] {
                b' ' | b'\t' | b'\r' | b'\n' => at += 1,
                b'#' => at = line_end(bytes, at),
                b'}' => {
                    if self.open.len() == bottom {
                        return self.give_up(SettingsProblemKind::UnexpectedClose, Span::new(file, at..at + 1));
                    }
                    self.open.pop();
                    at += 1;
                }
                b'{' if text[at..].starts_with("{{") || text[at..].starts_with("{%") => at = line_end(bytes, at),
                b'{' => return self.give_up(SettingsProblemKind::MissingName, Span::new(file, at..at + 1)),
                b'=' => return self.give_up(SettingsProblemKind::MissingKey, Span::new(file, at..at + 1)),
                byte if !is_name(byte) => {
                    let width = text[at..].chars().next().map_or(1, char::len_utf8);
                    return self.give_up(SettingsProblemKind::BadName, Span::new(file, at..at + width));
                }
                _ => at = self.statement(file, text, at)?,
            }
        }
        Ok(())
    }

    /// A statement that begins with a name; returns where reading goes on.
    fn statement(&mut self, file: FileId, text: &str, start: usize) -> Result<usize, GaveUp> {
        let bytes = text.as_bytes();
        let mut end = start;
        while end < bytes.len() && is_name(bytes[end]) {
            end += 1;
        }
        let name = &text[start..end];
        let name_span = Span::new(file, start..end);
        let after = skip_blanks(bytes, end);
        if name == "include" && after > end && !matches!(bytes.get(after), Some(b'=' | b'{')) {
            return Ok(self.include(file, text, after));
        }
        match bytes.get(after) {
            Some(b'=') => self.option(file, text, (start, end), after + 1),
            Some(b':') => {
                let brace = text[after..].find('{').map(|offset| after + offset);
                let Some(brace) = brace else {
                    self.give_up(SettingsProblemKind::MissingEquals, name_span)?;
                    return Ok(bytes.len());
                };
                self.open(name, name_span, brace + 1);
                self.references(file, text, after + 1, brace);
                Ok(brace + 1)
            }
            Some(b'#' | b'\n' | b'\r' | b'{') => {
                let mut brace = after;
                while brace < bytes.len() && matches!(bytes[brace], b'\n' | b'\r' | b' ' | b'\t' | b'#') {
                    brace = if bytes[brace] == b'#' { line_end(bytes, brace) } else { brace + 1 };
                }
                if bytes.get(brace) != Some(&b'{') {
                    self.give_up(SettingsProblemKind::MissingEquals, name_span)?;
                }
                self.open(name, name_span, brace + 1);
                Ok(brace + 1)
            }
            Some(b'.' | b',' | b'"') if after == end => {
                self.give_up(SettingsProblemKind::BadName, Span::new(file, after..after + 1))?;
                Ok(bytes.len())
            }
            _ => {
                self.give_up(SettingsProblemKind::MissingEquals, name_span)?;
                Ok(bytes.len())
            }
        }
    }

    fn open(&mut self, name: &str, name_span: Span, body: usize) {
        let parent = self.open.last().copied().unwrap_or_default();
        let key = (parent, CompactString::new(name));
        let node = match self.settings.by_name.get(&key) {
            Some(&node) => node,
            None => {
                let node = self.settings.nodes.len();
                self.settings.nodes.push(Node {
                    name: key.1.clone(),
                    name_span,
                    parent,
                    children: Vec::new(),
                    options: Vec::new(),
                    references: Vec::new(),
                    body: Span::new(name_span.file, body..body),
                });
                self.settings.nodes[parent].children.push(node);
                self.settings.by_name.insert(key, node);
                node
            }
        };
        self.open.push(node);
    }

    fn references(&mut self, file: FileId, text: &str, from: usize, to: usize) {
        let node = self.open.last().copied().unwrap_or_default();
        let mut at = from;
        for part in text[from..to].split(',') {
            let word = part.trim();
            let start = at + (part.len() - part.trim_start().len());
            if !word.is_empty() {
                self.settings.nodes[node].references.push((word.into(), Span::new(file, start..start + word.len())));
            }
            at += part.len() + 1;
        }
    }

    fn option(&mut self, file: FileId, text: &str, name: (usize, usize), from: usize) -> Result<usize, GaveUp> {
        let bytes = text.as_bytes();
        let start = skip_blanks(bytes, from);
        let mut at = start;
        let mut strings = false;
        while at < bytes.len() && !matches!(bytes[at], b'\n' | b'}' | b'#') {
            if bytes[at..].starts_with(b"{{") || bytes[at..].starts_with(b"${") {
                // A hole: its closing brace is no brace of the file.
                let close = memchr::memchr(b'}', &bytes[at..]).map_or(bytes.len(), |offset| at + offset + 1);
                at = if bytes.get(close) == Some(&b'}') { close + 1 } else { close };
                continue;
            }
            if bytes[at] != b'"' {
                at += 1;
                continue;
            }
            strings = true;
            let open = at;
            at += 1;
            while at < bytes.len() && bytes[at] != b'"' {
                at += if bytes[at] == b'\\' { 2 } else { 1 };
            }
            if at >= bytes.len() {
                self.give_up(SettingsProblemKind::UnterminatedString, Span::new(file, open..open + 1))?;
            }
            at += 1;
        }
        let end = start + text[start..at].trim_end().len();
        let mut value = (start, end);
        let raw = &text[start..end];
        if strings
            && raw.len() >= 2
            && raw.starts_with('"')
            && raw.ends_with('"')
            && !raw[1..raw.len() - 1].contains('"')
        {
            value = (start + 1, end - 1);
        }
        let line_start = text[..name.0].rfind('\n').map_or(0, |newline| newline + 1);
        let alone = text[line_start..name.0].trim().is_empty() && matches!(bytes.get(at), None | Some(b'\n'));
        let node = self.open.last().copied().unwrap_or_default();
        self.settings.nodes[node].options.push(Opt {
            name: CompactString::new(&text[name.0..name.1]),
            name_span: Span::new(file, name.0..name.1),
            value: CompactString::new(&text[value.0..value.1]),
            value_span: Span::new(file, value.0..value.1),
            line: alone.then(|| Span::new(file, line_start..(at + 1).min(bytes.len()))),
        });
        Ok(at)
    }

    fn include(&mut self, file: FileId, text: &str, from: usize) -> usize {
        let end = line_end(text.as_bytes(), from);
        let raw = &text[from..end];
        let raw = raw.split('#').next().unwrap_or_default().trim();
        let span = Span::new(file, from..from + raw.len());
        for other in included(self.sources, file, raw) {
            if self.active.contains(&other) {
                self.settings.problems.push(SettingsProblem { kind: SettingsProblemKind::IncludeCycle, span });
            } else if self.active.len() <= MAX_INCLUDE_DEPTH && !self.seen.contains(&other) {
                self.file(other);
            }
        }
        end
    }
}

fn is_name(byte: u8) -> bool {
    !matches!(byte, b'#' | b'{' | b'}' | b':' | b'.' | b',' | b'=' | b'"' | b'\r' | b'\n' | b'\t' | b' ')
}

fn skip_blanks(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && matches!(bytes[at], b' ' | b'\t') {
        at += 1;
    }
    at
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |offset| at + offset)
}

impl Settings {
    /// The subsections of a section, inherited ones included, own ones first.
    pub fn children(&self, node: usize) -> Cow<'_, [usize]> {
        if self.lineage(node).is_empty() {
            return Cow::Borrowed(&self.nodes[node].children);
        }
        let mut all = self.nodes[node].children.clone();
        let mut names: Keys<&str> = all.iter().map(|&child| self.nodes[child].name.as_str()).collect();
        for &ancestor in self.lineage(node) {
            let inherited = self.nodes[ancestor].children.iter().copied();
            all.extend(inherited.filter(|&child| names.insert(self.nodes[child].name.as_str())));
        }
        Cow::Owned(all)
    }

    /// A section by its path from the root.
    pub fn section(&self, path: &[&str]) -> Option<usize> {
        path.iter().try_fold(0, |node, name| self.child(node, name))
    }

    fn child(&self, node: usize, name: &str) -> Option<usize> {
        self.by_name.get(&(node, CompactString::new(name))).copied()
    }

    /// Does any section inherit from another?
    pub fn inherits(&self) -> bool {
        !self.lineage.is_empty()
    }

    /// The sections that one inherits from, nearest first.
    pub fn lineage(&self, node: usize) -> &[usize] {
        self.lineage.get(node).map_or(&[], Vec::as_slice)
    }

    /// Finds out what each section inherits from: what it names, and the sections of its own name in what its parent
    /// inherits from. Parents stand before their subsections in the list.
    fn trace_lineage(&mut self) {
        if self.nodes.iter().all(|node| node.references.is_empty()) {
            return;
        }
        self.lineage = Vec::with_capacity(self.nodes.len());
        for node in 0..self.nodes.len() {
            let mut lineage = vec![node];
            let mut at = 0;
            while at < lineage.len() && lineage.len() < MAX_LINEAGE {
                for (path, _) in self.nodes[lineage[at]].references.iter().rev().take(MAX_LINEAGE) {
                    let found = path.split('.').try_fold(0, |node, name| self.child(node, name));
                    lineage.extend(found.filter(|found| !lineage.contains(found)));
                }
                at += 1;
            }
            let Node { name, parent, .. } = &self.nodes[node];
            for &ancestor in self.lineage.get(*parent).into_iter().flatten() {
                let found = self.child(ancestor, name).filter(|found| !lineage.contains(found));
                lineage.extend(found.filter(|_| lineage.len() < MAX_LINEAGE));
            }
            lineage.remove(0);
            self.lineage.push(lineage);
        }
    }

    /// The setting in force: the last of the section's own, else an inherited one.
    pub fn option(&self, node: usize, name: &str) -> Option<&Opt> {
        let own = |node: usize| self.nodes[node].options.iter().rev().find(|option| option.name == name);
        let inherited = || self.lineage(node).iter().find_map(|&ancestor| own(ancestor));
        own(node).or_else(inherited).filter(|option| !option.value.is_empty())
    }

    /// References that name no section.
    pub fn dangling_references(&self) -> impl Iterator<Item = (&CompactString, Span)> {
        self.nodes.iter().flat_map(|node| &node.references).filter_map(|(path, span)| {
            let parts: Vec<&str> = path.split('.').collect();
            self.section(&parts).is_none().then_some((path, *span))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confvet_core::Source;

    fn read(text: &str) -> Settings {
        let sources: Sources = [Source::new("swanctl.conf", text)].into_iter().collect();
        parse(&sources, FileId(0))
    }

    fn value(settings: &Settings, path: &[&str], name: &str) -> Option<String> {
        Some(settings.option(settings.section(path)?, name)?.value.to_string())
    }

    #[test]
    fn values_run_to_the_line_end_a_brace_or_a_comment() {
        let settings = read("a {\n  x = y z # c\n  b { c = d }\n  e = \"q # }\"\n  f = g {\n}\n");
        assert_eq!(settings.problems, []);
        assert_eq!(value(&settings, &["a"], "x").unwrap(), "y z");
        assert_eq!(value(&settings, &["a", "b"], "c").unwrap(), "d");
        assert_eq!(value(&settings, &["a"], "e").unwrap(), "q # }");
        assert_eq!(value(&settings, &["a"], "f").unwrap(), "g {");
        assert_eq!(value(&read("a { b = c d = e }\n"), &["a"], "b").unwrap(), "c d = e");
    }

    #[test]
    fn sections_merge_and_the_last_value_wins() {
        let settings = read("a {\n x = 1\n x = 2\n}\na\n{\n y = 3\n}\n");
        assert_eq!(value(&settings, &["a"], "x").unwrap(), "2");
        assert_eq!(value(&settings, &["a"], "y").unwrap(), "3");
        assert_eq!(settings.nodes.len(), 2);
    }

    #[test]
    fn references_inherit_and_unknown_ones_are_known() {
        let settings = read("base {\n x = 1\n s {\n  y = 2\n }\n}\na : base, nowhere {\n}\n");
        let a = settings.section(&["a"]).unwrap();
        assert_eq!(settings.option(a, "x").unwrap().value, "1");
        assert_eq!(settings.children(a).len(), 1);
        assert_eq!(settings.dangling_references().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["nowhere"]);
    }

    #[test]
    fn subsections_inherit_from_those_of_the_same_name() {
        let settings = read(
            "base {\n local {\n  auth = psk\n }\n children {\n  net {\n   mode = tunnel\n   x = 1\n  }\n }\n}\n\
             a : base {\n local {\n  id = gw\n }\n children {\n  net {\n   x = 2\n  }\n  dmz {\n  }\n }\n}\nb : a {\n}\n",
        );
        assert_eq!(value(&settings, &["a", "local"], "auth").as_deref(), Some("psk"));
        assert_eq!(value(&settings, &["a", "children", "net"], "mode").as_deref(), Some("tunnel"));
        assert_eq!(value(&settings, &["a", "children", "net"], "x").as_deref(), Some("2"));
        assert_eq!(value(&settings, &["a", "children", "dmz"], "x"), None);
        assert_eq!(settings.children(settings.section(&["b"]).unwrap()).len(), 2);
    }

    #[test]
    fn faults_stop_the_reading() {
        use SettingsProblemKind::*;
        for (text, kind) in [
            ("}\n", UnexpectedClose),
            ("a {\n b {\n }\n", Unclosed),
            ("{\n}\n", MissingName),
            ("a {\n = b\n}\n", MissingKey),
            ("a {\n b\n c = d\n}\n", MissingEquals),
            ("\"x\" = y\n", BadName),
            ("a { /var/log/daemon.log = 1 }\n", BadName),
            ("a {\n b = \"c\n}\n", UnterminatedString),
        ] {
            let problems = read(text).problems;
            assert_eq!(problems.iter().map(|problem| problem.kind).collect::<Vec<_>>(), [kind], "{text:?}");
        }
    }

    #[test]
    fn an_include_cycle_is_found() {
        let sources: Sources =
            [Source::new("swanctl.conf", "include b.conf\n"), Source::new("b.conf", "include swanctl.conf\n")]
                .into_iter()
                .collect();
        let settings = parse(&sources, FileId(0));
        assert_eq!(settings.problems[0].kind, SettingsProblemKind::IncludeCycle);
    }
}
