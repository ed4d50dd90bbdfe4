//! Sections and their statements.

use super::names::Names;
use super::schema::place_of_action;
use crate::condition::Branch;
use crate::syntax::{Cut, Line, LineMarks, Name, Prefix, Word, Words};
use crate::table::{Context, Key, Keyword, Place, keyword};
use crate::values::{Time, Unit, time};
use confvet_core::{Edit, Span};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use std::num::NonZeroU16;
use std::time::Duration;

/// The kinds of section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each variant is the section word")]
pub enum SectionKind {
    Global,
    Defaults,
    Frontend,
    Backend,
    Listen,
    Peers,
    Resolvers,
    Mailers,
    Userlist,
    NamespaceList,
    Cache,
    Ring,
    HttpErrors,
    LogForward,
    LogProfile,
    FcgiApp,
    Program,
    CrtStore,
    Traces,
    Acme,
    Healthcheck,
}

impl SectionKind {
    /// The section that a word opens.
    pub fn of_word(word: &str) -> Option<Self> {
        let key = Context::Section.find(word)?;
        Some(match key.keyword {
            keyword::GLOBAL => Self::Global,
            keyword::DEFAULTS => Self::Defaults,
            keyword::FRONTEND => Self::Frontend,
            keyword::BACKEND => Self::Backend,
            keyword::LISTEN => Self::Listen,
            keyword::PEERS => Self::Peers,
            keyword::RESOLVERS => Self::Resolvers,
            keyword::MAILERS => Self::Mailers,
            keyword::USERLIST => Self::Userlist,
            keyword::NAMESPACE_LIST => Self::NamespaceList,
            keyword::CACHE => Self::Cache,
            keyword::RING => Self::Ring,
            keyword::HTTP_ERRORS => Self::HttpErrors,
            keyword::LOG_FORWARD => Self::LogForward,
            keyword::LOG_PROFILE => Self::LogProfile,
            keyword::FCGI_APP => Self::FcgiApp,
            keyword::PROGRAM => Self::Program,
            keyword::CRT_STORE => Self::CrtStore,
            keyword::TRACES => Self::Traces,
            keyword::ACME => Self::Acme,
            keyword::HEALTHCHECK => Self::Healthcheck,
            _ => return None,
        })
    }

    /// The section word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Defaults => "defaults",
            Self::Frontend => "frontend",
            Self::Backend => "backend",
            Self::Listen => "listen",
            Self::Peers => "peers",
            Self::Resolvers => "resolvers",
            Self::Mailers => "mailers",
            Self::Userlist => "userlist",
            Self::NamespaceList => "namespace_list",
            Self::Cache => "cache",
            Self::Ring => "ring",
            Self::HttpErrors => "http-errors",
            Self::LogForward => "log-forward",
            Self::LogProfile => "log-profile",
            Self::FcgiApp => "fcgi-app",
            Self::Program => "program",
            Self::CrtStore => "crt-store",
            Self::Traces => "traces",
            Self::Acme => "acme",
            Self::Healthcheck => "healthcheck",
        }
    }

    /// Is it a frontend, backend, listen or defaults?
    pub fn is_proxy(self) -> bool {
        matches!(self, Self::Defaults | Self::Frontend | Self::Backend | Self::Listen)
    }

    /// Where its keywords are listed; `None` when they are not.
    pub(crate) fn context(self) -> Option<Context> {
        Some(match self {
            Self::Global => Context::Global,
            Self::Defaults | Self::Frontend | Self::Backend | Self::Listen => Context::Proxy,
            Self::Peers => Context::Peers,
            Self::Resolvers => Context::Resolvers,
            Self::Mailers => Context::Mailers,
            Self::Userlist => Context::Userlist,
            Self::NamespaceList => return None,
            Self::Cache => Context::Cache,
            Self::Ring => Context::Ring,
            Self::HttpErrors => Context::HttpErrors,
            Self::LogForward => Context::LogForward,
            Self::LogProfile => Context::LogProfile,
            Self::FcgiApp => Context::FcgiApp,
            Self::Program => Context::Program,
            Self::CrtStore => Context::CrtStore,
            Self::Traces => Context::Traces,
            Self::Acme => Context::Acme,
            Self::Healthcheck => Context::Healthcheck,
        })
    }

    /// Must it have a name?
    pub(crate) fn needs_name(self) -> bool {
        !matches!(self, Self::Global | Self::Defaults | Self::Traces | Self::CrtStore | Self::NamespaceList)
    }
}

