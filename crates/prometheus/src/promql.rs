//! PromQL: is an expression accepted, and which series and ranges does it name? Every finding has its place.
//!
//! What only the newest releases know (arithmetic on durations, `anchored`, `fill`) is read past rather than judged.

use crate::labels::ResultLabels;
use crate::relabel::{Dialect, Pattern, Patterns};
use crate::units::{Millis, parse_duration};
use std::ops::Range;

/// An expression, read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    /// The first thing that is wrong.
    pub error: Option<QueryError>,
    /// The series it selects.
    pub selectors: Vec<Selector>,
    /// The functions over plain ranges.
    pub ranges: Vec<RangeUse>,
    /// The calls of functions, with the place of the name.
    pub calls: Vec<(String, Range<usize>)>,
    /// The labels that its result can have.
    pub labels: ResultLabels,
    /// It looks at a range of samples, or at the result of a subquery.
    pub looks_back: bool,
}

/// Why an expression is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// Where.
    pub range: Range<usize>,
    /// What is wrong.
    pub message: String,
}

/// `name{label="value"}`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selector {
    /// The metric name in front of the braces, or quoted inside.
    pub name: Option<String>,
    /// The matchers in the braces.
    pub matchers: Vec<Matcher>,
}

/// `label="value"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher {
    /// The label.
    pub label: String,
    /// `=`, `!=`, `=~` or `!~`.
    pub operator: &'static str,
    /// The value, unquoted.
    pub value: String,
    /// Where the value stands, without its quotes.
    pub range: Range<usize>,
}

/// A function over a range of samples, as in `rate(x[5m])`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeUse {
    /// The function.
    pub function: String,
    /// The length of the range.
    pub length: Millis,
    /// Where the length stands.
    pub range: Range<usize>,
    /// Which of the query's selectors it is over.
    pub selector: usize,
}

