//! Sections and their statements.

use super::names::Names;
use crate::condition::Branch;
use crate::syntax::Word;
use crate::table::{Context, Key, Place};
use crate::values::{Time, Unit, time};
use confvet_core::{Edit, Span};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use std::sync::Arc;
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
        Some(match word {
            "global" => Self::Global,
            "defaults" => Self::Defaults,
            "frontend" => Self::Frontend,
            "backend" => Self::Backend,
            "listen" => Self::Listen,
            "peers" => Self::Peers,
            "resolvers" => Self::Resolvers,
            "mailers" => Self::Mailers,
            "userlist" => Self::Userlist,
            "namespace_list" => Self::NamespaceList,
            "cache" => Self::Cache,
            "ring" => Self::Ring,
            "http-errors" => Self::HttpErrors,
            "log-forward" => Self::LogForward,
            "log-profile" => Self::LogProfile,
            "fcgi-app" => Self::FcgiApp,
            "program" => Self::Program,
            "crt-store" => Self::CrtStore,
            "traces" => Self::Traces,
            "acme" => Self::Acme,
            "healthcheck" => Self::Healthcheck,
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
    pub name: Option<Word>,
    /// The defaults section named behind `from`.
    pub from: Option<Word>,
    /// A word that does not belong into the header.
    #[serde(skip)]
    pub(crate) extra: Option<Word>,
    /// Its statements, in order.
    pub statements: Vec<Arc<Statement>>,
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
    pub(crate) has_variable: bool,
    pub(crate) has_empty: bool,
    pub(crate) has_literal_variable: bool,
}

impl Traits {
    pub(super) fn add(&mut self, statement: &Statement) {
        self.may_look |= statement.may_look;
        self.has_variable |= statement.has_variable;
        self.has_empty |= statement.has_empty;
        self.has_literal_variable |= statement.has_literal_variable;
    }
}

/// Stands in for the number of a keyword that is in no table.
const UNKNOWN: u16 = u16::MAX;

/// The numbers of a section's statements with the numbers of their keywords in the table, sorted by keyword; unknown
/// keywords come last, sorted by their text. Statements of one keyword stay in their order.
#[derive(Debug, Default)]
pub(crate) struct ByKeyword(Vec<(u16, u32)>);

impl ByKeyword {
    fn of(statements: &[Arc<Statement>]) -> Self {
        let slot = |statement: &Arc<Statement>| statement.key.map_or(UNKNOWN, |key| key.0.slot);
        let mut entries: Vec<(u16, u32)> = statements.iter().map(slot).zip(0..).collect();
        entries.sort_by_key(|&(slot, _)| slot);
        let known = entries.partition_point(|&(slot, _)| slot != UNKNOWN);
        entries[known..].sort_by_key(|&(_, number)| statements[number as usize].keyword());
        Self(entries)
    }

    /// The entries of one keyword.
    fn find(&self, slot: u16, keyword: &str, statements: &[Arc<Statement>]) -> &[(u16, u32)] {
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
        found.iter().map(|&(_, number)| self.statements[number as usize].as_ref())
    }

    /// The last statement with this keyword.
    #[inline]
    pub fn last(&self, keyword: &str) -> Option<&Statement> {
        if !self.keywords.may_hold(keyword) {
            return None;
        }
        let &(_, number) = self.of_keyword(keyword).last()?;
        self.statements.get(number as usize).map(AsRef::as_ref)
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
        statements.iter().map(AsRef::as_ref).filter(|statement| statement.may_look)
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

/// `no` or `default` in front of a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefix {
    /// `no`.
    No,
    /// `default`.
    Default,
}

/// One line of a section.
#[derive(Debug, PartialEq, Eq)]
pub struct Statement {
    /// The words, without `no` or `default` in front.
    pub words: Box<[Word]>,
    /// `no` or `default`, and where it stands.
    pub prefix: Option<(Prefix, Span)>,
    /// Under which `.if` it stands.
    pub branch: Branch,
    pub(crate) section: u32,
    pub(crate) line: Span,
    pub(crate) key: Option<SameKey>,
    pub(crate) sub: Option<SameKey>,
    /// The word `if` or `unless` of its condition.
    pub(crate) condition_at: Option<u16>,
    /// A word holds a call with arguments, or a log-format expression.
    pub(crate) has_calls: bool,
    pub(crate) may_look: bool,
    pub(crate) has_variable: bool,
    pub(crate) has_empty: bool,
    pub(crate) has_literal_variable: bool,
}

/// A row of the keyword table; two are equal when they are the same row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SameKey(pub(crate) &'static Key);

impl PartialEq for SameKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.slot == other.0.slot
    }
}

impl Eq for SameKey {}

