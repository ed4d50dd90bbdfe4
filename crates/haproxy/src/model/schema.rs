//! Every statement held against the keyword table: what HAProxy refuses, ignores, or is about to.

use super::build::{addresses, arguments, family};
use super::names::Looks;
use super::reference::{Named, Use, Uses};
use super::server::option_key;
use super::statement::{SectionKind, Statement};
use super::{Haproxy, Proxy, Section};
use crate::condition::Branch;
use crate::syntax::{Prefix, Word};
use crate::table::{Arguments, Context, HaVersion, Key, Negatable, Place, keyword};
use confvet_core::{Keys, Map, Span, did_you_mean};

mod actions;
mod calls;
mod checks;
mod formats;
mod global;
mod grammar;
mod values;

pub(in crate::model) use actions::{place_of_action, words_of_action};

/// Something about a statement that only the keyword tables and the value readers know.
#[derive(Debug, Clone)]
pub struct Problem {
    /// What.
    pub kind: ProblemKind,
    /// Where.
    pub span: Span,
    /// Under which `.if` it stands.
    pub branch: Branch,
    /// The statement; `None` for section headers.
    pub statement: Option<Statement>,
}

/// The kinds of [`Problem`]; each belongs to one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// No version has it.
    Unknown {
        /// What it would have to be: `keyword`, `server option`, `sample fetch`, …
        what: &'static str,
        /// The word.
        word: String,
        /// A near word of the same context.
        near: Option<&'static str>,
    },
    /// Only later versions have it.
    TooNew {
        /// The word.
        word: String,
        /// The first version that has it.
        since: HaVersion,
    },
    /// HAProxy refuses it at this place.
    NotAllowed {
        /// The keyword.
        word: String,
        /// `frontend "web"`, or what it may not stand in front of.
        place: String,
        /// Deleting the line changes nothing, as it never had an effect in any version that loads it.
        deletable: bool,
    },
    /// HAProxy ignores it at this place, with a warning.
    Ignored {
        /// The keyword.
        word: String,
    },
    /// The target has removed it.
    Removed {
        /// The keyword.
        word: String,
        /// Since when.
        version: HaVersion,
        /// What to write instead.
        replacement: &'static str,
    },
    /// It works, but its days are numbered.
    Deprecated {
        /// The keyword.
        word: String,
        /// The first version that warns.
        since: Option<HaVersion>,
        /// The first version that refuses it.
        removed: Option<HaVersion>,
        /// What to write instead.
        replacement: &'static str,
    },
    /// A value that HAProxy refuses.
    Invalid {
        /// Why, as a whole message.
        message: String,
        /// What to write instead, and whether that is what the author visibly meant.
        instead: Option<(String, bool)>,
    },
    /// A value of which HAProxy reads a part only.
    ReadPartly {
        /// The setting.
        setting: String,
        /// What it is read as.
        read: String,
        /// What was probably meant.
        instead: Option<String>,
        /// It is a time: HAProxy warns.
        time: bool,
    },
    /// A bare number of milliseconds that is suspiciously small.
    SmallTime {
        /// The setting.
        setting: String,
        /// The number.
        number: u64,
    },
}

/// What HAProxy makes of a keyword in a kind of section.
enum Standing {
    Fits,
    Ignored,
    Refused,
}

/// One run over a configuration.
pub(crate) struct Schema<'a> {
    haproxy: &'a Haproxy,
    problems: Vec<Problem>,
    /// The certificates that `bind` lines load by themselves, each with the first section that does; filled when asked.
    loaded: Option<Map<&'a str, u32>>,
    /// The `ring` sections, each with its number, and the groups of each userlist; filled when asked.
    rings: Option<Map<&'a str, u32>>,
    groups: Option<Map<&'a str, Keys<&'a str>>>,
    /// What the expressions of the proxy at hand look at.
    looks: Looks,
    /// The expressions of the statement at hand are read.
    fetched: bool,
    /// Some criterion of the statement at hand may compare with what was meant otherwise.
    odd: bool,
    /// The names among the arguments of its calls; `None` unless all of them are read.
    calls: Vec<(Named, &'a str, Span)>,
    all_called: bool,
    /// How many requests and answers the proxy of this number captures, which was asked last.
    captures: Option<(u32, i64, i64)>,
}