/// A section as it is written.
#[derive(Debug, Serialize)]
pub struct Section {
    /// Which kind.
    pub kind: SectionKind,
    /// Its number in load order.
    #[serde(skip)]
    pub(crate) index: u32,
    /// Where the section word stands.
    #[serde(skip)]
    pub word: Span,
    /// Its name.
    pub name: Option<Name>,
    /// The defaults section named behind `from`.
    pub from: Option<Name>,
    /// A word that does not belong into the header.
    #[serde(skip)]
    pub(crate) extra: Option<Name>,
    /// Its statements, in order.
    pub statements: Vec<Statement>,
    /// The statements by keyword, which most rules ask for.
    #[serde(skip)]
    pub(crate) by_keyword: ByKeyword,
    #[serde(skip)]
    pub(crate) keywords: Names,
    /// What some of its statements are like.
    #[serde(skip)]
    pub(crate) some: Traits,
    /// Under which `.if` it stands.
    #[serde(skip)]
    pub branch: Branch,
}

/// What some statement of a section is like, so that nobody has to look for one where there is none.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Traits {
    pub(crate) may_look: bool,
    pub(crate) marks: LineMarks,
}

impl Traits {
    pub(super) fn add(&mut self, statement: &Statement) {
        self.may_look |= statement.may_look;
        self.marks.add(statement.marks);
    }
}

/// Stands in for the number of a keyword that is in no table.
const UNKNOWN: u16 = u16::MAX;

/// The numbers of a section's statements with the numbers of their keywords in the table, sorted by keyword; unknown
/// keywords come last, sorted by their text. Statements of one keyword stay in their order.
#[derive(Debug, Default)]
pub(crate) struct ByKeyword(Vec<(u16, u32)>);

impl ByKeyword {
    fn of(statements: &[Statement]) -> Self {
        let mut entries: Vec<(u16, u32)> = statements.iter().map(|statement| statement.key).zip(0..).collect();
        entries.sort_by_key(|&(slot, _)| slot);
        let known = entries.partition_point(|&(slot, _)| slot != UNKNOWN);
        entries[known..].sort_by_key(|&(_, number)| statements[number as usize].keyword());
        Self(entries)
    }

    /// The entries of one keyword.
    fn find(&self, slot: u16, keyword: &str, statements: &[Statement]) -> &[(u16, u32)] {
        let first = self.0.partition_point(|&(other, _)| other < slot);
        let same = &self.0[first..];
        let same = &same[..same.partition_point(|&(other, _)| other == slot)];
        if slot != UNKNOWN {
            return same;
        }
        let text = |&(_, number): &(u16, u32)| statements[number as usize].keyword();
        let first = same.partition_point(|entry| text(entry) < keyword);
        let same = &same[first..];
        &same[..same.partition_point(|entry| text(entry) == keyword)]
    }
}

impl Section {
    /// Section word and name.
    pub fn header(&self) -> Span {
        self.name.as_ref().map_or(self.word, |name| self.word.to(name.span))
    }

    /// The name; empty when there is none.
    pub fn name(&self) -> &str {
        self.name.as_ref().map_or("", |name| name.text.as_str())
    }

    /// Words stand behind its name, and no line below: HAProxy leaves such a frontend, backend or listen out.
    pub(crate) fn is_left_out(&self) -> bool {
        let is_proxy = self.kind.is_proxy() && self.kind != SectionKind::Defaults;
        is_proxy && self.extra.is_some() && self.from.is_none() && self.statements.is_empty()
    }

    /// Where the name stands, or the section word.
    pub fn name_span(&self) -> Span {
        self.name.as_ref().map_or(self.word, |name| name.span)
    }

