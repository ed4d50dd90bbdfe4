//! The files of SPOE filters: agents, messages and groups, each under the name of the engine that reads it.

mod check;

use super::schema::{Problem, ProblemKind};
use super::{Condition, Haproxy, PREDEFINED, Proxy, Statement, Term};
use crate::condition::{Branch, Conditions};
use crate::syntax::{Cut, Lexer, Line, Name, Prefix, SyntaxKind, SyntaxProblem, Word, Words};
use crate::table::{Context, Phases};
use confvet_core::{FileId, Keys, Map, Span, did_you_mean};
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// The kinds of section of a SPOE file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpoeKind {
    /// `spoe-agent`: to whom the filter talks.
    SpoeAgent,
    /// `spoe-message`: what it says, and when.
    SpoeMessage,
    /// `spoe-group`: messages that a `send-spoe-group` rule sends.
    SpoeGroup,
}

impl SpoeKind {
    /// The section that a word opens.
    pub fn of_word(word: &str) -> Option<Self> {
        Some(match word {
            "spoe-agent" => Self::SpoeAgent,
            "spoe-message" => Self::SpoeMessage,
            "spoe-group" => Self::SpoeGroup,
            _ => return None,
        })
    }

    /// The section word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SpoeAgent => "spoe-agent",
            Self::SpoeMessage => "spoe-message",
            Self::SpoeGroup => "spoe-group",
        }
    }

    fn context(self) -> Context {
        match self {
            Self::SpoeAgent => Context::SpoeAgent,
            Self::SpoeMessage => Context::SpoeMessage,
            Self::SpoeGroup => Context::SpoeGroup,
        }
    }
}

/// One line of a SPOE section.
#[derive(Debug)]
pub struct SpoeLine {
    line: Line,
    prefix: Option<Prefix>,
    branch: Branch,
}

/// As the list of its words, without `no` or `default` in front.
impl Serialize for SpoeLine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.words().serialize(serializer)
    }
}

impl SpoeLine {
    /// Its words, without `no` or `default` in front.
    pub fn words(&self) -> Words<'_> {
        self.line.words()
    }

    /// The keyword.
    fn first(&self) -> Word<'_> {
        self.words().first().unwrap_or(Word::nothing(Span::new(self.line.file(), 0..0)))
    }

    /// The word `no` or `default` in front of the keyword.
    fn prefix_word(&self) -> Option<Word<'_>> {
        self.prefix.and_then(|_| self.line.prefix_word())
    }

    fn text(&self, index: usize) -> &str {
        self.words().text(index)
    }

    /// No variable may become several words or none, and no word is empty.
    fn is_whole(&self) -> bool {
        !self.words().iter().any(|word| word.is_variable() || word.is_empty())
    }
}

/// A section of a SPOE file.
#[derive(Debug, Serialize)]
pub struct SpoeSection {
    /// Which kind.
    pub kind: SpoeKind,
    /// The engine in whose scope it stands: `[engine]`. Without a scope it is for filters without `engine`.
    pub engine: Option<String>,
    /// Its name.
    pub name: Option<Name>,
    /// Its lines, in order.
    pub lines: Vec<SpoeLine>,
    #[serde(skip)]
    extra: Option<Name>,
    #[serde(skip)]
    word: Span,
    #[serde(skip)]
    branch: Branch,
}

impl SpoeSection {
    fn name(&self) -> &str {
        self.name.as_ref().map_or("", |name| name.text.as_str())
    }

    fn header(&self) -> Span {
        self.name.as_ref().map_or(self.word, |name| name.span)
    }

    /// The words behind a keyword, of all lines that start with it.
    fn listed<'a>(&'a self, keyword: &'a str) -> impl Iterator<Item = (&'a SpoeLine, Word<'a>)> {
        let lines = self.lines.iter().filter(move |line| line.text(0) == keyword && line.prefix.is_none());
        lines.flat_map(|line| line.words().from(1).iter().map(move |word| (line, word)))
    }
}

/// A file of a SPOE filter.
#[derive(Debug, Serialize)]
pub struct SpoeFile {
    /// Its sections, engine by engine.
    pub sections: Vec<SpoeSection>,
    #[serde(skip)]
    file: FileId,
}