/// What a run finds.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// What is wrong.
    pub(crate) problems: Vec<Problem>,
    /// What the expressions of each proxy look at, and the names that it uses, in the order of [`Haproxy::sections`].
    pub(crate) proxies: Vec<(Looks, Vec<Use>)>,
    /// Statements whose criteria may compare with what was meant otherwise.
    pub(crate) odd_criteria: Vec<Statement>,
}

/// May it have a `no` or `default` in front?
fn is_negatable(statement: &Statement) -> bool {
    matches!(
        statement.id(),
        keyword::OPTION
            | keyword::LOG
            | keyword::BUSY_POLLING
            | keyword::SET_DUMPABLE
            | keyword::STRICT_LIMITS
            | keyword::INSECURE_FORK_WANTED
            | keyword::NUMA_CPU_MAPPING
    )
}

impl<'a> Schema<'a> {
    pub(crate) fn check(haproxy: &'a Haproxy) -> Findings {
        let mut schema = Schema {
            haproxy,
            problems: Vec::new(),
            loaded: None,
            rings: None,
            groups: None,
            looks: Looks::default(),
            fetched: false,
            odd: false,
            calls: Vec::new(),
            all_called: false,
            captures: None,
        };
        let mut found = Findings::default();
        for section in haproxy.globals.iter().chain(&haproxy.others) {
            schema.header(section);
            for statement in &section.statements {
                schema.plain(section, statement);
            }
        }
        for proxy in haproxy.sections() {
            schema.header(proxy);
            schema.looks = Looks::default();
            let mut uses = Uses::of(proxy);
            for (number, statement) in (0..).zip(&proxy.statements) {
                (schema.fetched, schema.odd, schema.all_called) = (false, false, false);
                schema.calls.clear();
                schema.proxy(proxy, statement);
                let calls = schema.all_called.then_some(&schema.calls[..]);
                uses.take(proxy, number, statement, calls);
                if !statement.may_look() {
                    continue;
                }
                if !schema.fetched {
                    schema.looks.is_unsure();
                }
                if schema.odd || !schema.fetched {
                    found.odd_criteria.push(statement.clone());
                }
            }
            found.proxies.push((schema.looks, uses.found));
        }
        found.problems = schema.problems;
        found
    }

    fn add(&mut self, statement: &Statement, span: Span, kind: ProblemKind) {
        self.problems.push(Problem { kind, span, branch: statement.branch, statement: Some(statement.clone()) });
    }

    fn header(&mut self, section: &Section) {
        let mut add = |kind, span| self.problems.push(Problem { kind, span, branch: section.branch, statement: None });
        if section.kind.needs_name() && section.name.is_none() {
            let message = format!("a `{}` section needs a name", section.kind.as_str());
            add(ProblemKind::Invalid { message, instead: None }, section.word);
        }
        let extra = match section.kind {
            SectionKind::Global => section.name.as_ref(),
            SectionKind::Userlist
            | SectionKind::Peers
            | SectionKind::Cache
            | SectionKind::LogForward
            | SectionKind::FcgiApp
            | SectionKind::Program => section.extra.as_ref(),
            // Without `from` HAProxy leaves the section out, and takes offence at its first line.
            SectionKind::Frontend | SectionKind::Listen | SectionKind::Backend => {
                section.extra.as_ref().filter(|_| section.from.is_some() || !section.statements.is_empty())
            }
            _ => None,
        };
        if let Some(extra) = extra.filter(|extra| !extra.word().is_variable() && !extra.text.is_empty()) {
            let message = match section.kind {
                SectionKind::Global => "`global` takes no name".to_owned(),
                kind if section.from.is_some() || !kind.is_proxy() => {
                    format!("`{}` is one word too many in the header of a {}", extra.text, kind.as_str())
                }
                kind => {
                    format!("only `from` may follow the name of a {}: addresses stand in `bind` lines", kind.as_str())
                }
            };
            add(ProblemKind::Invalid { message, instead: None }, extra.span);
        }
        if let Some(name) = section.name.as_ref().filter(|name| name.is_known())
            && ((section.kind.is_proxy() && section.kind != SectionKind::Defaults)
                || matches!(section.kind, SectionKind::Peers | SectionKind::Resolvers))
            && let Some(bad) = bad_in_name(&name.text)
        {
            let message = format!("`{bad}` is not allowed in the name of a section");
            add(ProblemKind::Invalid { message, instead: None }, name.span);
        }
        let Some(key) = Context::Section.find(section.kind.as_str()) else { return };
        let problem = self.version_problem(key, section.kind.as_str());
        if let Some(kind) = problem {
            self.problems.push(Problem { kind, span: section.word, branch: section.branch, statement: None });
        }
    }