    /// `frontend "web"`, for messages.
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("{} `{}`", self.kind.as_str(), name.text),
            None => self.kind.as_str().to_owned(),
        }
    }

    /// The statements with this keyword.
    #[inline]
    pub fn all(&self, keyword: &str) -> impl DoubleEndedIterator<Item = &Statement> + use<'_> {
        let found = if self.keywords.may_hold(keyword) { self.of_keyword(keyword) } else { &[] };
        found.iter().map(|&(_, number)| &self.statements[number as usize])
    }

    /// The last statement with this keyword.
    #[inline]
    pub fn last(&self, keyword: &str) -> Option<&Statement> {
        if !self.keywords.may_hold(keyword) {
            return None;
        }
        let &(_, number) = self.of_keyword(keyword).last()?;
        self.statements.get(number as usize)
    }

    /// How many statements have this keyword?
    pub(crate) fn count(&self, keyword: &str) -> usize {
        if self.keywords.may_hold(keyword) { self.of_keyword(keyword).len() } else { 0 }
    }

    pub(super) fn of_keyword(&self, keyword: &str) -> &[(u16, u32)] {
        let key = self.kind.context().and_then(|context| context.find(keyword));
        self.by_keyword.find(key.map_or(UNKNOWN, |key| key.slot), keyword, &self.statements)
    }

    /// The statements that may hold a sample expression.
    pub(crate) fn looking(&self) -> impl Iterator<Item = &Statement> {
        let statements = if self.some.may_look { &self.statements[..] } else { &[] };
        statements.iter().filter(|statement| statement.may_look)
    }

    /// All statements are there: sorts them for the questions that are asked of them.
    pub(crate) fn finish(&mut self) {
        self.by_keyword = ByKeyword::of(&self.statements);
    }

    /// Which `places` of a keyword it is.
    pub(crate) fn place(&self) -> Option<Place> {
        Some(match self.kind {
            SectionKind::Defaults if self.name.is_some() => Place::NamedDefaults,
            SectionKind::Defaults => Place::Defaults,
            SectionKind::Frontend => Place::Frontend,
            SectionKind::Backend => Place::Backend,
            SectionKind::Listen => Place::Listen,
            _ => return None,
        })
    }

    /// Puts a line into the section, as its first.
    pub fn insert_first(&self, line: &str) -> Edit {
        match self.statements.first().filter(|statement| statement.span().file == self.word.file) {
            Some(first) => Edit::insert_before(first.span(), format!("{line}\n    ")),
            None => {
                Edit::insert_after(self.from.as_ref().map_or(self.header(), |from| from.span), format!("\n    {line}"))
            }
        }
    }
}

/// One line of a section. Copies share the text of their file.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The words, without `no` or `default` in front.
    line: Line,
    /// Under which `.if` it stands.
    pub branch: Branch,
    pub(crate) section: u32,
    /// The whole line, line end included.
    start: u32,
    end: u32,
    /// The slots of its keyword, of the second word of a family, and of the action of a rule.
    key: u16,
    sub: u16,
    action: u16,
    keyword: Keyword,
    /// The word `if` or `unless` of its condition.
    condition_at: Option<NonZeroU16>,
    marks: LineMarks,
    may_look: bool,
    /// `no` or `default` in front of it.
    pub prefix: Option<Prefix>,
}

/// As the list of its words.
impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        if let Some(prefix) = self.prefix {
            sequence.serialize_element(if prefix == Prefix::No { "no" } else { "default" })?;
        }
        for word in self.words() {
            sequence.serialize_element(&word)?;
        }
        sequence.end()
    }
}

