//! What can be wrong with a file before anyone asks what it says.

use confvet_core::Span;
use std::fmt;

/// One reason why the program would not read the file, or not all of it, on the token that is to blame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxProblem {
    /// The offending token.
    pub span: Span,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// What is wrong. `Display` gives the message; the user's own words are part of it where they matter.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// A tab in front of a line's first word.
    TabIndent,
    /// A tab, read by a program that refuses them anywhere (Elasticsearch up to 5.x).
    Tab,
    /// A tab outside of quotes, comments and block scalars, where the program's reader takes only blanks.
    TabOutsideText,
    /// A control character, by its code point.
    ControlCharacter(u32),
    /// `key:value`, without a blank behind the colon, where a mapping goes on.
    MissingBlank(String),
    /// A line that is no `key: value`, where a mapping goes on.
    MissingColon,
    /// A colon without a key in front, which only YAML 1.2 allows.
    MissingKey,
    /// A quote that is not closed, or only by the next quote somewhere below.
    UnclosedQuote(char),
    /// A bracket that is not closed.
    UnclosedBracket(char),
    /// A closing bracket without an opening one.
    UnexpectedBracket(char),
    /// No comma between two items in brackets.
    MissingComma,
    /// A value that starts with a character that means something to YAML.
    ReservedStart(char),
    /// Text behind the closing bracket of what was meant as a text: `[::1]:8008`.
    TextAfterBracket(char),
    /// Text behind a closing quote.
    TextAfterQuote,
    /// `: ` inside a plain value.
    ColonInValue,
    /// A line that fits no level above it.
    Indentation,
    /// A `- ` where no list can start or go on.
    UnexpectedItem,
    /// A backslash sequence in double quotes that YAML does not know.
    UnknownEscape(String),
    /// `*name` without an `&name` before it.
    UnknownAnchor(String),
    /// `*name` inside the very node that `&name` marks.
    RecursiveAlias(String),
    /// A second `&name` in one document, which PyYAML refuses.
    DuplicateAnchor(String),
    /// Aliases that would unfold into more than [`Limits::ALIASES`](crate::Limits::ALIASES) nodes.
    AliasBomb,
    /// More levels than [`Limits::DEPTH`](crate::Limits::DEPTH).
    TooDeep,
    /// More nodes than [`Limits::NODES`](crate::Limits::NODES).
    TooLarge,
    /// A second document, read by a program that takes only one.
    SecondDocument,
    /// Text behind the end of the only document, which go-yaml never looks at: what stands there has no effect.
    AfterDocument,
    /// A tag that the program knows no meaning for.
    UnknownTag(String),
    /// `<<` with something that is no mapping and no list of mappings.
    BadMerge,
    /// A list or mapping as a key.
    CollectionAsKey,
    /// A value that looks like a date and is none.
    BadDate(String),
    /// A bare `=`, which PyYAML takes for the default-value key of YAML 1.1.
    BareEquals,
    /// The header of a block scalar (`|`, `>`) holds something else than its indicators.
    BlockHeader,
    /// A `%` directive that cannot be read.
    Directive,
    /// A comment within a plain text that goes on in the next line.
    CommentInText,
    /// A byte order mark inside the text.
    ByteOrderMark,
    /// Anything else that does not follow the grammar.
    Unexpected,
}

impl ProblemKind {
    /// Does the program refuse the file for it? If not, it reads the file and ignores a part.
    pub fn is_refused(&self) -> bool {
        !matches!(self, ProblemKind::AfterDocument)
    }