    /// Does the target have the key?
    fn version_problem(&self, key: &'static Key, word: &str) -> Option<ProblemKind> {
        let haproxy = self.haproxy;
        let word = || word.to_owned();
        if let (Some(since), Some(target)) = (key.since, haproxy.target)
            && since > (2, 2, 0)
            && (target.0, target.1) < (since.0, since.1)
        {
            return Some(ProblemKind::TooNew { word: word(), since });
        }
        let replacement = key.replacement;
        if let Some(version) = key.removed {
            if haproxy.at_least(version) {
                return Some(ProblemKind::Removed { word: word(), version, replacement });
            }
            let known = haproxy.target.is_some();
            if known || super::NEWEST >= version {
                return Some(ProblemKind::Deprecated {
                    word: word(),
                    since: key.deprecated,
                    removed: key.removed,
                    replacement,
                });
            }
        } else if let (Some(since), Some(target)) = (key.deprecated, haproxy.target)
            && target >= since
        {
            return Some(ProblemKind::Deprecated { word: word(), since: key.deprecated, removed: None, replacement });
        }
        None
    }

    /// Reports what the version makes of a known key; true when the target refuses it.
    fn version(&mut self, statement: &Statement, key: &'static Key, word: &str, span: Span) -> bool {
        if key.is_plain() || key.keyword == keyword::OPTION || !self.haproxy.is_certain(statement.branch) {
            return false;
        }
        let Some(kind) = self.version_problem(key, word) else { return false };
        if matches!(kind, ProblemKind::Deprecated { .. })
            && self.haproxy.global_setting("expose-deprecated-directives").is_some()
        {
            return false;
        }
        let refused = matches!(kind, ProblemKind::TooNew { .. } | ProblemKind::Removed { .. });
        self.add(statement, span, kind);
        refused
    }

    fn unknown(&mut self, statement: &Statement, word: Word<'_>, what: &'static str, context: Context) {
        // Keywords are compared as they stand: only a variable in double quotes may turn into one.
        if word.is_variable() || word.is_empty() || is_build(word.text) {
            return;
        }
        let near = did_you_mean(word.text, context.names()).or_else(|| anagram(word.text, context));
        self.add(statement, word.span, ProblemKind::Unknown { what, word: word.text.to_string(), near });
    }

    /// A statement of a section that is no proxy.
    fn plain(&mut self, section: &Section, statement: &Statement) {
        let Some(context) = section.kind.context() else { return };
        let word = statement.at(0);
        if statement.prefix.is_some() && section.kind != SectionKind::Program && self.prefix(statement) {
            return;
        }
        match statement.key() {
            Some(key) => {
                if self.version(statement, key, word.text, word.span) {
                    return;
                }
            }
            None if context == Context::Global && Context::Proxy.find(word.text).is_some() => {
                let place = "the `global` section".to_owned();
                let kind = ProblemKind::NotAllowed { word: word.text.to_string(), place, deletable: false };
                self.add(statement, statement.keyword_span(), kind);
                return;
            }
            None => {
                self.unknown(statement, word, "keyword", context);
                return;
            }
        }
        match (section.kind, word.text) {
            (SectionKind::CrtStore, "load") => self.load(statement),
            (SectionKind::Peers | SectionKind::Ring, "server" | "default-server")
                if section.kind == SectionKind::Ring =>
            {
                self.options(statement, if statement.is("server") { 3 } else { 1 }, Context::ServerOption, false);
            }
            (SectionKind::LogForward, "bind") => self.options(statement, 2, Context::BindOption, false),
            (SectionKind::Global, _) => self.global(statement),
            (SectionKind::Resolvers, _) => self.resolvers(statement),
            _ => {}
        }
        self.values(None, statement);
    }