impl Matcher {
    /// The values it selects, each with its place, if they are written out: the one of `=`, and the words of a `=~` that
    /// is nothing but words. The empty value, which selects series without the label, is left out.
    pub fn selected_values(&self) -> Vec<(String, Range<usize>)> {
        let words = match self.operator {
            "=" => vec![self.value.clone()],
            "=~" => {
                let pattern = Pattern::new(&self.value).ok();
                pattern.and_then(|pattern| pattern.words().map(<[_]>::to_vec)).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        // Where the value holds escapes, its words have no places of their own.
        let plain = self.range.len() == self.value.len();
        let mut at = self.range.start;
        let place = |word: String| {
            let range = at..at + word.len();
            at = range.end + 1;
            (word, if plain { range } else { self.range.clone() })
        };
        words.into_iter().map(place).filter(|(word, _)| !word.is_empty()).collect()
    }

    /// It compares `le` or `quantile` with a whole number, which is written `1.0` since 3.0.
    pub fn compares_whole_bound(&self) -> bool {
        if !matches!(self.label.as_str(), "le" | "quantile") {
            return false;
        }
        let values = match self.operator {
            "=" => Some(vec![self.value.clone()]),
            "=~" => Pattern::new(&self.value).ok().and_then(|pattern| pattern.finite(1000)),
            _ => None,
        };
        values.is_some_and(|values| crate::model::has_bare_whole_number(&values))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Scalar,
    Vector,
    Matrix,
    Text,
    /// Not known; fits everything.
    Any,
}

impl Type {
    fn describe(self) -> &'static str {
        match self {
            Type::Scalar => "a number",
            Type::Vector => "an instant vector",
            Type::Matrix => "a range vector",
            Type::Text => "a string",
            Type::Any => "anything",
        }
    }

    fn fits(self, wanted: Type) -> bool {
        self == wanted || self == Type::Any || wanted == Type::Any
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Number,
    Duration,
    Text,
    Sign,
}

#[derive(Debug, Clone)]
struct Token {
    kind: Kind,
    range: Range<usize>,
}

const AGGREGATORS: &[&str] = &[
    "avg",
    "bottomk",
    "count",
    "count_values",
    "group",
    "limit_ratio",
    "limitk",
    "max",
    "min",
    "quantile",
    "stddev",
    "stdvar",
    "sum",
    "topk",
];

/// Functions: the types of their arguments (`s` number, `v` vector, `m` range, `t` text), how many of them may be left
/// out (`*`: the last may be repeated), and what they give.
const FUNCTIONS: &[(&str, &str, &str, Type)] = &[
    ("abs", "v", "", Type::Vector),
    ("absent", "v", "", Type::Vector),
    ("absent_over_time", "m", "", Type::Vector),
    ("acos", "v", "", Type::Vector),
    ("acosh", "v", "", Type::Vector),
    ("asin", "v", "", Type::Vector),
    ("asinh", "v", "", Type::Vector),
    ("atan", "v", "", Type::Vector),
    ("atanh", "v", "", Type::Vector),
    ("avg_over_time", "m", "", Type::Vector),
    ("ceil", "v", "", Type::Vector),
    ("changes", "m", "", Type::Vector),
    ("clamp", "vss", "", Type::Vector),
    ("clamp_max", "vs", "", Type::Vector),
    ("clamp_min", "vs", "", Type::Vector),
    ("cos", "v", "", Type::Vector),
    ("cosh", "v", "", Type::Vector),
    ("count_over_time", "m", "", Type::Vector),
    ("day_of_month", "v", "1", Type::Vector),
    ("day_of_week", "v", "1", Type::Vector),
    ("day_of_year", "v", "1", Type::Vector),
    ("days_in_month", "v", "1", Type::Vector),
    ("deg", "v", "", Type::Vector),
    ("delta", "m", "", Type::Vector),
    ("deriv", "m", "", Type::Vector),
    ("double_exponential_smoothing", "mss", "", Type::Vector),
    ("exp", "v", "", Type::Vector),
    ("first_over_time", "m", "", Type::Vector),
    ("floor", "v", "", Type::Vector),
    ("histogram_avg", "v", "", Type::Vector),
    ("histogram_count", "v", "", Type::Vector),
    ("histogram_fraction", "ssv", "", Type::Vector),
    ("histogram_quantile", "sv", "", Type::Vector),
    ("histogram_quantiles", "vtss", "*", Type::Vector),
    ("histogram_stddev", "v", "", Type::Vector),
    ("histogram_stdvar", "v", "", Type::Vector),
    ("histogram_sum", "v", "", Type::Vector),
    ("holt_winters", "mss", "", Type::Vector),
    ("hour", "v", "1", Type::Vector),
    ("idelta", "m", "", Type::Vector),
    ("increase", "m", "", Type::Vector),
    ("info", "vv", "1", Type::Vector),
    ("irate", "m", "", Type::Vector),
    ("label_join", "vttt", "*", Type::Vector),
    ("label_replace", "vtttt", "", Type::Vector),
    ("last_over_time", "m", "", Type::Vector),
    ("ln", "v", "", Type::Vector),
    ("log10", "v", "", Type::Vector),
    ("log2", "v", "", Type::Vector),
    ("mad_over_time", "m", "", Type::Vector),
    ("max_over_time", "m", "", Type::Vector),
    ("min_over_time", "m", "", Type::Vector),
    ("minute", "v", "1", Type::Vector),
    ("month", "v", "1", Type::Vector),
    ("pi", "", "", Type::Scalar),
    ("predict_linear", "ms", "", Type::Vector),
    ("present_over_time", "m", "", Type::Vector),
    ("quantile_over_time", "sm", "", Type::Vector),
    ("rad", "v", "", Type::Vector),
    ("rate", "m", "", Type::Vector),
    ("resets", "m", "", Type::Vector),
    ("round", "vs", "1", Type::Vector),
    ("scalar", "v", "", Type::Scalar),
    ("sgn", "v", "", Type::Vector),
    ("sin", "v", "", Type::Vector),
    ("sinh", "v", "", Type::Vector),
    ("sort", "v", "", Type::Vector),
    ("sort_by_label", "vt", "*", Type::Vector),
    ("sort_by_label_desc", "vt", "*", Type::Vector),
    ("sort_desc", "v", "", Type::Vector),
    ("sqrt", "v", "", Type::Vector),
    ("stddev_over_time", "m", "", Type::Vector),
    ("stdvar_over_time", "m", "", Type::Vector),
    ("sum_over_time", "m", "", Type::Vector),
    ("tan", "v", "", Type::Vector),
    ("tanh", "v", "", Type::Vector),
    ("time", "", "", Type::Scalar),
    ("timestamp", "v", "", Type::Vector),
    ("ts_of_first_over_time", "m", "", Type::Vector),
    ("ts_of_last_over_time", "m", "", Type::Vector),
    ("ts_of_max_over_time", "m", "", Type::Vector),
    ("ts_of_min_over_time", "m", "", Type::Vector),
    ("vector", "s", "", Type::Vector),
    ("year", "v", "1", Type::Vector),
];

/// Brackets, functions and operators may be nested this deep; what is deeper is not judged.
const MAX_DEPTH: usize = 128;

impl Query {
    /// Reads an expression.
    pub fn new(text: &str) -> Self {
        Self::with_patterns(text, true, &mut Patterns::new(Dialect::default()))
    }

    /// Reads one of many expressions, which have their regexes in common. Since 3.0 a number without a unit may stand where
    /// a duration is wanted.
    pub(crate) fn with_patterns(text: &str, bare_durations: bool, patterns: &mut Patterns) -> Self {
        let mut query = Query::default();
        let tokens = match tokens(text) {
            Ok(tokens) => tokens,
            Err(error) => return Query { error: Some(error), ..query },
        };
        let mut parser = Parser { text, bare_durations, tokens: &tokens, at: 0, query: &mut query, patterns, depth: 0 };
        let result = parser.whole();
        if let Err(Stop::Wrong(error)) = result {
            query.error = Some(error);
        }
        query
    }
}

enum Stop {
    Wrong(QueryError),
    /// Too deep, or of a release this does not know.
    Unknown,
}

fn wrong<T>(range: Range<usize>, message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Wrong(QueryError { range, message: message.into() }))
}

fn tokens(text: &str) -> Result<Vec<Token>, QueryError> {
    let bytes = text.as_bytes();
    let error = |range: Range<usize>, message: &str| QueryError { range, message: message.to_owned() };
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b':';
    let mut all = Vec::new();
    let mut at = 0;
    let mut squares = 0_usize;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        let kind = match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {
                at += 1;
                continue;
            }
            b'#' => {
                at += text[at..].find('\n').unwrap_or(text.len() - at);
                continue;
            }
            b'"' | b'\'' | b'`' => {
                at += 1;
                loop {
                    match bytes.get(at) {
                        Some(b'\\') if byte != b'`' => at += 2,
                        Some(&end) if end == byte => break,
                        Some(b'\n') if byte != b'`' => return Err(error(start..at, "this quote is never closed")),
                        Some(_) => at += 1,
                        None => return Err(error(start..text.len(), "this quote is never closed")),
                    }
                }
                at += 1;
                if let Some(escape) = unknown_escape(&text[start..at]) {
                    let range = start + escape.start..start + escape.end;
                    let message =
                        format!("there is no escape `{0}` in a quoted text; write `\\{0}`", &text[range.clone()]);
                    return Err(error(range, &message));
                }
                Kind::Text
            }
            b'0'..=b'9' | b'.' => {
                at += number(&text[at..]);
                if at == start {
                    return Err(error(start..start + 1, "unexpected `.`"));
                }
                let plain = text[start..at].bytes().all(|b| b.is_ascii_digit());
                let letters = bytes[at..].iter().take_while(|&&b| word(b) && b != b':').count();
                if letters == 0 {
                    Kind::Number
                } else if plain && parse_duration(&text[start..at + letters]).is_ok() {
                    at += letters;
                    Kind::Duration
                } else {
                    return Err(error(start..at + letters, "this is neither a number nor a duration"));
                }
            }
            b':' if squares > 0 => {
                at += 1;
                Kind::Sign
            }
            _ if word(byte) => {
                at += bytes[at..].iter().take_while(|&&b| word(b)).count();
                Kind::Word
            }
            _ => {
                let two = ["==", "!=", ">=", "<=", "=~", "!~"].iter().any(|sign| text[at..].starts_with(sign));
                let one = b"()[]{},=<>+-*/%^@".contains(&byte);
                if !two && !one {
                    let c = text[at..].chars().next().unwrap_or_default();
                    return Err(error(at..at + c.len_utf8(), &format!("unexpected `{c}`")));
                }
                match byte {
                    b'[' => squares += 1,
                    b']' => squares = squares.saturating_sub(1),
                    _ => {}
                }
                at += if two { 2 } else { 1 };
                Kind::Sign
            }
        };
        all.push(Token { kind, range: start..at });
    }
    Ok(all)
}