    /// What to write instead, where that can be said without knowing the value's meaning.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            ProblemKind::TabIndent => "indent with blanks",
            ProblemKind::TabOutsideText => "replace the tab by blanks",
            ProblemKind::Tab => "replace the tab by blanks, in comments too",
            ProblemKind::MissingBlank(_) => "put a blank behind the colon",
            ProblemKind::MissingColon => "write `key: value`, or indent the line below the value it belongs to",
            ProblemKind::ReservedStart(_)
            | ProblemKind::TextAfterBracket(_)
            | ProblemKind::ColonInValue
            | ProblemKind::UnknownAnchor(_)
            | ProblemKind::BareEquals => "put the value in quotes",
            ProblemKind::TextAfterQuote => "put the whole value in quotes",
            ProblemKind::UnknownEscape(_) => {
                "use single quotes, which take a backslash as it is, or double the backslash"
            }
            ProblemKind::Indentation | ProblemKind::AfterDocument => "line it up with the key it belongs beside",
            ProblemKind::BadDate(_) => "put the value in quotes if it is a text",
            ProblemKind::CommentInText => "put the comment on a line of its own, or the text in quotes",
            _ => return None,
        })
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProblemKind::TabIndent => f.write_str("a tab indents this line, which YAML does not allow"),
            ProblemKind::Tab => f.write_str("a tab, which this version refuses anywhere in the file"),
            ProblemKind::TabOutsideText => f.write_str("a tab where the program's YAML reader takes only blanks"),
            ProblemKind::ControlCharacter(code) => {
                write!(f, "the control character U+{code:04X} is not allowed in YAML")
            }
            ProblemKind::MissingBlank(text) => {
                write!(f, "`{text}` has no blank behind its colon, so it is a text and not a key with a value")
            }
            ProblemKind::MissingColon => f.write_str("a key without a colon, between keys that have one"),
            ProblemKind::MissingKey => f.write_str("a colon without a key in front of it"),
            ProblemKind::UnclosedQuote(quote) => write!(f, "this `{quote}` is never closed"),
            ProblemKind::UnclosedBracket(bracket) => write!(f, "this `{bracket}` is never closed"),
            ProblemKind::UnexpectedBracket(bracket) => write!(f, "this `{bracket}` closes nothing"),
            ProblemKind::MissingComma => f.write_str("no comma in front of this item"),
            ProblemKind::ReservedStart(first) => {
                write!(f, "a value cannot start with `{first}`")?;
                match first {
                    '*' => f.write_str(": that is an alias"),
                    '&' => f.write_str(": that is an anchor"),
                    '!' => f.write_str(": that is a tag"),
                    '%' | '@' | '`' => f.write_str(", which YAML reserves"),
                    '[' | '{' => f.write_str(" unless it is a list or a mapping"),
                    _ => Ok(()),
                }
            }
            ProblemKind::TextAfterBracket(bracket) => {
                let what = if *bracket == '[' { "list" } else { "mapping" };
                write!(
                    f,
                    "a value that starts with `{bracket}` is a {what}, and nothing may follow its closing bracket"
                )
            }
            ProblemKind::TextAfterQuote => f.write_str("text behind the closing quote"),
            ProblemKind::ColonInValue => f.write_str(
                "a colon with a blank inside a plain value starts another mapping, which is not allowed here",
            ),
            ProblemKind::Indentation => f.write_str("the indentation fits no level above"),
            ProblemKind::UnexpectedItem => f.write_str("a list item cannot stand here"),
            ProblemKind::UnknownEscape(escape) => {
                write!(f, "`{escape}` is no escape sequence, and double quotes take a backslash for one")
            }
            ProblemKind::UnknownAnchor(name) => write!(f, "`*{name}` is an alias, and there is no `&{name}` above it"),
            ProblemKind::RecursiveAlias(name) => write!(f, "`*{name}` stands inside the value it names"),
            ProblemKind::DuplicateAnchor(name) => write!(f, "`&{name}` marks another value already"),
            ProblemKind::AliasBomb => {
                write!(f, "aliases unfold this file to more than {} nodes", crate::Limits::ALIASES)
            }
            ProblemKind::TooDeep => write!(f, "more than {} levels of nesting", crate::Limits::DEPTH),
            ProblemKind::TooLarge => {
                write!(f, "more than {} values in one file; the rest is not read", crate::Limits::NODES)
            }
            ProblemKind::SecondDocument => f.write_str("a second document, and the program reads only one"),
            ProblemKind::AfterDocument => {
                f.write_str("the document ends above: this and all that follows has no effect")
            }
            ProblemKind::UnknownTag(tag) => write!(f, "the tag `{tag}` means nothing to the program"),
            ProblemKind::BadMerge => f.write_str("`<<` takes a mapping or a list of mappings"),
            ProblemKind::CollectionAsKey => f.write_str("a list or mapping cannot be a key"),
            ProblemKind::BadDate(text) => write!(f, "`{text}` is read as a date, and there is no such date"),
            ProblemKind::BareEquals => f.write_str("a bare `=` is a special key of YAML 1.1 and cannot be a value"),
            ProblemKind::BlockHeader => {
                f.write_str("only `+`, `-`, a digit or a comment may follow `|` or `>` on its line")
            }
            ProblemKind::Directive => f.write_str("a directive that YAML does not know"),
            ProblemKind::CommentInText => {
                f.write_str("a comment ends the text here, and the next line goes on with it")
            }
            ProblemKind::ByteOrderMark => f.write_str("a byte order mark inside the text"),
            ProblemKind::Unexpected => f.write_str("this does not follow YAML's grammar"),
        }
    }
}

impl fmt::Display for SyntaxProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for SyntaxProblem {}