    /// Is there a ring of this name above a section?
    fn is_ring(&mut self, name: &str, section: u32) -> bool {
        let haproxy = self.haproxy;
        let rings = self.rings.get_or_insert_with(|| {
            let rings: Vec<&Section> = haproxy.of_kind(SectionKind::Ring).collect();
            rings.into_iter().rev().map(|ring| (ring.name(), ring.index)).collect()
        });
        rings.get(name).is_some_and(|&ring| ring < section)
    }

    /// The groups of a userlist; `None` when there is no such list.
    fn groups_of(&mut self, list: &str) -> Option<&Keys<&'a str>> {
        let haproxy = self.haproxy;
        let groups = self.groups.get_or_insert_with(|| {
            let lists = haproxy.of_kind(SectionKind::Userlist);
            lists.map(|list| (list.name(), list.all("group").map(|group| group.text(1)).collect())).collect()
        });
        groups.get(list)
    }

    /// A certificate that a `bind` further up has loaded by itself cannot be loaded a second time.
    fn load(&mut self, statement: &Statement) {
        let Some(certificate) =
            statement.after("crt").filter(|word| word.is_known() && statement.after("alias").is_none())
        else {
            return;
        };
        let haproxy = self.haproxy;
        let loaded = self.loaded.get_or_insert_with(|| {
            let binds = haproxy.proxies.iter().rev().flat_map(|proxy| &proxy.binds);
            let certificates = binds.flat_map(|bind| bind.options().filter(|option| option.name() == "crt"));
            certificates.map(|option| (option.text(), option.statement.section)).collect()
        });
        if loaded.get(certificate.text).is_some_and(|&section| section < statement.section) {
            let message = format!(
                "`{}` is already loaded by a `bind` above: a crt-store stands in front of what uses it",
                certificate.text
            );
            self.add(statement, certificate.span, ProblemKind::Invalid { message, instead: None });
        }
    }

    /// `no` or `default` in front of something that takes neither? True when that is reported.
    fn prefix(&mut self, statement: &Statement) -> bool {
        let keyword = statement.keyword();
        if is_negatable(statement) {
            let is_default = statement.prefix == Some(Prefix::Default);
            let extra = statement.word(1).filter(|word| !word.is_empty() && keyword != "option");
            let message = match extra {
                // The words are shifted, and the last one stays twice.
                _ if is_default && !matches!(keyword, "option" | "numa-cpu-mapping") => {
                    format!("HAProxy refuses `default {keyword}`: leave the line out instead")
                }
                Some(extra) if statement.is_whole() => {
                    format!("`no {keyword}` takes no words; `{}` is one too many", extra.text)
                }
                _ => return false,
            };
            self.add(statement, statement.keyword_span(), ProblemKind::Invalid { message, instead: None });
            return true;
        }
        let place = "a negation: only options can be negated".to_owned();
        let kind = ProblemKind::NotAllowed { word: format!("no {}", statement.setting()), place, deletable: false };
        self.add(statement, statement.keyword_span(), kind);
        true
    }

    fn proxy(&mut self, proxy: &Proxy, statement: &'a Statement) {
        let Some(key) = statement.key() else {
            let word = statement.at(0);
            if Context::Global.find(word.text).is_some() {
                let kind =
                    ProblemKind::NotAllowed { word: word.text.to_string(), place: proxy.title(), deletable: false };
                self.add(statement, statement.keyword_span(), kind);
            } else {
                self.unknown(statement, word, "keyword", Context::Proxy);
            }
            return;
        };
        if statement.prefix.is_some() && self.prefix(statement) {
            return;
        }
        if !key.is_plain() && self.version(statement, key, statement.keyword(), statement.span_of(0)) {
            return;
        }
        if let Some(context) = family(key) {
            let Some(second) = statement.word(1) else {
                let message = format!("`{}` needs a word behind it", statement.keyword());
                self.add(statement, statement.span_of(0), ProblemKind::Invalid { message, instead: None });
                return;
            };
            match statement.sub() {
                Some(sub) => {
                    if self.version(statement, sub, second.text, second.span) {
                        return;
                    }
                    if statement.is_negated() && key.keyword == keyword::OPTION && sub.negatable == Negatable::Never {
                        let word = format!("no {}", statement.setting());
                        let place = "a negation".to_owned();
                        let deletable = true;
                        self.add(
                            statement,
                            statement.keyword_span(),
                            ProblemKind::NotAllowed { word, place, deletable },
                        );
                        return;
                    }
                }
                // HAProxy ignores the line before it reads the word.
                None if key.keyword == keyword::STICK && proxy.kind == SectionKind::Frontend => {
                    let kind = ProblemKind::Ignored { word: statement.setting() };
                    self.add(statement, statement.keyword_span(), kind);
                    return;
                }
                None => {
                    self.unknown(statement, second, what_of(context), context);
                    return;
                }
            }
        }
        let decisive = statement.sub().unwrap_or(key);
        // What is ignored is read all the same, and refused when it cannot be.
        match self.place(proxy, statement, key, decisive) {
            Standing::Fits => self.grammar(statement),
            Standing::Ignored => {
                self.grammar(statement);
                self.values(Some(proxy), statement);
                return;
            }
            Standing::Refused => return,
        }
        self.actions(proxy, statement);
        if statement.may_look() {
            if statement.may_have_odd_criteria() {
                self.criteria(statement);
            }
            self.fetches(proxy, statement);
            self.fetched = true;
        }
        self.formats(statement, proxy.kind);
        match key.keyword {
            keyword::USE_BACKEND => self.condition_at(statement, 2),
            keyword::SERVER => self.options(statement, 3, Context::ServerOption, false),
            keyword::SERVER_TEMPLATE => self.options(statement, 4, Context::ServerOption, false),
            keyword::DEFAULT_SERVER => self.options(statement, 1, Context::ServerOption, true),
            keyword::BIND => self.options(statement, 2, Context::BindOption, false),
            _ => {}
        }
        self.values(Some(proxy), statement);
    }

    /// May it stand here?
    fn place(&mut self, proxy: &Proxy, statement: &Statement, key: &'static Key, decisive: &'static Key) -> Standing {
        let Some(place) = proxy.place() else { return Standing::Fits };
        let fits = key.fits(place) && decisive.fits(place);
        if fits {
            return Standing::Fits;
        }
        let is_defaults = matches!(place, Place::Defaults | Place::NamedDefaults);
        let boolean = decisive.negatable == Negatable::NoAndDefault;
        let fatal = match place {
            Place::Defaults | Place::NamedDefaults => !boolean,
            Place::Frontend => matches!(
                key.keyword,
                keyword::SERVER
                    | keyword::DEFAULT_SERVER
                    | keyword::SERVER_TEMPLATE
                    | keyword::USE_FCGI_APP
                    | keyword::TCP_RESPONSE
                    | keyword::RETRY_ON
                    | keyword::USE_SERVER
            ),
            Place::Listen | Place::Backend => key.keyword == keyword::DECLARE,
        };
        let span = statement.setting_span();
        if fatal || (boolean && !is_defaults && self.haproxy.at_least((3, 2, 0))) {
            let kind = ProblemKind::NotAllowed { word: statement.setting(), place: proxy.title(), deletable: false };
            self.add(statement, span, kind);
            Standing::Refused
        } else {
            self.add(statement, span, ProblemKind::Ignored { word: statement.setting() });
            Standing::Ignored
        }
    }

    /// Flags that do not exist, and braces that do not close.
    fn criteria(&mut self, statement: &Statement) {
        for criterion in statement.criteria() {
            if criterion.expression.is_none() && criterion.word.is_known() && !criterion.word.has_filler() {
                let message = format!("`{}` is nothing that an ACL can test", criterion.word.text);
                self.add(statement, criterion.word.span, ProblemKind::Invalid { message, instead: None });
                continue;
            }
            if let Some(value) = criterion.values.first().filter(|value| !criterion.ends_flags && is_negative(*value)) {
                let message = format!("`{}` is read as a flag: put `--` in front of it", value.text);
                self.add(statement, value.span, ProblemKind::Invalid { message, instead: None });
                continue;
            }
            if let Some(flag) = criterion
                .flags
                .iter()
                .find(|flag| flag.text.len() == 2 && flag.text.starts_with('-') && !"imnufM-".contains(&flag.text[1..]))
            {
                let message =
                    format!("`{}` is no flag of an ACL: put `--` in front of a value that starts with `-`", flag.text);
                self.add(statement, flag.span, ProblemKind::Invalid { message, instead: None });
            }
        }
        if let Some(pair) = statement.condition().and_then(|condition| {
            condition.words.pairs().find(|(open, close)| matches!(open.text, "{" | "!{") && close.text == "}")
        }) {
            let message = "`{ }` tests nothing".to_owned();
            self.add(statement, pair.0.span.to(pair.1.span), ProblemKind::Invalid { message, instead: None });
        }
        if let Some(condition) = statement.condition()
            && let Some(open) = condition.words.iter().rposition(|word| word.text == "{" || word.text == "!{")
            && !condition.words.from(open).iter().any(|word| word.text == "}")
            && !condition.words.iter().any(Word::is_variable)
            && let Some(brace) = condition.words.get(open)
        {
            let message = "`{` without `}` in the condition".to_owned();
            self.add(statement, brace.span, ProblemKind::Invalid { message, instead: None });
        }
    }

    /// `usesrc` and `interface` behind a `source` need a word.
    fn source(&mut self, statement: &Statement, at: usize) {
        let mut at = at + 2;
        while let Some(word) = statement.word(at).filter(|word| matches!(word.text, "usesrc" | "interface")) {
            if statement.word(at + 1).is_none() {
                let message = format!("`{}` needs a value", word.text);
                self.add(statement, word.span, ProblemKind::Invalid { message, instead: None });
            }
            at += 2;
        }
    }

    /// The options of a `server`, `default-server` or `bind` line.
    fn options(&mut self, statement: &Statement, from: usize, context: Context, is_default: bool) {
        let what = if context == Context::BindOption { "bind option" } else { "server option" };
        let mut at = from;
        while let Some(word) = statement.word(at).filter(|word| !word.is_empty()) {
            let Some(key) = option_key(context, word.text) else {
                if word.text != "\\" {
                    self.unknown(statement, word, what, context);
                }
                return;
            };
            // HAProxy complains, and goes on without the option.
            if is_default && !key.fits_default_server() {
                self.add(statement, word.span, ProblemKind::Ignored { word: word.text.to_string() });
                at += 1 + arguments(key, statement, at);
                continue;
            }
            if !key.build && self.version(statement, key, word.text, word.span) {
                return;
            }
            // At the end of a line these are read as the number 0, without a word.
            let silent = || {
                let silent = [
                    keyword::MAXCONN,
                    keyword::MAXQUEUE,
                    keyword::MINCONN,
                    keyword::WEIGHT,
                    keyword::INIT_ADDR,
                    keyword::RESOLVE_OPTS,
                ];
                context == Context::ServerOption && silent.contains(&key.keyword)
            };
            let is_source = key.keyword == keyword::SOURCE;
            if (key.arguments == Arguments::One || is_source)
                && statement.word(at + 1).is_none_or(Word::is_empty)
                && !silent()
            {
                let message = format!("`{}` needs a value", word.text);
                self.add(statement, word.span, ProblemKind::Invalid { message, instead: None });
                return;
            }
            if is_source {
                self.source(statement, at);
            }
            self.option_value(statement, key, at);
            at += 1 + arguments(key, statement, at);
        }
    }
}