/// The first escape in a quoted text that Go does not know, as in `"a\.b"`.
fn unknown_escape(token: &str) -> Option<Range<usize>> {
    let bytes = token.as_bytes();
    let quote = *bytes.first().filter(|quote| **quote != b'`')?;
    let mut at = 1;
    while let Some(found) = memchr::memchr(b'\\', bytes.get(at..)?).map(|found| at + found) {
        let sign = *bytes.get(found + 1)?;
        let digits = match sign {
            b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' => 0,
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            b'0'..=b'7' => 2,
            sign if sign == quote => 0,
            _ => return Some(found..found + 1 + token[found + 1..].chars().next().map_or(0, char::len_utf8)),
        };
        let octal = sign.is_ascii_digit();
        let fits = |b: &u8| if octal { (b'0'..=b'7').contains(b) } else { b.is_ascii_hexdigit() };
        if !bytes.get(found + 2..found + 2 + digits).is_some_and(|digits| digits.iter().all(fits)) {
            return Some(found..found + 2);
        }
        at = found + 2 + digits;
    }
    None
}

/// The length of the number at the start.
fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    if (text.starts_with("0x") || text.starts_with("0X")) && bytes.get(2).is_some_and(u8::is_ascii_hexdigit) {
        return 2 + bytes[2..].iter().take_while(|b| b.is_ascii_hexdigit() || **b == b'_').count();
    }
    let digits =
        |from: usize| bytes[from.min(bytes.len())..].iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count();
    let mut length = digits(0);
    if bytes.get(length) == Some(&b'.') {
        let fraction = digits(length + 1);
        if length + fraction == 0 {
            return 0;
        }
        length += 1 + fraction;
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits(length + 1 + sign);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}

struct Parser<'t, 'q> {
    text: &'t str,
    /// A number without a unit may stand for seconds.
    bare_durations: bool,
    tokens: &'t [Token],
    at: usize,
    query: &'q mut Query,
    patterns: &'q mut Patterns,
    depth: usize,
}

/// What an operand is, where it stands, and which selector it is if it is nothing else.
struct Operand {
    kind: Type,
    range: Range<usize>,
    selector: Option<usize>,
    /// The length of the range behind a selector, and its place.
    length: Option<(Millis, Range<usize>)>,
    /// The labels it can have.
    labels: ResultLabels,
}

/// How the series of two operands find each other.
#[derive(Default)]
struct Matching {
    /// Where `on` or `ignoring` stands.
    place: Option<Range<usize>>,
    /// `on (…)`
    on: Option<Vec<String>>,
    /// `ignoring (…)`
    ignoring: Vec<String>,
    /// `group_left (…)` is false, `group_right (…)` is true; with the labels it brings over.
    many: Option<(bool, Vec<String>)>,
}