impl SpoeFile {
    /// The sections that an engine reads, in order.
    pub fn of_engine<'a>(&'a self, engine: Option<&'a str>) -> impl Iterator<Item = &'a SpoeSection> {
        let start = self.sections.partition_point(|section| section.engine.as_deref() < engine);
        self.sections[start..].iter().take_while(move |section| section.engine.as_deref() == engine)
    }

    /// The groups that the agent of an engine knows; `None` when a variable may add others.
    fn groups<'a>(&'a self, engine: Option<&'a str>) -> Option<Keys<&'a str>> {
        let agents = self.of_kind(engine, SpoeKind::SpoeAgent);
        let groups = agents.flat_map(|agent| agent.listed("groups")).map(|(_, group)| group);
        groups.map(|group| group.is_known().then_some(group.text)).collect()
    }

    fn of_kind<'a>(&'a self, engine: Option<&'a str>, kind: SpoeKind) -> impl Iterator<Item = &'a SpoeSection> {
        self.of_engine(engine).filter(move |section| section.kind == kind)
    }
}

/// A `filter spoe` line, and the file it reads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpoeFilter<'a> {
    pub(crate) proxy: &'a Proxy,
    pub(crate) statement: &'a Statement,
    /// The word behind `engine`.
    pub(crate) engine: Option<Word<'a>>,
    /// The word behind `config`.
    pub(crate) config: Word<'a>,
}

impl<'a> SpoeFilter<'a> {
    fn of(proxy: &'a Proxy, statement: &'a Statement) -> Option<Self> {
        let config = statement.after("config")?;
        let is_spoe = statement.starts("filter", "spoe") && statement.is_whole();
        is_spoe.then(|| Self { proxy, statement, engine: statement.after("engine"), config })
    }

    fn engine_name(&self) -> Option<&'a str> {
        self.engine.map(|engine| engine.text)
    }
}

/// A name in a SPOE file, or the engine and group of a `send-spoe-group`, that nothing defines.
#[derive(Debug)]
pub(crate) struct UndefinedInSpoe {
    /// What it would have to be.
    pub(crate) what: &'static str,
    /// The name.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) span: Span,
    pub(crate) branch: Branch,
    /// What is near.
    pub(crate) near: Option<String>,
}

/// Two sections, or two filters, with one name.
#[derive(Debug)]
pub(crate) struct TwiceInSpoe {
    pub(crate) what: &'static str,
    pub(crate) first: Span,
    pub(crate) second: Span,
    pub(crate) branch: Branch,
}

/// An agent whose backend speaks another mode than it needs.
#[derive(Debug)]
pub(crate) struct SpoeBackend<'a> {
    pub(crate) agent: &'a str,
    pub(crate) name: Word<'a>,
    pub(crate) backend: &'a Proxy,
    pub(crate) branch: Branch,
}

/// Moments at which a message may be sent.
const EVENTS: &[(&str, Phases)] = &[
    ("on-backend-http-request", Phases::BACKEND_REQUEST),
    ("on-backend-tcp-request", Phases::BACKEND_CONTENT),
    ("on-client-session", Phases::SESSION),
    ("on-frontend-http-request", Phases::FRONTEND_REQUEST),
    ("on-frontend-tcp-request", Phases::FRONTEND_CONTENT),
    ("on-http-response", Phases::FRONTEND_RESPONSE.or(Phases::BACKEND_RESPONSE)),
    ("on-server-session", Phases::SERVER_CONNECTION),
    ("on-tcp-response", Phases::FRONTEND_RESPONSE_CONTENT.or(Phases::BACKEND_RESPONSE_CONTENT)),
];

/// Options of an agent: may `no` stand in front, and does it take a word?
const OPTIONS: &[(&str, bool, bool)] = &[
    ("async", true, false),
    ("continue-on-error", false, false),
    ("dontlog-normal", true, false),
    ("force-set-var", false, false),
    ("pipelining", true, false),
    ("send-frag-payload", true, false),
    ("set-on-error", false, true),
    ("set-process-time", false, true),
    ("set-total-time", false, true),
    ("var-prefix", false, true),
];

fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'))
}

fn invalid(span: Span, branch: Branch, message: String) -> Problem {
    Problem { kind: ProblemKind::Invalid { message, instead: None }, span, branch, statement: None }
}