/// As the list of its words.
impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        if let Some((prefix, _)) = self.prefix {
            sequence.serialize_element(if prefix == Prefix::No { "no" } else { "default" })?;
        }
        for word in &self.words {
            sequence.serialize_element(word)?;
        }
        sequence.end()
    }
}

impl Statement {
    /// The first word.
    pub fn keyword(&self) -> &str {
        self.text(0)
    }

    /// Is this the keyword?
    pub fn is(&self, keyword: &str) -> bool {
        self.text(0) == keyword
    }

    /// Are these the first two words?
    pub fn starts(&self, first: &str, second: &str) -> bool {
        self.text(0) == first && self.text(1) == second
    }

    /// A word by its number; the keyword is number 0.
    pub fn word(&self, index: usize) -> Option<&Word> {
        self.words.get(index)
    }

    /// The text of a word; empty when there are fewer.
    pub fn text(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |word| word.text.as_str())
    }

    /// The words from a number on.
    pub fn from(&self, index: usize) -> &[Word] {
        self.words.get(index..).unwrap_or_default()
    }

    /// The word behind the first one with this text.
    pub fn after(&self, text: &str) -> Option<&Word> {
        let at = self.words.iter().position(|word| word.text == text)?;
        self.words.get(at + 1)
    }

    /// From the first word to the last, `no` included.
    pub fn span(&self) -> Span {
        let first = self.keyword_span();
        self.words.last().map_or(first, |last| first.to(last.span))
    }

    /// The keyword, with `no` or `default`.
    pub fn keyword_span(&self) -> Span {
        let first = self.words[0].span;
        self.prefix.map_or(first, |(_, prefix)| prefix.to(first))
    }

    /// The keyword and, for families such as `option`, the second word.
    pub fn setting_span(&self) -> Span {
        let first = self.keyword_span();
        if self.sub.is_some() { self.words.get(1).map_or(first, |second| first.to(second.span)) } else { first }
    }

    /// The name of the setting: `timeout client`, `option httpchk`, `balance`.
    pub fn setting(&self) -> String {
        if self.sub.is_some() { format!("{} {}", self.text(0), self.text(1)) } else { self.text(0).to_owned() }
    }

    /// Is it negated with `no`, or set back with `default`?
    pub fn is_negated(&self) -> bool {
        self.prefix.is_some()
    }

    /// A word holds a variable in double quotes.
    pub fn has_variable(&self) -> bool {
        self.has_variable
    }

    /// A word holds a variable outside double quotes, where it is taken literally.
    pub fn has_literal_variable(&self) -> bool {
        self.has_literal_variable
    }

    /// A word is empty, and ends the statement.
    pub fn has_empty(&self) -> bool {
        self.has_empty
    }

    /// All its words are what the text says: no variable may become several words or none, and none is empty.
    pub fn is_whole(&self) -> bool {
        !self.has_variable && !self.has_empty
    }

    /// It may hold a sample expression.
    pub(crate) fn may_look(&self) -> bool {
        self.may_look
    }

    pub(crate) fn read_look(&self) -> bool {
        self.has_calls || self.condition_at.is_some() || self.is("acl") || self.expression_word().is_some()
    }

    /// Does a word hold a call with arguments, or a log-format expression?
    pub(crate) fn has_calls(&self) -> bool {
        self.has_calls
    }

    /// Does its keyword, or its second word, mean something in http mode only?
    pub fn needs_http(&self) -> bool {
        self.sub.or(self.key).is_some_and(|key| key.0.http_only)
    }

    /// Number of the setting it sets.
    pub(crate) fn slot(&self) -> Option<u16> {
        self.sub.or(self.key).map(|key| key.0.slot)
    }

    /// A word read as a time in milliseconds by default.
    pub fn time(&self, index: usize) -> Option<Duration> {
        let word = self.word(index).filter(|word| word.is_known())?;
        time(word, Unit::Milliseconds).map(Time::duration)
    }

    /// A word read as a number, all of it.
    pub fn number(&self, index: usize) -> Option<u64> {
        self.word(index).filter(|word| word.is_known())?.text.parse().ok()
    }

    /// Does its line start above a place of the same section?
    pub(crate) fn starts_above(&self, place: Span) -> bool {
        self.line.start < place.start
    }

    /// Takes the whole line out of the file.
    pub fn delete(&self) -> Edit {
        Edit::delete(self.line)
    }

    /// For an `option httpchk` with headers in its version word: the option without them, and an `http-check send` that
    /// sends the same. `None` where a header cannot be written without quotes.
    pub(crate) fn with_headers_sent(&self, version: &Word) -> Option<Edit> {
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
        let option = self.words.get(3)?;
        (self.words.len() == 5).then(|| Edit::replace(option.span.after().to(version.span), format!("\n    {sent}")))
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
