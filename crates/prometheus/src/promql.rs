//! PromQL: is an expression accepted, and which series and ranges does it name? Every finding has its place.
//!
//! What only the newest releases know (arithmetic on durations, `anchored`, `fill`) is read past rather than judged.

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
        Self::with_patterns(text, &mut Patterns::new(Dialect::default()))
    }

    /// Reads one of many expressions, which have their regexes in common.
    pub(crate) fn with_patterns(text: &str, patterns: &mut Patterns) -> Self {
        let mut query = Query::default();
        let tokens = match tokens(text) {
            Ok(tokens) => tokens,
            Err(error) => return Query { error: Some(error), ..query },
        };
        let mut parser = Parser { text, tokens: &tokens, at: 0, query: &mut query, patterns, depth: 0 };
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
        self.binary(0)?;
        if self.at < self.tokens.len() { self.unexpected() } else { Ok(()) }
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
            self.matching()?;
            let right = self.binary(if level == 6 { 6 } else { level + 1 })?;
            left = join(&left, &right, &sign, level, boolean, &operator)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// `on (…) group_left (…)`
    fn matching(&mut self) -> Result<(), Stop> {
        if !matches!(self.lower().as_str(), "on" | "ignoring") || !self.next_is("(") {
            return Ok(());
        }
        self.at += 1;
        self.labels()?;
        if matches!(self.lower().as_str(), "group_left" | "group_right") {
            self.at += 1;
            if self.is("(") {
                self.labels()?;
            }
        }
        if self.lower().starts_with("fill") && self.next_is("(") {
            return Err(Stop::Unknown);
        }
        Ok(())
    }

    fn labels(&mut self) -> Result<(), Stop> {
        let open = self.range();
        if !self.eat("(") {
            return self.unexpected();
        }
        while !self.is(")") {
            if !matches!(self.kind(), Some(Kind::Word | Kind::Text))
                || self.word().contains(':') && self.kind() == Some(Kind::Word)
            {
                return if self.kind().is_none() { self.expect(")", &open) } else { self.unexpected() };
            }
            self.at += 1;
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")", &open)
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
        Operand { kind, range, selector: None, length: None }
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
                self.at += 1;
                self.selector(Some(word.to_owned()), range)
            }
        }
    }

    fn aggregation(&mut self, name: &str, range: Range<usize>) -> Result<Operand, Stop> {
        self.at += 1;
        let grouping = |parser: &mut Self| -> Result<bool, Stop> {
            let is = matches!(parser.lower().as_str(), "by" | "without");
            if is {
                parser.at += 1;
                parser.labels()?;
            }
            Ok(is)
        };
        let before = grouping(self)?;
        let open = self.range();
        if !self.eat("(") {
            return self.unexpected();
        }
        let mut arguments = vec![self.binary(0)?];
        if self.eat(",") {
            arguments.push(self.binary(0)?);
        }
        self.expect(")", &open)?;
        if !before {
            grouping(self)?;
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
        Ok(Self::simple(Type::Vector, range.start..end))
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
            if !self.eat(",") {
                break;
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
        Ok(Self::simple(result, range.start..self.tokens[self.at - 1].range.end))
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
        Ok(Operand { kind: Type::Vector, range: start.start..end, selector: Some(index), length: None })
    }

    /// `[5m]`, `[1h:5m]`, `offset 5m`, `@ 123`.
    fn postfix(&mut self, mut operand: Operand) -> Result<Operand, Stop> {
        loop {
            let open = self.range();
            if self.eat("[") {
                let inside = self.at;
                let mut depth = 0;
                while self.at < self.tokens.len() && !(depth == 0 && self.is("]")) {
                    depth += i32::from(self.is("(")) - i32::from(self.is(")"));
                    self.at += 1;
                }
                let tokens = &self.tokens[inside..self.at];
                self.expect("]", &open)?;
                let subquery = tokens.iter().any(|token| &self.text[token.range.clone()] == ":");
                if operand.kind == Type::Matrix || !matches!(operand.kind, Type::Vector | Type::Any) && !subquery {
                    return wrong(open, format!("a range cannot follow {}", operand.kind.describe()));
                }
                if !subquery && operand.selector.is_none() && operand.kind != Type::Any {
                    return wrong(
                        open.start..self.tokens[self.at - 1].range.end,
                        "a range can follow only a selector; behind an expression write a subquery, such as `[5m:]`",
                    );
                }
                if tokens.is_empty() {
                    return wrong(open, "the range is empty");
                }
                match tokens {
                    [token] if token.kind == Kind::Duration => {
                        let length = parse_duration(&self.text[token.range.clone()]).unwrap_or(Millis(0));
                        if length.0 == 0 {
                            return wrong(token.range.clone(), "a range must be longer than 0");
                        }
                        operand.length = Some((length, token.range.clone()));
                    }
                    _ => operand.selector = None,
                }
                operand.kind = Type::Matrix;
            } else if self.lower() == "offset" {
                self.at += 1;
                self.eat("-");
                if self.is("(") {
                    return Err(Stop::Unknown);
                }
                if !matches!(self.kind(), Some(Kind::Duration | Kind::Number)) {
                    return self.unexpected();
                }
                self.at += 1;
            } else if self.eat("@") {
                self.eat("-");
                match self.kind() {
                    Some(Kind::Number) => self.at += 1,
                    Some(Kind::Word) if matches!(self.word(), "start" | "end") => {
                        self.at += 1;
                        let open = self.range();
                        if !self.eat("(") {
                            return self.unexpected();
                        }
                        self.expect(")", &open)?;
                    }
                    _ => return self.unexpected(),
                }
            } else if matches!(self.lower().as_str(), "anchored" | "smoothed") {
                return Err(Stop::Unknown);
            } else {
                break;
            }
            operand.range.end = self.tokens[self.at - 1].range.end;
        }
        Ok(operand)
    }
}

fn join(
    left: &Operand,
    right: &Operand,
    sign: &Range<usize>,
    level: u8,
    boolean: bool,
    operator: &str,
) -> Result<Operand, Stop> {
    for side in [left, right] {
        if !matches!(side.kind, Type::Scalar | Type::Vector | Type::Any) {
            return wrong(
                side.range.clone(),
                format!("`{operator}` needs numbers or instant vectors, not {}", side.kind.describe()),
            );
        }
    }
    let scalars = left.kind == Type::Scalar && right.kind == Type::Scalar;
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
    Ok(Operand { kind, range: left.range.start..right.range.end, selector: None, length: None })
}

fn count(arguments: usize) -> String {
    match arguments {
        0 => "no argument".to_owned(),
        1 => "one argument".to_owned(),
        more => format!("{more} arguments"),
    }
}

/// A string without its quotes; escapes that matter to label values are resolved.
fn unquoted(token: &str) -> String {
    let inner = token.get(1..token.len().saturating_sub(1)).unwrap_or_default();
    if token.starts_with('`') || !inner.contains('\\') {
        return inner.to_owned();
    }
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('r') => text.push('\r'),
                Some(other) => text.push(other),
                None => {}
            },
            _ => text.push(c),
        }
    }
    text
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
        ] {
            let error = Query::new(text).error.unwrap_or_else(|| panic!("{text} is accepted"));
            assert_eq!(&text[error.range.clone()], at, "{text}: {}", error.message);
        }
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