impl Statement {
    /// Reads a line of a section.
    pub(super) fn read((kind, section): (SectionKind, u32), mut line: Line, cut: &Cut, branch: Branch) -> Self {
        let context = kind.context();
        let find = |line: &Line| context.and_then(|context| context.find(line.words().text(0)));
        let mut key = find(&line);
        let mut prefix = None;
        // Neither `no` nor `default` is a keyword.
        if key.is_none() {
            prefix = line.take_prefix();
            key = find(&line);
        }
        let words = line.words();
        let sub = if kind.is_proxy() { super::build::sub_key(words, key) } else { None };
        let keyword = Keyword::of(key);
        let action =
            place_of_action(keyword, words.text(1)).and_then(|(at, context)| context.find_action(words.get(at)?.text));
        let condition_at =
            Self::find_condition(keyword, action, words).and_then(|at| NonZeroU16::new(u16::try_from(at).ok()?));
        let slot = |key: Option<&Key>| key.map_or(UNKNOWN, |key| key.slot);
        let mut statement = Self {
            line,
            branch,
            section,
            start: cut.start,
            end: cut.end,
            key: slot(key),
            sub: slot(sub),
            action: slot(action),
            keyword,
            condition_at,
            marks: cut.marks,
            may_look: false,
            prefix,
        };
        statement.may_look = statement.read_look();
        statement
    }

