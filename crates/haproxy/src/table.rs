//! The keywords HAProxy knows, by context: since when, until when, where they may stand.

mod hash;

use std::cmp::Ordering;
use std::sync::LazyLock;

/// A HAProxy version: major, minor, patch.
pub type HaVersion = (u16, u16, u16);

/// Where a word is looked up. The names follow the program's own keyword lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is named after the keyword list it stands for")]
pub enum Context {
    AclAlias,
    Acme,
    BindOption,
    Cache,
    Converter,
    CrtListOption,
    CrtStore,
    FcgiApp,
    Fetch,
    Filter,
    Global,
    Healthcheck,
    HttpAfterResponseAction,
    HttpErrors,
    HttpRequestAction,
    HttpResponseAction,
    LogForward,
    LogProfile,
    Mailers,
    Peers,
    Program,
    Proxy,
    ProxyBalance,
    ProxyCapture,
    ProxyDeclare,
    ProxyEmailAlert,
    ProxyExternalCheck,
    ProxyHttpCheck,
    ProxyMode,
    ProxyMonitor,
    ProxyOption,
    ProxyPersist,
    ProxyRateLimit,
    ProxyStats,
    ProxyStick,
    ProxyTcpCheck,
    ProxyTcpRequest,
    ProxyTcpResponse,
    ProxyTimeout,
    QuicInitialAction,
    Resolvers,
    Ring,
    Section,
    ServerOption,
    Service,
    SpoeAgent,
    SpoeGroup,
    SpoeMessage,
    TcpRequestConnectionAction,
    TcpRequestContentAction,
    TcpRequestSessionAction,
    TcpResponseContentAction,
    Traces,
    Userlist,
}

/// May `no` or `default` stand in front of an option?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Negatable {
    /// Neither: the file is refused.
    Never,
    /// `no` only.
    No,
    /// Both; these are the boolean options.
    NoAndDefault,
}

/// How many words an option of `bind` or `server` takes behind its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arguments {
    /// It is a flag.
    None,
    /// One word.
    One,
    /// As many as it likes.
    Several,
}

/// The number of a name. Keywords of one name have one number, whatever their contexts: see [`keyword`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keyword(u16);

impl Keyword {
    /// A word that is in no table, or none at all.
    pub(crate) const UNKNOWN: Self = Self(u16::MAX);

    /// That of a keyword, if it is known.
    pub(crate) fn of(key: Option<&Key>) -> Self {
        key.map_or(Self::UNKNOWN, |key| key.keyword)
    }
}

/// The names of all keywords.
#[allow(dead_code, reason = "the table has more keywords than the code tells apart")]
pub(crate) mod keyword {
    use super::Keyword;
    include!(concat!(env!("OUT_DIR"), "/keywords.rs"));
}

/// One known keyword.
#[derive(Debug)]
pub struct Key {
    /// The word; with a `(` at its end it is a prefix.
    pub name: &'static str,
    /// A number of its own among all keywords.
    pub(crate) slot: u16,
    /// Its name as a number.
    pub(crate) keyword: Keyword,
    /// First version that has it; `None` when it is older than 1.6.
    pub since: Option<HaVersion>,
    /// First version that warns.
    pub deprecated: Option<HaVersion>,
    /// First version that refuses it.
    pub removed: Option<HaVersion>,
    places: u8,
    /// Means something in http mode only.
    pub http_only: bool,
    /// May it be negated?
    pub negatable: Negatable,
    /// Words behind it.
    pub arguments: Arguments,
    /// Known to some builds only.
    pub build: bool,
    /// What to write instead of a removed one; for an ACL alias what it stands for.
    pub replacement: &'static str,
    /// For a sample fetch or a converter, what it takes and gives; `None` where that is not known.
    pub call: Option<&'static CallShape>,
}

