//! A configuration: the statements of a file and its includes in the order in which the server executes them, and what
//! they come to.

use super::{AclFile, AclUser, Policy, Problem, Setting, Workload, WorkloadReason};
use crate::deployment::Endpoints;
use crate::keys::Key;
use crate::schema;
use crate::syntax::{Lines, Token, Words};
use crate::value;
use crate::version::{Number, Release};
use confvet_core::units::ByteSize;
use confvet_core::{FileId, Input, Sources, Span, Spanned, source};

/// How the process is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// `redis-server FILE`.
    Server,
    /// `redis-sentinel FILE`, or `redis-server FILE --sentinel`.
    Sentinel,
}

/// One line that says something.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// The directive, as written.
    pub name: Token,
    /// Its words. Those of a `sentinel` statement start with its own name.
    pub args: Vec<Token>,
    /// The whole line, without the blanks around it.
    pub span: Span,
    /// The directive, if any version knows it.
    pub key: Option<&'static Key>,
    /// It stands below the mark of `CONFIG REWRITE`: the server wrote it itself.
    pub generated: bool,
}

impl Statement {
    fn new(words: Words, span: Span, generated: bool) -> Self {
        let Words { first: name, rest: args } = words;
        let mut key = name.text.clone();
        key.make_ascii_lowercase();
        if let (true, Some(sub)) = (key == "sentinel", args.first()) {
            key.push(' ');
            key.push_str(&sub.text);
            key.make_ascii_lowercase();
        }
        Self { key: Key::find(&key), name, args, span, generated }
    }

    /// Does it set this directive, under whichever of its names?
    pub fn is(&self, canonical: &str) -> bool {
        self.key.is_some_and(|key| key.canonical() == canonical)
    }

    /// Is it a `sentinel` statement, known or not?
    pub fn is_sentinel(&self) -> bool {
        self.name.is("sentinel")
    }

    /// The token that names it: of a `sentinel` statement the second word.
    pub fn name_span(&self) -> Span {
        match self.args.first() {
            Some(sub) if self.is_sentinel() => sub.span,
            _ => self.name.span,
        }
    }

    /// The line with its line end, for taking it out.
    pub(crate) fn whole_line(&self, sources: &Sources) -> Span {
        let rest = &sources.get(self.span.file).text()[self.span.range().end..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
        let end = blanks + usize::from(rest[blanks..].starts_with('\n'));
        Span::new(self.span.file, self.span.range().start..self.span.range().end + end)
    }

    /// The words behind the name.
    pub fn values(&self) -> &[Token] {
        if self.is_sentinel() { self.args.get(1..).unwrap_or_default() } else { &self.args }
    }

    /// The value, if there is exactly one.
    pub fn value(&self) -> Option<&Token> {
        match self.values() {
            [value] => Some(value),
            _ => None,
        }
    }

    /// From the first value to the last; the name if there is none.
    pub fn value_span(&self) -> Span {
        match (self.values().first(), self.values().last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => self.name_span(),
        }
    }
}

/// One `include` statement and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Include {
    /// The path as written.
    pub path: Token,
    /// The `dir` statement in front of it, which a relative path is looked up in.
    pub dir: Option<Token>,
    /// What became of it.
    pub outcome: IncludeOutcome,
}

/// What became of an `include`.
#[derive(Debug, Clone, PartialEq)]
pub enum IncludeOutcome {
    /// These files were read in this order.
    Read(Vec<FileId>),
    /// The wildcard matches nothing here.
    NoMatch,
    /// The file is not among those given; its directory is.
    Missing,
    /// The file is not among those given, nor is its directory.
    Outside,
    /// The file is being read already.
    Cycle(FileId),
    /// Wildcards are taken literally by this version.
    Literal,
    /// Too many includes; the rest is not read.
    Limit,
}

/// The save points a server ends up with.
#[derive(Debug, Clone, PartialEq)]
pub struct SavePoints<'a> {
    /// Seconds and changes.
    pub points: Vec<(i64, i64)>,
    /// The last `save` statement; `None` for the defaults of the version.
    pub last: Option<&'a Statement>,
}

/// What a replica may leave unread before the master cuts it off: `client-output-buffer-limit replica …`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReplicaBufferLimit<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// Cut off at once, in bytes; 0 is no limit.
    pub hard: Spanned<ByteSize>,
    /// Cut off after some time, in bytes; 0 is no limit.
    pub soft: Spanned<ByteSize>,
    /// That time, in seconds.
    pub seconds: Spanned<i64>,
}