impl<'t> Parser<'t, '_> {
    fn word(&self) -> &'t str {
        self.tokens.get(self.at).map_or("", |token| &self.text[token.range.clone()])
    }

    fn lower(&self) -> String {
        self.word().to_ascii_lowercase()
    }

    fn kind(&self) -> Option<Kind> {
        self.tokens.get(self.at).map(|token| token.kind)
    }

    fn range(&self) -> Range<usize> {
        self.tokens.get(self.at).map_or(self.text.len()..self.text.len(), |token| token.range.clone())
    }

    fn is(&self, sign: &str) -> bool {
        self.kind() == Some(Kind::Sign) && self.word() == sign
    }

    fn next_is(&self, sign: &str) -> bool {
        self.tokens.get(self.at + 1).is_some_and(|token| &self.text[token.range.clone()] == sign)
    }

    fn eat(&mut self, sign: &str) -> bool {
        let is = self.is(sign);
        self.at += usize::from(is);
        is
    }

    fn expect(&mut self, sign: &str, opened: &Range<usize>) -> Result<(), Stop> {
        if self.eat(sign) {
            return Ok(());
        }
        if self.at >= self.tokens.len() {
            let bracket = &self.text[opened.clone()];
            return wrong(opened.clone(), format!("this `{bracket}` is never closed"));
        }
        self.unexpected()
    }

    fn unexpected<T>(&self) -> Result<T, Stop> {
        if self.at >= self.tokens.len() {
            return wrong(self.text.len()..self.text.len(), "the expression ends too early");
        }
        wrong(self.range(), format!("unexpected `{}`", self.word()))
    }

    fn whole(&mut self) -> Result<(), Stop> {
        let labels = self.binary(0)?.labels;
        if self.at < self.tokens.len() {
            return self.unexpected();
        }
        self.query.labels = labels;
        Ok(())
    }

    fn deeper(&mut self) -> Result<(), Stop> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(Stop::Unknown) } else { Ok(()) }
    }

    fn binary(&mut self, least: u8) -> Result<Operand, Stop> {
        self.deeper()?;
        let mut left = self.unary()?;
        loop {
            let operator = self.lower();
            let level = match operator.as_str() {
                "or" => 1,
                "and" | "unless" => 2,
                "==" | "!=" | ">" | "<" | ">=" | "<=" => 3,
                "+" | "-" => 4,
                "*" | "/" | "%" | "atan2" => 5,
                "^" => 6,
                _ => break,
            };
            if self.kind() == Some(Kind::Text) || level < least {
                break;
            }
            let sign = self.range();
            self.at += 1;
            let comparison = level == 3;
            let boolean = self.lower() == "bool";
            if boolean {
                if !comparison {
                    return wrong(self.range(), "`bool` goes only with comparisons");
                }
                self.at += 1;
            }
            let matching = self.matching()?;
            let right = self.binary(if level == 6 { 6 } else { level + 1 })?;
            left = join(left, right, &sign, level, boolean, &operator, matching)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// `on (…) group_left (…)`
    fn matching(&mut self) -> Result<Matching, Stop> {
        let mut matching = Matching::default();
        let word = self.lower();
        if !matches!(word.as_str(), "on" | "ignoring") || !self.next_is("(") {
            return Ok(matching);
        }
        matching.place = Some(self.range());
        self.at += 1;
        let names = self.labels()?;
        if word == "on" {
            matching.on = Some(names);
        } else {
            matching.ignoring = names;
        }
        let group = self.lower();
        if matches!(group.as_str(), "group_left" | "group_right") {
            self.at += 1;
            let brought = if self.is("(") { self.labels()? } else { Vec::new() };
            matching.many = Some((group == "group_right", brought));
        }
        if self.lower().starts_with("fill") && self.next_is("(") {
            return Err(Stop::Unknown);
        }
        Ok(matching)
    }

    fn labels(&mut self) -> Result<Vec<String>, Stop> {
        let mut names = Vec::new();
        let open = self.range();
        if !self.eat("(") {
            return self.unexpected();
        }
        while !self.is(")") {
            if !matches!(self.kind(), Some(Kind::Word | Kind::Text))
                || self.word().contains(':') && self.kind() == Some(Kind::Word)
            {
                return if self.kind().is_none() { self.expect(")", &open).map(|()| names) } else { self.unexpected() };
            }
            let quoted = self.kind() == Some(Kind::Text);
            names.push(if quoted { unquoted(self.word()) } else { self.word().to_owned() });
            self.at += 1;
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")", &open).map(|()| names)
    }

    fn unary(&mut self) -> Result<Operand, Stop> {
        if self.is("-") || self.is("+") {
            let start = self.range().start;
            self.at += 1;
            let operand = self.binary(6)?;
            if !matches!(operand.kind, Type::Scalar | Type::Vector | Type::Any) {
                return wrong(
                    operand.range.clone(),
                    format!("a sign needs a number or an instant vector, not {}", operand.kind.describe()),
                );
            }
            return Ok(Operand { range: start..operand.range.end, selector: None, length: None, ..operand });
        }
        let operand = self.primary()?;
        self.postfix(operand)
    }

    fn simple(kind: Type, range: Range<usize>) -> Operand {
        Operand { kind, range, selector: None, length: None, labels: ResultLabels::Unknown }
    }

    fn primary(&mut self) -> Result<Operand, Stop> {
        let range = self.range();
        match self.kind() {
            None => self.unexpected(),
            Some(Kind::Number | Kind::Duration) => {
                self.at += 1;
                Ok(Self::simple(Type::Scalar, range))
            }
            Some(Kind::Text) => {
                self.at += 1;
                Ok(Self::simple(Type::Text, range))
            }
            Some(Kind::Sign) if self.is("(") => {
                self.at += 1;
                let inner = self.binary(0)?;
                self.expect(")", &range)?;
                Ok(Operand {
                    range: range.start..self.tokens[self.at - 1].range.end,
                    length: None,
                    selector: None,
                    ..inner
                })
            }
            Some(Kind::Sign) if self.is("{") => self.selector(None, range),
            Some(Kind::Sign) => self.unexpected(),
            Some(Kind::Word) => {
                let word = self.word();
                let lower = word.to_ascii_lowercase();
                let next =
                    self.tokens.get(self.at + 1).map(|token| self.text[token.range.clone()].to_ascii_lowercase());
                if AGGREGATORS.contains(&lower.as_str()) && matches!(next.as_deref(), Some("(" | "by" | "without")) {
                    return self.aggregation(&lower, range);
                }
                if next.as_deref() == Some("(") {
                    return self.call(word, range);
                }
                if matches!(lower.as_str(), "inf" | "nan") {
                    self.at += 1;
                    return Ok(Self::simple(Type::Scalar, range));
                }
                if matches!(lower.as_str(), "atan2" | "bool" | "group_left" | "group_right" | "ignoring" | "on") {
                    return self.unexpected();
                }
                self.at += 1;
                self.selector(Some(word.to_owned()), range)
            }
        }
    }

    fn aggregation(&mut self, name: &str, range: Range<usize>) -> Result<Operand, Stop> {
        self.at += 1;
        let grouping = |parser: &mut Self| -> Result<Option<(bool, Vec<String>)>, Stop> {
            let word = parser.lower();
            if !matches!(word.as_str(), "by" | "without") {
                return Ok(None);
            }
            parser.at += 1;
            Ok(Some((word == "by", parser.labels()?)))
        };
        let mut groups = grouping(self)?;
        let open = self.range();
        if !self.eat("(") {
            return self.unexpected();
        }
        let mut arguments = vec![self.binary(0)?];
        if self.eat(",") {
            arguments.push(self.binary(0)?);
        }
        self.expect(")", &open)?;
        if groups.is_none() {
            groups = grouping(self)?;
        }
        let end = self.tokens[self.at - 1].range.end;
        let parameter = match name {
            "topk" | "bottomk" | "quantile" | "limitk" | "limit_ratio" => Some(Type::Scalar),
            "count_values" => Some(Type::Text),
            _ => None,
        };
        let wanted: Vec<Type> = parameter.into_iter().chain([Type::Vector]).collect();
        if arguments.len() != wanted.len() {
            return wrong(range, format!("`{name}` takes {} here, found {}", count(wanted.len()), arguments.len()));
        }
        for (argument, wanted) in arguments.iter().zip(wanted) {
            self.fits(name, argument, wanted)?;
        }
        let inner = arguments.pop().map(|argument| argument.labels).unwrap_or_default();
        let labels = match (name, groups) {
            // Some of the series, as they are.
            ("topk" | "bottomk" | "limitk" | "limit_ratio", _) => inner,
            ("count_values", _) => ResultLabels::Unknown,
            (_, Some((true, names))) => inner.by(names),
            (_, Some((false, names))) => inner.without(&names),
            (_, None) => ResultLabels::Only(Vec::new()),
        };
        Ok(Operand { labels, ..Self::simple(Type::Vector, range.start..end) })
    }

    fn fits(&self, function: &str, argument: &Operand, wanted: Type) -> Result<(), Stop> {
        if argument.kind.fits(wanted) {
            return Ok(());
        }
        let hint =
            if wanted == Type::Matrix && argument.kind == Type::Vector { ", such as `[5m]` behind it" } else { "" };
        wrong(
            argument.range.clone(),
            format!("`{function}` takes {}{hint}, found {}", wanted.describe(), argument.kind.describe()),
        )
    }

    fn call(&mut self, name: &str, range: Range<usize>) -> Result<Operand, Stop> {
        let Ok(at) = FUNCTIONS.binary_search_by(|row| row.0.cmp(name)) else {
            let near =
                confvet_core::did_you_mean(name, FUNCTIONS.iter().map(|row| row.0).chain(AGGREGATORS.iter().copied()));
            let meant = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return wrong(range, format!("there is no function `{name}`{meant}"));
        };
        let (_, types, optional, result) = FUNCTIONS[at];
        self.query.calls.push((name.to_owned(), range.clone()));
        self.at += 1;
        let open = self.range();
        self.at += 1;
        let mut arguments = Vec::new();
        while !self.is(")") {
            arguments.push(self.binary(0)?);
            let comma = self.range();
            if !self.eat(",") {
                break;
            }
            if self.is(")") {
                return wrong(comma, "a comma cannot stand behind the last argument");
            }
        }
        self.expect(")", &open)?;
        let most = types.len();
        let least = if optional.is_empty() { most } else { most - 1 };
        if arguments.len() < least || arguments.len() > most && optional != "*" {
            return wrong(range, format!("`{name}` takes {}, found {}", count(most), arguments.len()));
        }
        for (index, argument) in arguments.iter().enumerate() {
            let wanted = match types.as_bytes()[index.min(most.saturating_sub(1))] {
                b's' => Type::Scalar,
                b'v' => Type::Vector,
                b'm' => Type::Matrix,
                _ => Type::Text,
            };
            self.fits(name, argument, wanted)?;
            if let (Some(selector), Some((length, place))) = (argument.selector, &argument.length) {
                let (function, length, range) = (name.to_owned(), *length, place.clone());
                self.query.ranges.push(RangeUse { function, length, range, selector });
            }
        }
        let series = arguments.into_iter().find(|argument| matches!(argument.kind, Type::Vector | Type::Matrix));
        let labels = match (name, series) {
            ("absent" | "absent_over_time" | "label_replace" | "label_join" | "info" | "histogram_quantiles", _) => {
                ResultLabels::Unknown
            }
            ("histogram_quantile", Some(series)) => series.labels.without(&["le".to_owned()]),
            (_, Some(series)) => series.labels,
            (_, None) => ResultLabels::Only(Vec::new()),
        };
        Ok(Operand { labels, ..Self::simple(result, range.start..self.tokens[self.at - 1].range.end) })
    }

    fn selector(&mut self, name: Option<String>, start: Range<usize>) -> Result<Operand, Stop> {
        let mut selector = Selector { name, matchers: Vec::new() };
        let mut selective = selector.name.is_some();
        let open = self.range();
        if self.eat("{") {
            while !self.is("}") {
                let label_range = self.range();
                let label = match self.kind() {
                    Some(Kind::Word) if !self.word().contains(':') => self.word().to_owned(),
                    Some(Kind::Text) => unquoted(self.word()),
                    None => return self.expect("}", &open).map(|()| Self::simple(Type::Any, start)),
                    _ => return self.unexpected(),
                };
                let quoted = self.kind() == Some(Kind::Text);
                self.at += 1;
                if quoted && (self.is(",") || self.is("}")) {
                    if selector.name.is_some() {
                        return wrong(label_range, "the metric already has a name");
                    }
                    selector.name = Some(label);
                    selective = true;
                } else {
                    let Some(operator) = ["=~", "!~", "!=", "="].into_iter().find(|sign| self.is(sign)) else {
                        return self.unexpected();
                    };
                    self.at += 1;
                    if self.kind() != Some(Kind::Text) {
                        return self.unexpected();
                    }
                    let outer = self.range();
                    let value = unquoted(self.word());
                    self.at += 1;
                    let range = outer.start + 1..outer.end - 1;
                    let pattern = operator.ends_with('~').then(|| self.patterns.read(&value));
                    if let Some(Err(error)) = &pattern {
                        return wrong(range, format!("the regex of `{label}` does not compile: {error}"));
                    }
                    let empty = match &pattern {
                        Some(Ok(pattern)) => pattern.matches("").unwrap_or(false),
                        _ => value.is_empty(),
                    };
                    selective |= empty == operator.starts_with('!');
                    if label == "__name__" && operator == "=" && selector.name.is_some() {
                        return wrong(label_range, "the metric already has a name");
                    }
                    selector.matchers.push(Matcher { label, operator, value, range });
                }
                if !self.eat(",") {
                    break;
                }
            }
            self.expect("}", &open)?;
            if !selective {
                return wrong(
                    open.start..self.tokens[self.at - 1].range.end,
                    "a selector needs at least one matcher that is not empty",
                );
            }
        }
        let index = self.query.selectors.len();
        self.query.selectors.push(selector);
        let end = self.tokens[self.at - 1].range.end;
        let labels = ResultLabels::AllBut(Vec::new());
        Ok(Operand { kind: Type::Vector, range: start.start..end, selector: Some(index), length: None, labels })
    }

    /// `[5m]`, `[1h:5m]`, `offset 5m`, `@ 123`.
    fn postfix(&mut self, mut operand: Operand) -> Result<Operand, Stop> {
        let (mut has_offset, mut has_time) = (false, false);
        loop {
            let open = self.range();
            if self.eat("[") {
                let modifier = [(has_offset, "offset"), (has_time, "@")].into_iter().find(|(has, _)| *has);
                self.bracket(&mut operand, &open, modifier.map(|(_, word)| word))?;
                (has_offset, has_time) = (false, false);
            } else if self.lower() == "offset" {
                Self::modifies("offset", &operand, &open, &mut has_offset)?;
                self.at += 1;
                if !self.eat("-") {
                    self.eat("+");
                }
                let place = self.range();
                let length = self.duration_part()?;
                if !self.bare_durations && length.is_some_and(|length| length.0 == 0) {
                    return wrong(place, "an offset of 0 is refused before 3.0");
                }
            } else if self.eat("@") {
                Self::modifies("@", &operand, &open, &mut has_time)?;
                self.point_in_time()?;
            } else if matches!(self.lower().as_str(), "anchored" | "smoothed") {
                return Err(Stop::Unknown);
            } else {
                break;
            }
            operand.range.end = self.tokens[self.at - 1].range.end;
        }
        Ok(operand)
    }

    /// `offset` and `@` stand behind a selector, a range or a subquery, each once.
    fn modifies(word: &str, operand: &Operand, place: &Range<usize>, has: &mut bool) -> Result<(), Stop> {
        let fits = operand.selector.is_some() || matches!(operand.kind, Type::Matrix | Type::Any);
        if !fits {
            return wrong(place.clone(), format!("`{word}` can follow only a selector or a subquery"));
        }
        if std::mem::replace(has, true) {
            return wrong(place.clone(), format!("`{word}` stands here twice"));
        }
        Ok(())
    }

    /// What stands in brackets: a range, or the range and the step of a subquery.
    fn bracket(&mut self, operand: &mut Operand, open: &Range<usize>, modifier: Option<&str>) -> Result<(), Stop> {
        if self.is("]") {
            return wrong(open.clone(), "the range is empty");
        }
        if !matches!(operand.kind, Type::Vector | Type::Any) {
            return wrong(open.clone(), format!("a range cannot follow {}", operand.kind.describe()));
        }
        let place = self.range();
        let length = self.duration()?;
        let subquery = self.eat(":");
        if subquery && !self.is("]") {
            self.duration()?;
        }
        self.expect("]", open)?;
        if let Some(modifier) = modifier.filter(|_| !subquery) {
            return wrong(open.clone(), format!("a range stands in front of `{modifier}`, not behind it"));
        }
        if !subquery && operand.selector.is_none() && operand.kind != Type::Any {
            return wrong(
                open.start..self.tokens[self.at - 1].range.end,
                "a range can follow only a selector; behind an expression write a subquery, such as `[5m:]`",
            );
        }
        match length.filter(|_| !subquery) {
            Some(length) => operand.length = Some((length, place)),
            None => operand.selector = None,
        }
        operand.kind = Type::Matrix;
        self.query.looks_back = true;
        Ok(())
    }

    /// `@ 123`, `@ start()`.
    fn point_in_time(&mut self) -> Result<(), Stop> {
        if !self.eat("-") {
            self.eat("+");
        }
        match self.kind() {
            Some(Kind::Number) => self.at += 1,
            Some(Kind::Word) if matches!(self.lower().as_str(), "start" | "end") => {
                self.at += 1;
                let open = self.range();
                if !self.eat("(") {
                    return self.unexpected();
                }
                self.expect(")", &open)?;
            }
            _ => return self.unexpected(),
        }
        Ok(())
    }

    /// The length of a range or a step. It may be calculated, behind a feature flag; what comes of that is not known.
    fn duration(&mut self) -> Result<Option<Millis>, Stop> {
        let (range, first) = (self.range(), self.at);
        let length = self.duration_sum(0)?.filter(|_| self.at == first + 1);
        if length.is_some_and(|length| length.0 == 0) {
            return wrong(range, "a range must be longer than 0");
        }
        Ok(length)
    }

    fn duration_sum(&mut self, least: u8) -> Result<Option<Millis>, Stop> {
        self.deeper()?;
        let length = self.duration_part()?;
        loop {
            let level = match self.word() {
                "+" | "-" => 1,
                "*" | "/" | "%" => 2,
                "^" => 3,
                _ => break,
            };
            if self.kind() != Some(Kind::Sign) || level < least {
                break;
            }
            self.at += 1;
            self.duration_sum(level + 1)?;
        }
        self.depth -= 1;
        Ok(length)
    }

    fn duration_part(&mut self) -> Result<Option<Millis>, Stop> {
        let range = self.range();
        match self.kind() {
            Some(Kind::Duration) => {
                self.at += 1;
                Ok(parse_duration(&self.text[range]).ok())
            }
            Some(Kind::Number) if self.bare_durations => {
                self.at += 1;
                let seconds = self.text[range].parse::<f64>().ok().filter(|seconds| (0.0..1e12).contains(seconds));
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in range")]
                Ok(seconds.map(|seconds| Millis((seconds * 1000.0) as u64)))
            }
            Some(Kind::Number) => {
                let number = self.word();
                wrong(
                    range,
                    format!("`{number}` has no unit, which is refused before 3.0; write `{number}s` for seconds"),
                )
            }
            Some(Kind::Sign) if self.eat("-") || self.eat("+") => self.duration_sum(3).map(|_| None),
            Some(Kind::Sign) if self.eat("(") => {
                self.duration_sum(0)?;
                self.expect(")", &range).map(|()| None)
            }
            Some(Kind::Word) if matches!(self.lower().as_str(), "step" | "range" | "min" | "max") => {
                let takes_two = matches!(self.lower().as_str(), "min" | "max");
                self.at += 1;
                let open = self.range();
                if !self.eat("(") {
                    return self.unexpected();
                }
                if takes_two {
                    self.duration_sum(0)?;
                    if !self.eat(",") {
                        return self.unexpected();
                    }
                    self.duration_sum(0)?;
                }
                self.expect(")", &open).map(|()| None)
            }
            _ => self.unexpected(),
        }
    }
}

fn join(
    left: Operand,
    right: Operand,
    sign: &Range<usize>,
    level: u8,
    boolean: bool,
    operator: &str,
    matching: Matching,
) -> Result<Operand, Stop> {
    for side in [&left, &right] {
        if !matches!(side.kind, Type::Scalar | Type::Vector | Type::Any) {
            return wrong(
                side.range.clone(),
                format!("`{operator}` needs numbers or instant vectors, not {}", side.kind.describe()),
            );
        }
    }
    let scalars = left.kind == Type::Scalar && right.kind == Type::Scalar;
    if let Some(place) = &matching.place {
        if left.kind == Type::Scalar || right.kind == Type::Scalar {
            return wrong(place.clone(), "series can be matched only between two instant vectors");
        }
        if level <= 2 && matching.many.is_some() {
            return wrong(sign.clone(), format!("`{operator}` takes no `group_left` or `group_right`"));
        }
        let brought = matching.many.iter().flat_map(|(_, brought)| brought);
        if let Some(twice) = matching.on.iter().flatten().find(|own| brought.clone().any(|name| name == *own)) {
            return wrong(
                place.clone(),
                format!("`{twice}` cannot stand in `on` and in `group_left` or `group_right`"),
            );
        }
    }
    if level <= 2 && (left.kind == Type::Scalar || right.kind == Type::Scalar) {
        return wrong(sign.clone(), format!("`{operator}` needs an instant vector on both sides"));
    }
    if level == 3 && scalars && !boolean {
        return wrong(sign.clone(), "a comparison of two numbers needs `bool`");
    }
    let kind = match (left.kind, right.kind) {
        (Type::Any, _) | (_, Type::Any) => Type::Any,
        _ if scalars => Type::Scalar,
        _ => Type::Vector,
    };
    let range = left.range.start..right.range.end;
    let labels = joined_labels(left, right, operator, matching);
    Ok(Operand { kind, range, selector: None, length: None, labels })
}

/// The labels of the result of an operator.
fn joined_labels(left: Operand, right: Operand, operator: &str, matching: Matching) -> ResultLabels {
    match (left.kind, right.kind) {
        (Type::Vector, Type::Scalar) => return left.labels,
        (Type::Scalar, Type::Vector) => return right.labels,
        (Type::Vector, Type::Vector) => {}
        _ => return ResultLabels::Unknown,
    }
    match (operator, matching.many, matching.on) {
        ("and" | "unless", _, _) => left.labels,
        ("or", _, _) => left.labels.or(right.labels),
        (_, Some((false, brought)), _) => left.labels.with(&brought),
        (_, Some((true, brought)), _) => right.labels.with(&brought),
        (_, None, Some(on)) => left.labels.by(on),
        (_, None, None) if matching.ignoring.is_empty() => left.labels.and(right.labels),
        (_, None, None) => left.labels.without(&matching.ignoring),
    }
}

fn count(arguments: usize) -> String {
    match arguments {
        0 => "no argument".to_owned(),
        1 => "one argument".to_owned(),
        more => format!("{more} arguments"),
    }
}

/// A string without its quotes and escapes, which are known to be sound.
fn unquoted(token: &str) -> String {
    let inner = token.get(1..token.len().saturating_sub(1)).unwrap_or_default();
    if token.starts_with('`') || !inner.contains('\\') {
        return inner.to_owned();
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let sign = rest[at + 1..].chars().next().unwrap_or('\\');
        let behind = rest.get(at + 1 + sign.len_utf8()..).unwrap_or_default();
        let (digits, radix, text) = match sign {
            'x' => (2, 16, behind),
            'u' => (4, 16, behind),
            'U' => (8, 16, behind),
            '0'..='7' => (3, 8, &rest[at + 1..]),
            _ => (0, 10, behind),
        };
        let number = text.get(..digits).and_then(|digits| u32::from_str_radix(digits, radix).ok()).unwrap_or_default();
        match sign {
            'x' | '0'..='7' => bytes.push(u8::try_from(number).unwrap_or_default()),
            'u' | 'U' => {
                let c = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            'a' => bytes.push(7),
            'b' => bytes.push(8),
            'f' => bytes.push(12),
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            't' => bytes.push(b'\t'),
            'v' => bytes.push(11),
            other => bytes.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = text.get(digits..).unwrap_or_default();
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_sorted() {
        assert!(FUNCTIONS.is_sorted_by_key(|row| row.0));
    }

    #[test]
    fn sound_expressions_are_accepted() {
        for text in [
            "up",
            "up == 0",
            "sum by (job) (rate(x{code=~\"5..\"}[5m])) / ignoring(a) group_left(b) y > 0.5",
            "1 - avg by (instance) (rate(n{mode=\"idle\"}[5m])) > 0.8",
            "absent(up{job=\"a\"})",
            "-x ^ 2 or vector(0)",
            "histogram_quantile(0.9, sum by (le) (rate(b_bucket[5m])))",
            "max_over_time(rate(x[5m])[1h:1m])",
            "x offset 5m",
            "x @ 1609746000",
            "x @ end()",
            "x[5m] offset -1h",
            "topk(5, x)",
            "topk by (a) (5, x)",
            "sum(x) without (a, b)",
            "count_values(\"v\", x)",
            "label_replace(x, \"a\", \"$1\", \"b\", \"(.*)\")",
            "time() - x > 3600",
            "{__name__=~\"a.+\"}",
            "{\"utf8.name\", a=\"b\"}",
            "1 > bool 0",
            "job:up:sum{}",
            "x and on() (hour() > 8)",
            "scalar(x) * 2",
            "x[5m:]",
            "rate(x[1h30m])",
            "# comment\nup",
            "round(x, 0.1)",
            "x{on=\"a\",bool='b'}",
            "sum",
            "inf",
            "0x1F + 1e3 + .5",
            "(x)",
            "x > 1 unless y",
            "day_of_week()",
            "x[5m + 1m]",
            "sum by (\"a.b\") (x)",
            "predict_linear(x[1h], 4 * 3600) < 0",
            "x{a=\"\",b!=\"\"}",
            "x{a=\"\\x41\\u00e9\\101\\\"\\\\.\"}",
            "x offset -1h30m",
            "rate(x[5m])[1h:] offset 5m",
            "x[5m] @ end() offset 5m",
            "x[(5m + step()) * 2:max(1m, 30s)]",
            "start / end{a=\"b\"} + by",
        ] {
            assert_eq!(Query::new(text).error, None, "{text}");
        }
    }

    #[test]
    fn refused_expressions_are_refused_in_their_place() {
        for (text, at) in [
            ("sum(rate(x[5m]) > 1", "("),
            ("rate(x)", "x"),
            ("x{a=~\"(\"}", "("),
            ("x +", ""),
            ("foo(x)", "foo"),
            ("x == bool", ""),
            ("1 > 2", ">"),
            ("{a=\"\"}", "{a=\"\"}"),
            ("x[5m] + 1", "x[5m]"),
            ("topk(x)", "topk"),
            ("x{a}", "}"),
            ("1 and x", "and"),
            ("x[]", "["),
            ("x $", "$"),
            ("sum(x) by job", "job"),
            ("x y", "y"),
            ("up{job=\"a\"} > 5x", "5x"),
            ("(x)[5m]", "[5m]"),
            ("x{a=\"b", "\"b"),
            (")", ")"),
            ("", ""),
            ("x{a=~\"b\\.c\"}", "\\."),
            ("x{a='b\\\"c'}", "\\\""),
            ("x{a=\"\\xZZ\"}", "\\x"),
            ("bool{}", "bool"),
            ("on{a=\"b\"}", "on"),
            ("1 + on (a) x", "on"),
            ("x and on (a) group_left (b) y", "and"),
            ("x * on (a) group_left (a) y", "on"),
            ("(x) offset 5m", "offset"),
            ("x offset 5m offset 5m", "offset"),
            ("x offset (1h", "("),
            ("3[5m:]", "["),
            ("x offset 5m [5m]", "["),
            ("x @ 5 [5m]", "["),
            ("x[5m:0s]", "0s"),
            ("x[0]", "0"),
            ("x[5m +]", "]"),
            ("x[m:]", "m:"),
            ("x @ end", ""),
            ("rate(x[5m],)", ","),
            ("x{__name__=\"a\"}", "__name__"),
        ] {
            let error = Query::new(text).error.unwrap_or_else(|| panic!("{text} is accepted"));
            assert_eq!(&text[error.range.clone()], at, "{text}: {}", error.message);
        }
    }

    #[test]
    fn a_number_is_a_duration_since_3_0() {
        let error = |text: &str, since_3: bool| {
            Query::with_patterns(text, since_3, &mut Patterns::new(Dialect::default())).error.map(|error| error.message)
        };
        for text in ["rate(x[300])", "x offset 60", "x offset 0", "max_over_time(x[1h:60])"] {
            assert_eq!(error(text, true), None, "{text}");
            assert!(error(text, false).is_some(), "{text}");
        }
        assert_eq!(
            error("x[5]", false).unwrap(),
            "`5` has no unit, which is refused before 3.0; write `5s` for seconds"
        );
    }

    #[test]
    fn ranges_and_matchers_keep_their_places() {
        let text = "rate(x{job=\"a\"}[30s]) > 0";
        let query = Query::new(text);
        assert_eq!(query.ranges[0].length, Millis(30_000));
        assert_eq!(&text[query.ranges[0].range.clone()], "30s");
        let matcher = &query.selectors[query.ranges[0].selector].matchers[0];
        assert_eq!((matcher.label.as_str(), &text[matcher.range.clone()]), ("job", "a"));
    }

    #[test]
    fn depth_is_bounded() {
        for unit in ["(", "-", "sum(", "x + ", "x ^ "] {
            let text = unit.repeat(100_000);
            let _ = Query::new(&text);
        }
    }
}
