//! The shape of a system: what it recognises, how it reads a configuration, which rules it has.

use crate::{Address, Fact, FactValue, Facts, FileId, Rule, Set, Source, Sources, Span, Spanned, Target, Version};
use serde::Serialize;

/// How sure a system is that a file is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// The name fits, the content does not contradict.
    Possible,
    /// Name and content fit.
    Likely,
    /// The content can be nothing else.
    Sure,
}

/// What a system says of a file it recognises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detection {
    /// Which of the system's formats, such as `redis-conf` or `sentinel-conf`.
    pub kind: &'static str,
    /// How sure.
    pub confidence: Confidence,
    /// Why, as a clause for people: "`maxmemory-policy` and 11 other Redis directives".
    pub reason: String,
    /// The file may belong to several systems at once (docker-compose.yml, Terraform).
    pub shared: bool,
}

impl Detection {
    /// A file that belongs to one system only.
    pub fn new(kind: &'static str, confidence: Confidence, reason: impl Into<String>) -> Self {
        Self { kind, confidence, reason: reason.into(), shared: false }
    }

    /// A file that other systems may read too.
    #[must_use]
    pub fn shared(self) -> Self {
        Self { shared: true, ..self }
    }
}

/// What a system is given to read one configuration.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// All files of the run; includes are looked up here ([`Sources::find`], [`Sources::glob`]).
    pub sources: &'a Sources,
    /// The file to start from.
    pub file: FileId,
    /// What detection said it is.
    pub kind: &'static str,
    /// The versions it will run on.
    pub target: &'a Target,
    /// What no file says.
    pub facts: &'a Facts,
}

impl<'a> Input<'a> {
    /// The file to start from.
    pub fn source(&self) -> &'a Source {
        self.sources.get(self.file)
    }

    /// Its text, without the byte order mark if the caller wants none: spans still count from the file's first byte.
    pub fn text(&self) -> &'a str {
        self.source().text()
    }
}

/// Reads one text by itself: no other files, no version in particular, no facts.
pub fn read_alone<T>(path: &str, kind: &'static str, text: &str, read: impl FnOnce(&Input<'_>) -> T) -> T {
    let mut sources = Sources::default();
    let file = sources.add(Source::new(path, text));
    let (target, facts) = (Target::new(), Facts::new());
    read(&Input { sources: &sources, file, kind, target: &target, facts: &facts })
}

/// One configuration, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<M> {
    /// The typed model. Problems of syntax and schema are part of it; rules report them.
    pub model: M,
    /// Every file that went into it: the one it started from, then its includes.
    pub files: Vec<FileId>,
    /// Where secrets stand. Renderers mask these bytes; rules never quote them.
    pub secrets: Vec<Span>,
}

/// Whom a hint is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HintScope {
    /// Every configuration of the same system in the same stack.
    Stack,
    /// Configurations in the same directory.
    Directory,
    /// The configuration that starts from this file, or lies below this directory.
    Path(String),
}

/// What a hint says.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// The version of a program.
    Version(&'static str, Version),
    /// A fact.
    Fact(Fact, FactValue),
}

/// Something one file says about others: a container image's version, a snapshot's engine, a memory limit. What
/// confvet.toml says wins.
#[derive(Debug, Clone, PartialEq)]
pub struct Hint {
    /// Whom it is for.
    pub scope: HintScope,
    /// What it says.
    pub says: Statement,
    /// Where it stands.
    pub span: Span,
}

/// What a configuration says about itself: how it is told from others and who its machine is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Identity {
    /// The cluster it belongs to, in the system's own terms (`cluster.name`, `namespace/scope`, …).
    pub cluster: Option<Spanned<String>>,
    /// The name of the member (`node.name`, `name`, …).
    pub member: Option<Spanned<String>>,
    /// Addresses that are the machine's own. Loopback and wildcards are ignored.
    pub addresses: Vec<Spanned<Address>>,
    /// What it says about other configurations.
    pub hints: Vec<Hint>,
}

/// One of the systems confvet knows. Implemented by a unit struct in each system's crate.
pub trait System: 'static {
    /// One configuration: a main file with its includes.
    type Model: Serialize + Send + Sync + 'static;

    /// The name in rule names, in confvet.toml and on the command line.
    const NAME: &'static str;

    /// The name as people write it: "HAProxy".
    const TITLE: &'static str;

    /// The programs whose versions matter (`redis`, `valkey`); the first is the main one, to which a page's `applies`
    /// refers.
    const TARGETS: &'static [&'static str];

    /// The kinds of file it reads, as [`Detection::kind`] names them; the first is meant when a user only names the
    /// system.
    const KINDS: &'static [&'static str];

    /// Is the file worth opening, or reachable as an include? Looks at the path only, and is generous.
    fn might_be(path: &str) -> bool;

    /// Is this file ours, and what is it? `text` is what [`Source::head`] gives.
    fn detect(path: &str, text: &str) -> Option<Detection>;

    /// Reads a configuration. Never fails and never panics, whatever the bytes.
    fn parse(input: &Input<'_>) -> Parsed<Self::Model>;

    /// What the configuration says about itself.
    fn identity(_model: &Self::Model) -> Identity {
        Identity::default()
    }

    /// Rules that see one configuration.
    fn rules() -> &'static [&'static Rule<Self::Model>];

    /// Rules that see all configurations of the system in one stack.
    fn set_rules() -> &'static [&'static Rule<Set<Self::Model>>] {
        &[]
    }
}