/// Reads the sections of a SPOE file. What cannot be read as lines is among the model's syntax problems.
fn read(haproxy: &mut Haproxy, file: FileId, text: &Arc<String>, problems: &mut Vec<Problem>) -> SpoeFile {
    let mut lexer = Lexer::new(file, text);
    lexer.keeps_scopes = true;
    let mut branches = std::mem::take(&mut haproxy.branches);
    let mut conditions = Conditions::new(&mut branches, haproxy.target);
    let mut lines: Vec<(Cut, Branch)> = Vec::new();
    while let Some(cut) = lexer.next_line() {
        let words = lexer.words.words_of(&cut);
        if words.text(0).starts_with('.') {
            haproxy.syntax.extend(conditions.directive(words));
        } else if let Some(branch) = conditions.branch() {
            lines.push((cut, branch));
        }
    }
    haproxy.syntax.extend(conditions.finish());
    haproxy.syntax.append(&mut lexer.problems);
    haproxy.template |= lexer.template;
    haproxy.branches = branches;
    let words = Arc::new(lexer.words);
    let mut sections: Vec<SpoeSection> = Vec::new();
    let mut engine: Option<String> = None;
    for (cut, branch) in lines {
        let mut line = Line::of(&words, &cut);
        let mut words = line.words().iter();
        let Some(first) = words.next() else { continue };
        if first.text.starts_with('[') {
            let name = first.text.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
            match name.filter(|name| !name.is_empty() && is_name(name) && words.len() == 0) {
                Some(name) => engine = Some(name.to_owned()),
                None => {
                    let message =
                        "a scope is the name of an engine in brackets, alone on its line: `[engine]`".to_owned();
                    let span = words.next_back().map_or(first.span, |last| first.span.to(last.span));
                    problems.push(invalid(span, branch, message));
                }
            }
            continue;
        }
        if let Some(kind) = SpoeKind::of_word(first.text) {
            let (name, extra) = (words.next().map(Name::from), words.next().map(Name::from));
            let (engine, lines) = (engine.clone(), Vec::new());
            sections.push(SpoeSection { kind, engine, name, lines, extra, word: first.span, branch });
            continue;
        }
        let Some(section) = sections.last_mut() else {
            haproxy.syntax.push(SyntaxProblem { kind: SyntaxKind::OutOfSection, span: first.span });
            continue;
        };
        let prefix = line.take_prefix();
        section.lines.push(SpoeLine { line, prefix, branch });
    }
    sections.sort_by(|a, b| a.engine.cmp(&b.engine));
    SpoeFile { sections, file }
}

impl Haproxy {
    /// Adds the files of SPOE filters. `reached` says for each whether a filter of this configuration reads it: then only
    /// the scopes of its engines count, as HAProxy skips all others.
    pub(crate) fn add_spoe(&mut self, files: &[(FileId, Arc<String>)], reached: bool) {
        let mut problems = Vec::new();
        for (file, text) in files {
            let spoe = read(self, *file, text, &mut problems);
            self.spoe.push(spoe);
        }
        self.reads_spoe = reached;
        let haproxy: &Haproxy = self;
        let mut checks = check::Checks { haproxy, problems };
        for (spoe, engine) in haproxy.engines() {
            checks.engine(spoe, engine);
        }
        for filter in haproxy.spoe_filters() {
            checks.filter(&filter);
        }
        let problems = checks.problems;
        self.problems.extend(problems);
    }