    /// The words, without `no` or `default` in front.
    #[inline]
    pub fn words(&self) -> Words<'_> {
        self.line.words()
    }

    /// The first word.
    pub fn keyword(&self) -> &str {
        self.text(0)
    }

    /// The first word as a number, where the table of its section has it.
    pub(crate) fn id(&self) -> Keyword {
        self.keyword
    }

    /// The row of its keyword.
    pub(crate) fn key(&self) -> Option<&'static Key> {
        Key::of_slot(self.key)
    }

    /// The row of the second word of a family such as `option`.
    pub(crate) fn sub(&self) -> Option<&'static Key> {
        Key::of_slot(self.sub)
    }

    /// The row of what a rule does; `None` for others, and where no context knows it.
    pub(crate) fn action(&self) -> Option<&'static Key> {
        Key::of_slot(self.action)
    }

    /// What its words are like, all together.
    pub(crate) fn marks(&self) -> LineMarks {
        self.marks
    }

    /// Is this the keyword?
    #[inline]
    pub fn is(&self, keyword: &str) -> bool {
        self.words().is(0, keyword)
    }

    /// Are these the first two words?
    pub fn starts(&self, first: &str, second: &str) -> bool {
        let words = self.words();
        words.is(0, first) && words.is(1, second)
    }

    /// Is this the text of the word of this number?
    #[inline]
    pub(crate) fn has(&self, index: usize, text: &str) -> bool {
        self.words().is(index, text)
    }

    /// A word by its number; the keyword is number 0.
    #[inline]
    pub fn word(&self, index: usize) -> Option<Word<'_>> {
        self.words().get(index)
    }

    /// The text of a word; empty when there are fewer.
    #[inline]
    pub fn text(&self, index: usize) -> &str {
        self.words().text(index)
    }

    /// The words from a number on.
    pub fn from(&self, index: usize) -> Words<'_> {
        self.words().from(index)
    }

    /// The word behind the first one with this text.
    pub fn after(&self, text: &str) -> Option<Word<'_>> {
        self.words().after(text)
    }

    /// A word that is there for sure.
    #[inline]
    pub(crate) fn at(&self, index: usize) -> Word<'_> {
        let word = self.word(index).or_else(|| self.words().last());
        word.unwrap_or_else(|| Word::nothing(self.line_span()))
    }

    /// From the first word to the last, `no` included.
    pub fn span(&self) -> Span {
        let first = self.keyword_span();
        self.words().last().map_or(first, |last| first.to(last.span))
    }

    /// Where a word stands that is there for sure.
    pub(crate) fn span_of(&self, index: usize) -> Span {
        self.at(index).span
    }

    /// The keyword, with `no` or `default`.
    pub fn keyword_span(&self) -> Span {
        let first = self.span_of(0);
        let prefix = self.prefix.and_then(|_| self.line.prefix_word());
        prefix.map_or(first, |prefix| prefix.span.to(first))
    }

    /// The keyword and, for families such as `option`, the second word.
    pub fn setting_span(&self) -> Span {
        let first = self.keyword_span();
        if self.sub != UNKNOWN { self.word(1).map_or(first, |second| first.to(second.span)) } else { first }
    }

    /// The name of the setting: `timeout client`, `option httpchk`, `balance`.
    pub fn setting(&self) -> String {
        if self.sub != UNKNOWN { format!("{} {}", self.text(0), self.text(1)) } else { self.text(0).to_owned() }
    }

    /// Is it negated with `no`, or set back with `default`?
    pub fn is_negated(&self) -> bool {
        self.prefix.is_some()
    }

    /// A word holds a variable in double quotes.
    pub fn has_variable(&self) -> bool {
        self.marks.has_variable()
    }

    /// A word holds a variable outside double quotes, where it is taken literally.
    pub fn has_literal_variable(&self) -> bool {
        self.marks.has_literal_variable()
    }

    /// A word is empty, and ends the statement.
    pub fn has_empty(&self) -> bool {
        self.marks.has_empty()
    }

    /// All its words are what the text says: no variable may become several words or none, and none is empty.
    pub fn is_whole(&self) -> bool {
        !self.has_variable() && !self.has_empty()
    }

    /// It may hold a sample expression.
    pub(crate) fn may_look(&self) -> bool {
        self.may_look
    }

    pub(crate) fn read_look(&self) -> bool {
        self.has_calls() || self.condition_at.is_some() || self.is_acl() || self.expression_word().is_some()
    }

    /// Does a word hold a call with arguments, or a log-format expression?
    pub(crate) fn has_calls(&self) -> bool {
        self.marks.may_call()
    }

    /// Does its keyword, or its second word, mean something in http mode only?
    pub fn needs_http(&self) -> bool {
        self.sub().or(self.key()).is_some_and(|key| key.http_only)
    }

    /// Number of the setting it sets.
    pub(crate) fn slot(&self) -> Option<u16> {
        let slot = if self.sub == UNKNOWN { self.key } else { self.sub };
        (slot != UNKNOWN).then_some(slot)
    }

    /// A word read as a time in milliseconds by default.
    pub fn time(&self, index: usize) -> Option<Duration> {
        let word = self.word(index).filter(|word| word.is_known())?;
        time(word.text, Unit::Milliseconds).map(Time::duration)
    }

    /// A word read as a number, all of it.
    pub fn number(&self, index: usize) -> Option<u64> {
        self.word(index).filter(|word| word.is_known())?.text.parse().ok()
    }

    fn line_span(&self) -> Span {
        Span { file: self.line.file(), start: self.start, end: self.end }
    }

    /// Which of the words is the `if` or `unless` of its condition.
    pub(crate) fn condition_at(&self) -> Option<usize> {
        self.condition_at.map(|at| usize::from(at.get()))
    }

    /// Does it declare an ACL?
    pub(crate) fn is_acl(&self) -> bool {
        self.keyword == keyword::ACL
    }

    /// Does its line start above a place of the same section?
    pub(crate) fn starts_above(&self, place: Span) -> bool {
        self.start < place.start
    }

    /// Takes the whole line out of the file.
    pub fn delete(&self) -> Edit {
        Edit::delete(self.line_span())
    }

    /// For an `option httpchk` with headers in its version word: the option without them, and an `http-check send` that
    /// sends the same. `None` where a header cannot be written without quotes.
    pub(crate) fn with_headers_sent(&self, version: Word<'_>) -> Option<Edit> {
        let text = version.text.replace("\\r\\n", "\r\n");
        let mut lines = text.split("\r\n");
        let number = lines.next().filter(|number| number.starts_with("HTTP/"))?;
        let mut sent = format!("http-check send ver {number}");
        for line in lines.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':')?;
            let value = value.trim();
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '/' | '*');
            if value.is_empty() || !value.chars().all(plain) || !name.chars().all(plain) {
                return None;
            }
            sent.push_str(&format!(" hdr {name} {value}"));
        }
        let option = self.word(3)?;
        (self.words().len() == 5).then(|| Edit::replace(option.span.after().to(version.span), format!("\n    {sent}")))
    }

    /// Puts a line in front of it.
    pub fn insert_line_before(&self, line: &str) -> Edit {
        Edit::insert_before(self.span(), format!("{line}\n    "))
    }

    /// Puts a line behind it.
    pub fn insert_line_after(&self, line: &str) -> Edit {
        Edit::insert_after(self.span(), format!("\n    {line}"))
    }
}