/// One `rename-command`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rename<'a> {
    /// The command.
    pub command: &'a Token,
    /// Its new name; empty: switched off.
    pub name: &'a Token,
}

/// A configuration of a server or a Sentinel, includes resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct RedisConf {
    /// Server or Sentinel.
    pub mode: Mode,
    /// What it is read by.
    pub release: Release,
    /// Path of the main file.
    pub path: String,
    /// All statements, in the order of execution.
    pub statements: Vec<Statement>,
    /// All `include` statements.
    pub includes: Vec<Include>,
    /// The users that `user` statements define, in the order of execution.
    pub users: Vec<AclUser>,
    /// The ACL file, if `aclfile` names one that is here.
    pub acl: Option<AclFile>,
    /// Faults of syntax and schema.
    pub problems: Vec<Problem>,
    /// What it is used for, if that is known.
    pub workload: Option<(Workload, WorkloadReason)>,
    pub(crate) files: Vec<FileId>,
    /// How others may name it.
    pub(crate) endpoints: Endpoints,
    /// For each key the last statement that sets it.
    last: Vec<u32>,
}

const NONE: u32 = u32::MAX;
/// Deep enough for any real layout, shallow enough for any stack.
const MAX_INCLUDE_DEPTH: usize = 32;
const MAX_INCLUDES: usize = 512;

struct Reader<'a> {
    input: &'a Input<'a>,
    release: Release,
    conf: RedisConf,
    open: Vec<FileId>,
    dir: Option<Token>,
    budget: usize,
}

impl Reader<'_> {
    fn read(&mut self, file: FileId) {
        if !self.conf.files.contains(&file) {
            self.conf.files.push(file);
        }
        let text = self.input.sources.get(file).text();
        schema::check_bytes(file, text, &mut self.conf.problems);
        if schema::is_one_line_of_carriage_returns(text) || schema::utf16_mark(text).is_some() {
            return;
        }
        self.open.push(file);
        for line in Lines::new(file, text) {
            match line.words {
                Ok(words) => self.execute(Statement::new(words, line.span, line.generated)),
                Err(unbalanced) => schema::unbalanced(&unbalanced, text, &mut self.conf.problems),
            }
        }
        self.open.pop();
    }

    fn execute(&mut self, statement: Statement) {
        if let Some(key) = statement.key {
            let index = u32::try_from(self.conf.statements.len()).unwrap_or(NONE);
            self.conf.last[key.target_index()] = index;
        }
        let include = statement.is("include").then(|| statement.value().cloned()).flatten();
        if statement.is("dir") {
            self.dir = statement.value().cloned();
        }
        self.conf.statements.push(statement);
        if let Some(path) = include {
            self.include(&path);
        }
    }

    fn include(&mut self, path: &Token) {
        let index = self.conf.includes.len();
        let dir = self.dir.clone();
        self.conf.includes.push(Include { path: path.clone(), dir, outcome: IncludeOutcome::Limit });
        self.conf.includes[index].outcome = self.include_files(path);
    }

    fn include_files(&mut self, path: &Token) -> IncludeOutcome {
        if self.budget == 0 || self.open.len() >= MAX_INCLUDE_DEPTH {
            return IncludeOutcome::Limit;
        }
        self.budget -= 1;
        let sources = self.input.sources;
        let here = *self.open.last().unwrap_or(&self.input.file);
        let files = if path.text.contains(['*', '?', '[']) {
            if self.release.is_before((7, 0, 0)) {
                return IncludeOutcome::Literal;
            }
            let mut files = sources.glob(here, &path.text);
            files.retain(|&file| is_readable(sources.get(file)));
            if files.is_empty() {
                return IncludeOutcome::NoMatch;
            }
            files
        } else {
            match sources.find(here, &path.text) {
                Some(file) if is_readable(sources.get(file)) => vec![file],
                _ if self.directory_is_here(here, &path.text) => return IncludeOutcome::Missing,
                _ => return IncludeOutcome::Outside,
            }
        };
        if let Some(&cycle) = files.iter().find(|file| self.open.contains(file)) {
            return IncludeOutcome::Cycle(cycle);
        }
        for &file in &files {
            self.read(file);
        }
        IncludeOutcome::Read(files)
    }

    /// Is the directory of a path that was not found among the files given, so that the file would be too?
    fn directory_is_here(&self, here: FileId, path: &str) -> bool {
        let sources = self.input.sources;
        let parent = source::parent(path);
        let wanted = if path.starts_with('/') {
            source::join("", parent)
        } else if self.dir.is_some() {
            return false;
        } else {
            source::join(source::parent(sources.get(here).path()), parent)
        };
        let wanted = wanted.trim_start_matches('/');
        let pattern = format!("{parent}{}*", if parent.is_empty() || parent.ends_with('/') { "" } else { "/" });
        let found = sources.glob(here, &pattern);
        found.first().is_some_and(|&file| {
            let found = source::parent(sources.get(file).path());
            found == wanted || (path.starts_with('/') && wanted.contains('/') && found.ends_with(&format!("/{wanted}")))
        })
    }
}