/// What an argument of a sample fetch or a converter must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// A whole number.
    Integer,
    /// Anything.
    Text,
    /// The name of a proxy or peers table; nothing is the proxy's own.
    Table,
    /// The name of a backend; nothing is the proxy itself.
    Backend,
    /// The name of a frontend; nothing is the proxy itself.
    Frontend,
    /// `SERVER` of this proxy, or `BACKEND/SERVER`.
    Server,
    /// The name of a userlist.
    Userlist,
    /// A regular expression.
    Regex,
    /// A number of bits, or an IPv4 mask.
    Mask4,
    /// A number of bits, or an IPv6 mask.
    Mask6,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// A path of field numbers in a Protocol Buffers message: `1.2`.
    Field,
}

/// What kind of value a sample is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is the manual's word")]
pub enum Kind {
    Any,
    Bool,
    Sint,
    Addr,
    Ipv4,
    Ipv6,
    Str,
    Bin,
    Meth,
}

/// What a sample fetch or a converter takes and gives, as HAProxy lists it itself.
#[derive(Debug)]
pub struct CallShape {
    /// How many of the arguments must be there.
    pub required: usize,
    /// All arguments, in order.
    pub arguments: &'static [Argument],
    /// What a converter works on.
    pub input: Kind,
    /// What comes out.
    pub output: Kind,
    phases: u32,
}

/// A set of moments at which a sample may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phases(u32);

impl Phases {
    /// `tcp-request connection`.
    pub const CONNECTION: Self = Self(1);
    /// `tcp-request session`.
    pub const SESSION: Self = Self(1 << 1);
    /// `tcp-request content` of a frontend.
    pub const FRONTEND_CONTENT: Self = Self(1 << 2);
    /// `http-request` of a frontend.
    pub const FRONTEND_REQUEST: Self = Self(1 << 3);
    /// `tcp-request content` of a backend.
    pub const BACKEND_CONTENT: Self = Self(1 << 6);
    /// `http-request` of a backend.
    pub const BACKEND_REQUEST: Self = Self(1 << 7);
    /// `balance`, `use-server`, `stick match`.
    pub const SERVER_CHOICE: Self = Self(1 << 9);
    /// A connection to a server.
    pub const SERVER_CONNECTION: Self = Self(1 << 10);
    /// `tcp-response content` of a frontend.
    pub const FRONTEND_RESPONSE_CONTENT: Self = Self(1 << 15);
    /// `tcp-response content` of a backend.
    pub const BACKEND_RESPONSE_CONTENT: Self = Self(1 << 11);
    /// `http-response` of a backend.
    pub const BACKEND_RESPONSE: Self = Self(1 << 12);
    /// `stick store-response`.
    pub const STICK_STORE: Self = Self(1 << 14);
    /// `http-response` of a frontend.
    pub const FRONTEND_RESPONSE: Self = Self(1 << 16);
    /// Log formats.
    pub const LOG: Self = Self(1 << 18);
    /// All moments after the answer of the server.
    pub const ANSWERS: Self =
        Self::BACKEND_RESPONSE_CONTENT.or(Self::BACKEND_RESPONSE).or(Self::STICK_STORE).or(Self::FRONTEND_RESPONSE);

    /// Both sets.
    #[must_use]
    pub const fn or(self, other: Phases) -> Phases {
        Self(self.0 | other.0)
    }

    /// Are all of them among those?
    #[must_use]
    pub const fn is_within(self, others: Phases) -> bool {
        self.0 & !others.0 == 0
    }
}

impl CallShape {
    /// Does it have a value at one of these moments?
    pub fn is_there_at(&self, phases: Phases) -> bool {
        self.phases & phases.0 != 0
    }
}

/// A kind of proxy section, as the `places` of a keyword name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Any defaults section.
    Defaults,
    /// A defaults section with a name.
    NamedDefaults,
    /// A frontend.
    Frontend,
    /// A listen.
    Listen,
    /// A backend.
    Backend,
}

impl Key {
    /// The keyword of a slot.
    pub(crate) fn of_slot(slot: u16) -> Option<&'static Self> {
        KEYS.get(usize::from(slot))
    }

    /// All versions have it that can be a target, and none warns.
    pub(crate) fn is_plain(&self) -> bool {
        self.removed.is_none() && self.deprecated.is_none() && self.since.is_none_or(|since| since <= (2, 2, 0))
    }

    /// May it stand there?
    pub fn fits(&self, place: Place) -> bool {
        let bits = match place {
            Place::Defaults => 1,
            Place::NamedDefaults => 1 | 2,
            Place::Frontend => 4,
            Place::Listen => 8,
            Place::Backend => 16,
        };
        self.places == 0 || self.places & bits != 0
    }

    /// For an option of `server`: may a `default-server` line carry it?
    pub fn fits_default_server(&self) -> bool {
        self.places & 1 != 0
    }
}