    /// The `filter spoe` lines of frontends, backends and listens.
    pub(crate) fn spoe_filters(&self) -> impl Iterator<Item = SpoeFilter<'_>> {
        self.proxies.iter().flat_map(|proxy| proxy.all("filter").filter_map(|line| SpoeFilter::of(proxy, line)))
    }

    /// The file that a filter reads, when it is known.
    fn spoe_file(&self, filter: &SpoeFilter<'_>) -> Option<&SpoeFile> {
        let path = self.spoe_paths.binary_search_by(|(path, _)| path.as_str().cmp(filter.config.text)).ok()?;
        let file = self.spoe_paths[path].1;
        self.spoe.binary_search_by_key(&file, |spoe| spoe.file).ok().map(|index| &self.spoe[index])
    }

    /// The engines that count, each with its file.
    fn engines(&self) -> Vec<(&SpoeFile, Option<&str>)> {
        let mut engines: Vec<(&SpoeFile, Option<&str>)> = if self.reads_spoe {
            let filters = self.spoe_filters().filter(|filter| filter.engine.is_none_or(Word::is_known));
            filters.filter_map(|filter| Some((self.spoe_file(&filter)?, filter.engine_name()))).collect()
        } else {
            let all = self.spoe.iter().flat_map(|spoe| spoe.sections.iter().map(move |section| (spoe, section)));
            all.map(|(spoe, section)| (spoe, section.engine.as_deref())).collect()
        };
        engines.sort_by_key(|(spoe, engine)| (spoe.file, *engine));
        engines.dedup_by_key(|(spoe, engine)| (spoe.file, *engine));
        engines
    }

    /// Names of messages, groups, backends, engines and ACLs that SPOE filters use and nothing defines.
    pub(crate) fn undefined_in_spoe(&self) -> Vec<UndefinedInSpoe> {
        let mut found = Vec::new();
        for (spoe, engine) in self.engines() {
            let names = |kind| spoe.of_kind(engine, kind).map(SpoeSection::name).collect::<Keys<_>>();
            let (messages, groups) = (names(SpoeKind::SpoeMessage), names(SpoeKind::SpoeGroup));
            for section in spoe.of_engine(engine) {
                if section.kind == SpoeKind::SpoeMessage {
                    undefined_acls(section, &mut found);
                    continue;
                }
                for (keyword, what, names) in
                    [("messages", "SPOE message", &messages), ("groups", "SPOE group", &groups)]
                {
                    for (line, word) in section.listed(keyword).filter(|(_, word)| word.is_known() && !word.is_empty())
                    {
                        if !names.contains(word.text) {
                            found.push(undefined(what, word, line.branch, names.iter().copied()));
                        }
                    }
                }
                for (line, word) in section.listed("use-backend").filter(|(line, _)| line.words().len() == 2) {
                    if word.is_known() && !word.is_empty() && !self.is_part() && self.backend(word.text).is_none() {
                        let backends = self.proxies.iter().filter(|proxy| proxy.has_backend_side());
                        found.push(undefined("backend", word, line.branch, backends.map(|proxy| proxy.name())));
                    }
                }
            }
        }
        for proxy in self.proxies.iter().filter(|proxy| !self.template && proxy.may_look_at(&["send-spoe-group"])) {
            self.undefined_engines(proxy, &mut found);
        }
        found
    }

    /// Engines and groups of `send-spoe-group` rules.
    fn undefined_engines(&self, proxy: &Proxy, found: &mut Vec<UndefinedInSpoe>) {
        let sends = ["http-request", "http-response", "tcp-request", "tcp-response"];
        let rules = sends.into_iter().flat_map(|keyword| proxy.all(keyword));
        let rules = rules.filter(|rule| rule.words().iter().take(3).any(|word| word.text == "send-spoe-group"));
        // An agent whose file is not here, or a name that is not known, may be any engine.
        let mut unknown = false;
        let mut engines: Map<&str, Option<Keys<&str>>> = Map::new();
        for line in proxy.all("filter").filter(|line| line.text(1) == "spoe") {
            let filter = SpoeFilter::of(proxy, line).filter(|filter| filter.engine.is_none_or(Word::is_known));
            let spoe = filter.and_then(|filter| self.spoe_file(&filter));
            let engine = filter.and_then(|filter| filter.engine_name());
            match (engine, spoe) {
                (Some(engine), spoe) => {
                    engines.insert(engine, spoe.and_then(|spoe| spoe.groups(Some(engine))));
                }
                (None, Some(spoe)) => {
                    let agents = spoe.of_kind(None, SpoeKind::SpoeAgent).map(SpoeSection::name);
                    engines.extend(agents.map(|agent| (agent, spoe.groups(None))));
                }
                (None, None) => unknown = true,
            }
        }
        for rule in rules {
            let at = if rule.text(0).starts_with("tcp") { 2 } else { 1 };
            let (Some(engine), Some(group)) = (rule.word(at + 1), rule.word(at + 2)) else { continue };
            if unknown || !engine.is_known() || !group.is_known() || !rule.is_whole() {
                continue;
            }
            match engines.get(engine.text) {
                None => found.push(undefined("SPOE engine", engine, rule.branch, engines.keys().copied())),
                Some(Some(groups)) if !groups.contains(group.text) => {
                    found.push(undefined("SPOE group", group, rule.branch, groups.iter().copied()));
                }
                Some(_) => {}
            }
        }
    }

    /// Sections of one kind and name in one engine, and filters of one engine in a proxy.
    pub(crate) fn twice_in_spoe(&self) -> Vec<TwiceInSpoe> {
        let mut found = Vec::new();
        for (spoe, engine) in self.engines() {
            let mut seen: Map<(SpoeKind, &str), Span> = Map::new();
            for section in spoe.of_engine(engine).filter(|section| section.name.as_ref().is_some_and(Name::is_known)) {
                // A second agent is refused whatever its name.
                let name = if section.kind == SpoeKind::SpoeAgent { "" } else { section.name() };
                match seen.get(&(section.kind, name)) {
                    Some(&first) => found.push(TwiceInSpoe {
                        what: section.kind.as_str(),
                        first,
                        second: section.header(),
                        branch: section.branch,
                    }),
                    None => {
                        seen.insert((section.kind, name), section.header());
                    }
                }
            }
        }
        let mut seen: Map<(u32, &str), Span> = Map::new();
        for filter in self.spoe_filters() {
            let Some(engine) = filter.engine.filter(|engine| engine.is_known()) else { continue };
            match seen.get(&(filter.proxy.index, engine.text)) {
                Some(&first) => {
                    let branch = filter.statement.branch;
                    found.push(TwiceInSpoe { what: "SPOE engine", first, second: engine.span, branch });
                }
                None => {
                    seen.insert((filter.proxy.index, engine.text), engine.span);
                }
            }
        }
        found
    }

    /// The backends that agents use; `None` when the file of some filter is not here.
    pub(crate) fn spoe_targets(&self) -> Option<Keys<&str>> {
        if self.spoe_filters().any(|filter| self.spoe_file(&filter).is_none()) {
            return None;
        }
        let sections = self.spoe.iter().flat_map(|spoe| &spoe.sections);
        Some(sections.flat_map(|agent| agent.listed("use-backend")).map(|(_, name)| name.text).collect())
    }

    /// Agents with a backend in http mode: they speak a protocol of their own.
    pub(crate) fn spoe_backends(&self) -> Vec<SpoeBackend<'_>> {
        let agents = self.engines().into_iter().flat_map(|(spoe, engine)| spoe.of_kind(engine, SpoeKind::SpoeAgent));
        let uses = agents.flat_map(|agent| agent.listed("use-backend").map(move |(line, name)| (agent, line, name)));
        uses.filter_map(|(agent, line, name)| {
            let backend = self.backend(name.text).filter(|_| name.is_known())?;
            Some(SpoeBackend { agent: agent.name(), name, backend, branch: line.branch })
        })
        .collect()
    }
}