fn is_readable(source: &confvet_core::Source) -> bool {
    !crate::detect::is_template(source.path())
}

impl RedisConf {
    pub(crate) fn read(input: &Input<'_>) -> Self {
        let release = Release::of(input.target);
        let conf = RedisConf {
            mode: Mode::Server,
            release,
            path: input.source().path().to_owned(),
            statements: Vec::new(),
            includes: Vec::new(),
            users: Vec::new(),
            acl: None,
            problems: Vec::new(),
            workload: None,
            files: Vec::new(),
            endpoints: Endpoints::default(),
            last: vec![NONE; Key::all().len()],
        };
        let mut reader = Reader { input, release, conf, open: Vec::new(), dir: None, budget: MAX_INCLUDES };
        reader.read(input.file);
        let mut conf = reader.conf;
        if input.kind == crate::SENTINEL_CONF {
            conf.mode = Mode::Sentinel;
        }
        let users = conf.all("user").filter_map(|statement| AclUser::from_statement(statement, release));
        conf.users = users.collect();
        conf.read_acl_file(input);
        schema::check(&mut conf, input.facts);
        conf.workload = conf.infer_workload(input);
        conf.endpoints = Endpoints::of(&conf);
        conf
    }

    fn read_acl_file(&mut self, input: &Input<'_>) {
        let Some(path) = self.last("aclfile").and_then(Statement::value).filter(|path| !path.text.is_empty()) else {
            return;
        };
        let file = input.sources.find(path.span.file, &path.text).filter(|file| !self.files.contains(file));
        if let Some(file) = file {
            self.acl = Some(AclFile::read(input.sources, file, self.release));
            self.files.push(file);
        }
    }

    fn infer_workload(&self, input: &Input<'_>) -> Option<(Workload, WorkloadReason)> {
        if let Some(stated) = Workload::stated(input.facts) {
            return Some((stated, WorkloadReason::Fact));
        }
        if let Some(named) = Workload::named(&self.path) {
            return Some((named, WorkloadReason::Name));
        }
        let policy = self.policy().filter(Setting::is_explicit).map(|policy| policy.value);
        let append = self.switch("appendonly").filter(Setting::is_explicit).is_some_and(|setting| setting.value);
        let saves = self.save_points();
        let no_saves = saves.last.is_some() && saves.points.is_empty();
        let capped = self.maxmemory().is_some_and(|cap| cap.value.bytes() > 0);
        if policy.is_some_and(Policy::evicts_all_keys) || (no_saves && !append && capped) {
            return Some((Workload::Cache, WorkloadReason::Settings));
        }
        append.then_some((Workload::Store, WorkloadReason::Settings))
    }

    /// The last statement that sets a directive, under whichever of its names.
    pub fn last(&self, canonical: &str) -> Option<&Statement> {
        self.last_of(Key::find(canonical)?)
    }

    fn last_of(&self, key: &Key) -> Option<&Statement> {
        let index = *self.last.get(key.target_index())?;
        self.statements.get(index as usize)
    }

