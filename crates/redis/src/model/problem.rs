//! What is wrong with the text itself: each kind belongs to exactly one rule.

use crate::keys::Support;
use compact_str::CompactString;
use confvet_core::Span;

/// One fault of syntax or schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The token that is wrong.
    pub span: Span,
    /// What is wrong with it.
    pub kind: ProblemKind,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum ProblemKind {
    /// `redis/lexical-error`: quotes do not balance.
    Unbalanced {
        /// The quote.
        quote: char,
        /// The word with the quote, to the end of the line.
        rest: Span,
        /// The part is closed, but something follows without a blank.
        closed: bool,
        /// The value is a secret.
        secret: bool,
    },
    /// `redis/lexical-error`: the file starts with a byte order mark.
    ByteOrderMark,
    /// `redis/lexical-error`: the file is UTF-16, every other byte a NUL.
    Utf16,
    /// `redis/lexical-error`: a NUL byte, with the number of them.
    Nul(usize),
    /// `redis/lexical-error`: lines end with carriage returns only. Holds whether the one line is a comment.
    CarriageReturns {
        /// The first byte is `#`, so that the server takes the whole file for a comment.
        comment: bool,
    },
    /// `redis/unknown-directive`.
    Unknown {
        /// The directive as written.
        name: CompactString,
        /// Why it is refused.
        why: Unknown,
    },
    /// `redis/wrong-arity`.
    Arity {
        /// The directive.
        key: &'static str,
        /// What it takes, as "1 value" or "2 values".
        takes: &'static str,
        /// How many it got.
        found: usize,
        /// What the author probably meant.
        cause: ArityCause,
    },
    /// `redis/invalid-value`.
    Value {
        /// The directive.
        key: &'static str,
        /// What it must be, as "`yes` or `no`".
        expected: String,
        /// What was meant, and whether that is beyond doubt.
        meant: Option<(String, bool)>,
        /// The value is a secret, not to be quoted.
        secret: bool,
    },
    /// `redis/memory-unit`: no size that Redis can read.
    Size {
        /// The directive.
        key: &'static str,
        /// The server refuses to start.
        refused: bool,
        /// What an old version reads it as, in bytes.
        reads_as: Option<u64>,
        /// What was meant.
        meant: Option<String>,
    },
    /// `redis/memory-unit`: a decimal unit where a binary one was meant.
    DecimalSize {
        /// In bytes, as it is.
        bytes: u64,
        /// With the binary unit.
        meant: String,
        /// That in bytes.
        meant_bytes: u64,
    },
    /// `redis/number-suffix-ignored`.
    Suffix {
        /// The directive.
        key: &'static str,
        /// What counts.
        reads_as: i64,
        /// Its unit, if it is a time.
        unit: Option<&'static str>,
        /// What was meant.
        meant: Option<u64>,
    },
    /// `redis/save-format`.
    Save(SaveFault),
    /// `redis/env-placeholder`.
    Placeholder {
        /// The directive.
        key: &'static str,
        /// It stands for a password.
        secret: bool,
        /// The value has a type that no placeholder satisfies: the server refuses it.
        refused: bool,
    },
    /// `redis/inline-comment`.
    InlineComment {
        /// The directive.
        key: CompactString,
        /// How many words it adds.
        words: usize,
        /// The line itself, from its first word.
        line: Span,
        /// The server refuses to start because of it.
        refused: bool,
    },
}

/// Why a directive is unknown.
#[derive(Debug, Clone, PartialEq)]
pub enum Unknown {
    /// No version has it; a near name, if there is one.
    Nowhere(Option<&'static str>),
    /// Another version or engine has it.
    Elsewhere(Support, &'static str),
    /// It is a parameter of ElastiCache.
    ElastiCache,
    /// A `sentinel` statement in the file of a server, which the span of another statement shows.
    SentinelInServer(Span),
    /// It is read and has no effect.
    NoEffect(crate::version::Number),
}

/// What the author of a wrong number of words probably meant.
#[derive(Debug, Clone, PartialEq)]
pub enum ArityCause {
    /// A value is missing.
    Missing,
    /// There are too many.
    Surplus,
    /// Number and unit are apart: what they are together.
    UnitApart(String),
    /// A list that must be quoted: the list.
    Unquoted(String),
    /// `key=value` or `key: value`; the span covers the separator.
    Glued(Span, char),
}

/// What is wrong with a `save` statement.
#[derive(Debug, Clone, PartialEq)]
pub enum SaveFault {
    /// Old versions skip it without a word.
    Ignored(Vec<String>),
    /// The server refuses it.
    Refused(Vec<String>),
    /// Seconds and changes look swapped.
    Swapped(String),
}