/// A character that names of sections, servers and ACLs cannot hold.
fn bad_in_name(name: &str) -> Option<char> {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':');
    let at = name.bytes().position(|byte| !is_good(byte))?;
    name[at..].chars().next()
}

/// A number with a minus sign.
fn is_negative(word: Word<'_>) -> bool {
    word.text.strip_prefix('-').is_some_and(|digits| digits.starts_with(|c: char| c.is_ascii_digit()))
}

/// Nothing in it that the program fills in, and no byte that only a template has.
fn is_plain(word: Word<'_>) -> bool {
    word.is_known() && !word.has_filler() && !is_build(word.text)
}

/// Words of programs that are built in on request.
pub(in crate::model) fn is_build(word: &str) -> bool {
    matches!(word.as_bytes().first(), Some(b'5' | b'd' | b'w' | b'o' | b'q' | b'l'))
        && ["51degrees", "51d.", "deviceatlas", "da-", "wurfl", "ot-", "quic", "lua."]
            .iter()
            .any(|prefix| word.starts_with(prefix))
}

/// A word of the context with the same letters in another order.
fn anagram(word: &str, context: Context) -> Option<&'static str> {
    let sorted = |word: &str| {
        let mut letters: Vec<u8> = word.bytes().collect();
        letters.sort_unstable();
        letters
    };
    let letters = sorted(word);
    context.names().find(|name| name.len() == word.len() && sorted(name) == letters)
}