    /// All statements that set a directive, in the order of execution.
    pub fn all(&self, canonical: &str) -> impl DoubleEndedIterator<Item = &Statement> + use<'_> {
        let target = Key::find(canonical).map(Key::target_index);
        let last = target.and_then(|target| self.last.get(target)).copied().unwrap_or(NONE);
        let count = if last == NONE { 0 } else { last as usize + 1 };
        let sets = move |statement: &&Statement| statement.key.map(Key::target_index) == target;
        self.statements.get(..count).unwrap_or_default().iter().filter(sets)
    }

    /// The first statement.
    pub fn first_statement(&self) -> Option<&Statement> {
        self.statements.first()
    }

    /// Does an include or the ACL file lie outside the files given, so that it may say more?
    pub fn is_partial(&self) -> bool {
        let outside = |include: &Include| {
            matches!(include.outcome, IncludeOutcome::Outside | IncludeOutcome::NoMatch | IncludeOutcome::Limit)
        };
        self.includes.iter().any(outside)
    }

    /// Does it name an ACL file that is not among the files given?
    pub fn acl_file_is_outside(&self) -> bool {
        self.acl.is_none() && self.text("aclfile").is_some_and(|path| !path.value.is_empty())
    }

    fn setting<'a, T>(&'a self, canonical: &str, read: impl Fn(&str) -> Option<T>) -> Option<Setting<'a, T>> {
        let key = Key::find(canonical)?;
        match self.last_of(key) {
            Some(statement) => {
                let value = read(statement.value()?.as_str())?;
                Some(Setting { value, statement: Some(statement) })
            }
            None => Some(Setting { value: read(key.default_value(self.release))?, statement: None }),
        }
    }

    /// A switch. `None` if what is written is none.
    pub fn switch(&self, canonical: &str) -> Option<Setting<'_, bool>> {
        self.setting(canonical, value::switch)
    }

    /// Is a switch on?
    pub fn is_on(&self, canonical: &str) -> bool {
        self.switch(canonical).is_some_and(|setting| setting.value)
    }

    /// An integer. `None` if what is written is none.
    pub fn number(&self, canonical: &str) -> Option<Setting<'_, i64>> {
        let old = self.release.is_before((6, 0, 0));
        self.setting(canonical, |text| match value::integer(text) {
            Some(value) => i64::try_from(value).ok(),
            None => old.then(|| value::leading_integer(text)),
        })
    }

    /// A size in bytes. `None` if what is written is none.
    pub fn size(&self, canonical: &str) -> Option<Setting<'_, ByteSize>> {
        let old = self.release.is_before((6, 0, 0));
        self.setting(canonical, |text| {
            value::memory(text).or_else(|| old.then(|| value::lenient_memory(text, self.release)))
        })
    }

    /// A text; empty when nothing is written and there is no default.
    pub fn text(&self, canonical: &str) -> Option<Setting<'_, &str>> {
        let key = Key::find(canonical)?;
        match self.last_of(key) {
            Some(statement) => Some(Setting { value: statement.value()?.as_str(), statement: Some(statement) }),
            None => Some(Setting { value: key.default_value(self.release), statement: None }),
        }
    }

    /// Is a text set to something?
    pub fn has_text(&self, canonical: &str) -> bool {
        self.text(canonical).is_some_and(|text| !text.value.is_empty())
    }

    /// `maxmemory` in bytes; 0 is no limit, which is the default.
    pub fn maxmemory(&self) -> Option<Setting<'_, ByteSize>> {
        self.size("maxmemory")
    }

    /// `maxmemory-policy`; `noeviction` by default from 3.0 on, `volatile-lru` before.
    pub fn policy(&self) -> Option<Setting<'_, Policy>> {
        self.setting("maxmemory-policy", Policy::parse)
    }

    /// What it is used for, if that is known.
    pub fn workload(&self) -> Option<Workload> {
        self.workload.map(|(workload, _)| workload)
    }

    /// Is it used as a cache?
    pub fn is_cache(&self) -> bool {
        self.workload() == Some(Workload::Cache)
    }

    /// `port`; 6379 by default, 26379 for a Sentinel.
    pub fn port(&self) -> Option<Setting<'_, i64>> {
        let port = self.number("port")?;
        let default = if self.mode == Mode::Sentinel { 26379 } else { port.value };
        Some(if port.is_explicit() { port } else { port.map(|_| default) })
    }

    /// Is it written that there is no TCP port but one for TLS?
    pub fn tls_port(&self) -> Option<Setting<'_, i64>> {
        self.number("tls-port")
    }

    /// `replicaof`: host and port of the master, unless it is `no one`.
    pub fn replica_of(&self) -> Option<(&Token, &Token)> {
        match self.last("replicaof")?.values() {
            [host, port] if !(host.is("no") && port.is("one")) => Some((host, port)),
            _ => None,
        }
    }

    /// Does it name a master?
    pub fn is_replica(&self) -> bool {
        self.replica_of().is_some()
    }

    /// The last `client-output-buffer-limit` for replicas, if it is written and can be read; 256mb, 64mb and 60 by
    /// default.
    pub fn replica_buffer_limit(&self) -> Option<ReplicaBufferLimit<'_>> {
        let is_class = |class: &Token| class.is("replica") || class.is("slave");
        let statement = self
            .all("client-output-buffer-limit")
            .rfind(|line| line.values().len() == 4 && line.values().first().is_some_and(is_class))?;
        let [_, hard, soft, seconds] = statement.values() else { return None };
        Some(ReplicaBufferLimit {
            statement,
            hard: Spanned::new(value::memory(&hard.text)?, hard.span),
            soft: Spanned::new(value::memory(&soft.text)?, soft.span),
            seconds: Spanned::new(value::leading_integer(&seconds.text), seconds.span),
        })
    }

    /// Where the data lands: the last `dir`, where a relative one is taken from the one before. `None` if nothing is
    /// written: then it is where the server is started.
    pub fn directory(&self) -> Option<Setting<'_, String>> {
        let mut directory: Option<Setting<'_, String>> = None;
        for statement in self.all("dir") {
            let path = statement.value()?.as_str();
            let base = directory.as_ref().map_or("", |earlier| earlier.value.as_str());
            let value = if base.is_empty() { path.to_owned() } else { source::join(base, path) };
            directory = Some(Setting { value, statement: Some(statement) });
        }
        directory
    }

    /// `cluster-enabled`; off by default.
    pub fn is_clustered(&self) -> bool {
        self.switch("cluster-enabled").is_some_and(|setting| setting.value)
    }

    /// The commands that are renamed or switched off.
    pub fn renames(&self) -> impl Iterator<Item = Rename<'_>> {
        self.all("rename-command").filter_map(|statement| match statement.values() {
            [command, name] => Some(Rename { command, name }),
            _ => None,
        })
    }

    /// Is a module loaded, whose directives and commands are not known here?
    pub fn loads_modules(&self) -> bool {
        self.last("loadmodule").is_some()
    }

    /// The save points that hold in the end. Without a `save` statement there are none up to 6.0 and three from 6.2 on;
    /// the first statement drops those; `save ""` drops all before it.
    pub fn save_points(&self) -> SavePoints<'_> {
        let mut points: Vec<(i64, i64)> = Vec::new();
        let mut last = None;
        for statement in self.all("save") {
            match schema::read_save(statement, self.release) {
                schema::Save::Clear => points.clear(),
                schema::Save::Points(more) => points.extend(more),
                schema::Save::Ignored | schema::Save::Refused => {}
            }
            last = Some(statement);
        }
        if last.is_none() && self.release.since((6, 2, 0)) {
            points = vec![(3600, 1), (300, 100), (60, 10_000)];
        }
        SavePoints { points, last }
    }

    /// Is anything written to disk: an append-only file or snapshots? `None` if that cannot be told.
    pub fn persists(&self) -> Option<bool> {
        let append = self.switch("appendonly")?.value;
        Some(append || !self.save_points().points.is_empty())
    }

    /// The files it was read from: the main file, its includes, its ACL file.
    pub fn files(&self) -> &[FileId] {
        &self.files
    }

    /// Is it meant for tests, by its path?
    pub fn is_for_tests(&self) -> bool {
        let words = ["test", "tests", "testdata", "e2e", "fixtures"];
        self.path.split('/').any(|part| words.iter().any(|word| part.eq_ignore_ascii_case(word)))
    }

    /// Where the file begins: for findings about what is not written.
    pub fn start(&self) -> Span {
        let file = self.files.first().copied().unwrap_or(FileId(0));
        self.statements
            .iter()
            .find(|statement| statement.span.file == file)
            .map_or(Span::new(file, 0..0), |statement| statement.name.span)
    }

    /// From which version of Redis a feature is, if the release is known to be older.
    pub fn lacks(&self, version: Number) -> bool {
        self.release.is_before(version)
    }
}