include!(concat!(env!("OUT_DIR"), "/keys.rs"));

/// The keys of a context, sorted by name, and where each is found: its number plus one, at its hash or the next free place
/// behind it; 0 where nothing is.
struct Keywords {
    keys: &'static [Key],
    places: Vec<u16>,
}

static KEYWORDS: LazyLock<Vec<Keywords>> = LazyLock::new(|| {
    let mut start = 0;
    let keys_of = |end: &u16| {
        let keys = &KEYS[start..usize::from(*end)];
        start += keys.len();
        Keywords::new(keys)
    };
    ENDS.iter().map(keys_of).collect()
});

impl Keywords {
    fn new(keys: &'static [Key]) -> Self {
        let mut places = vec![0; (keys.len() * 4 / 3 + 1).next_power_of_two()];
        let mask = places.len() - 1;
        for (number, key) in (1..).zip(keys) {
            let mut at = hash::hash(key.name.as_bytes()) & mask;
            while places[at] != 0 {
                at = (at + 1) & mask;
            }
            places[at] = number;
        }
        Self { keys, places }
    }
}

impl Context {
    fn table(self) -> &'static Keywords {
        &KEYWORDS[self.number()]
    }

    /// The keyword of this name.
    pub fn find(self, name: &str) -> Option<&'static Key> {
        let Keywords { keys, places } = self.table();
        let mask = places.len() - 1;
        let mut at = hash::hash(name.as_bytes()) & mask;
        loop {
            let key = keys.get(usize::from(places[at]).checked_sub(1)?)?;
            if hash::same(key.name.as_bytes(), name.as_bytes()) {
                return Some(key);
            }
            at = (at + 1) & mask;
        }
    }

    /// The rule action that a word starts: `set-var(txn.x)` is `set-var(`, `track-sc0` is `track-sc(`.
    pub fn find_action(self, word: &str) -> Option<&'static Key> {
        if let Some(key) = self.find(word) {
            return Some(key);
        }
        if let Some(open) = word.find('(') {
            return self.find(&word[..=open]);
        }
        if word.starts_with("lua.") {
            return self.find("lua.(");
        }
        let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
        if stem.len() == word.len() {
            return None;
        }
        let table = self.table().keys;
        let found = table.binary_search_by(|key| match key.name.strip_suffix('(') {
            Some(name) => name.cmp(stem).then(Ordering::Equal),
            None => key.name.cmp(stem),
        });
        found.ok().map(|index| &table[index]).filter(|key| key.name.ends_with('('))
    }

    /// All names, for suggestions.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.table().keys.iter().map(|key| key.name.trim_end_matches('('))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_found_in_their_context() {
        assert!(Context::ProxyOption.find("httpchk").is_some());
        assert!(Context::Proxy.find("httpchk").is_none());
        assert_eq!(Context::ProxyOption.find("clitcpka").map(|key| key.negatable), Some(Negatable::NoAndDefault));
        assert_eq!(Context::Global.find("nbproc").and_then(|key| key.removed), Some((2, 5, 0)));
        assert!(Context::Proxy.find("server").is_some_and(|key| !key.fits(Place::Frontend)));
    }

    #[test]
    fn actions_are_found_by_their_prefix() {
        let find = |word| Context::HttpRequestAction.find_action(word).map(|key| key.name);
        assert_eq!(find("deny"), Some("deny"));
        assert_eq!(find("set-var(txn.host)"), Some("set-var("));
        assert_eq!(find("track-sc0"), Some("track-sc("));
        assert_eq!(find("lua.check"), Some("lua.("));
        assert_eq!(find("denny"), None);
        assert_eq!(find("deny2"), None);
    }
}