fn what_of(context: Context) -> &'static str {
    match context {
        Context::ProxyOption => "option",
        Context::ProxyTimeout => "timeout",
        Context::ProxyStats => "stats keyword",
        Context::ProxyHttpCheck => "http-check keyword",
        Context::ProxyTcpCheck => "tcp-check keyword",
        Context::ProxyCapture => "capture keyword",
        Context::ProxyStick => "stick keyword",
        _ => "keyword",
    }
}

impl Proxy {
    /// The addresses of a `bind`-like word; public to the value checks.
    pub(super) fn addresses_of(word: Word<'_>) -> Vec<crate::values::Endpoint> {
        addresses(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words that are unknown, or too new, when each stands where the line has its `@`.
    fn strange(context: Context, line: &str) -> Vec<String> {
        let whole = |name: &str| if context.find(name).is_some() { name.to_owned() } else { format!("{name}(x)") };
        let names: Vec<String> = context.names().map(whole).collect();
        let lines: String = names.iter().map(|name| format!("    {}\n", line.replace('@', name))).collect();
        let model = crate::parse(&format!("{lines}listen other\n    bind :81\n")).model;
        let named = |kind: &ProblemKind| match kind {
            ProblemKind::Unknown { word, .. } | ProblemKind::TooNew { word, .. } => Some(word.clone()),
            _ => None,
        };
        assert!(names.len() > 10, "{context:?}");
        // What stands behind the name is not in question.
        model.problems.iter().filter_map(|problem| named(&problem.kind)).filter(|word| word != "x").collect()
    }

    #[test]
    fn without_a_target_no_word_of_any_version_is_unknown() {
        // Each name has a section of its own.
        let nothing: Vec<String> = Vec::new();
        let listen = |line: &str| format!("listen a\n    {line}");
        assert_eq!(strange(Context::Fetch, &listen("http-request set-var(txn.x) @")), nothing);
        assert_eq!(strange(Context::Converter, &listen("http-request set-var(txn.x) str(a),@")), nothing);
        assert_eq!(strange(Context::HttpRequestAction, &listen("http-request @")), nothing);
        assert_eq!(strange(Context::HttpResponseAction, &listen("http-response @")), nothing);
        assert_eq!(strange(Context::TcpRequestContentAction, &listen("tcp-request content @")), nothing);
        assert_eq!(strange(Context::ServerOption, &listen("server a 10.0.0.1:80 @")), nothing);
        assert_eq!(strange(Context::BindOption, &listen("bind :80 @")), nothing);
        assert_eq!(strange(Context::ProxyOption, &listen("option @")), nothing);
        assert_eq!(strange(Context::Proxy, &listen("@ x")), nothing);
        assert_eq!(strange(Context::Global, "global\n    @ x"), nothing);
    }
}