fn undefined<'a>(
    what: &'static str,
    word: Word<'_>,
    branch: Branch,
    names: impl Iterator<Item = &'a str>,
) -> UndefinedInSpoe {
    let near = did_you_mean(word.text, names.take(1_000)).map(str::to_owned);
    UndefinedInSpoe { what, name: word.text.to_string(), span: word.span, branch, near }
}

/// ACLs of a message are known to its own events only.
fn undefined_acls(section: &SpoeSection, found: &mut Vec<UndefinedInSpoe>) {
    let mut known: Keys<&str> = Keys::new();
    for line in &section.lines {
        match line.text(0) {
            "acl" => {
                known.insert(line.text(1));
            }
            "event" => {
                let Some(condition) = condition(line) else { continue };
                for term in condition.terms() {
                    let Term::Named { name, word, .. } = term else { continue };
                    if !known.contains(name) && PREDEFINED.binary_search(&name).is_err() && word.is_known() {
                        let span = Condition::name_span(name, word);
                        let near = did_you_mean(name, known.iter().copied().take(1_000)).map(str::to_owned);
                        let name = name.to_owned();
                        found.push(UndefinedInSpoe { what: "ACL", name, span, branch: line.branch, near });
                    }
                }
            }
            _ => {}
        }
    }
}

/// What stands behind an event.
fn condition(line: &SpoeLine) -> Option<Condition<'_>> {
    let words = line.words().from(2);
    let keyword = words.first().filter(|word| matches!(word.text, "if" | "unless"))?;
    Some(Condition { unless: keyword.text == "unless", keyword, words })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        assert!(EVENTS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(OPTIONS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
