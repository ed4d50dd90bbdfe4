//! Reads a pattern by the rules of Go's parser.

use super::set::CharSet;
use super::{Dialect, Look, Node, PatternError, PatternErrorKind, unicode};
use std::ops::Range;
use std::sync::Arc;

/// Trees may be this high, as in Go.
const MAX_HEIGHT: u32 = 1000;
/// A repeat count, or the product of nested ones, may be this large, as in Go.
const MAX_REPEAT: u32 = 1000;
/// Go makes no program with more instructions.
const MAX_SIZE: u64 = (128 << 20) / 40;

/// What the letters in `(?imsU)` switch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Flags {
    fold: bool,
    lines: bool,
    dot_all: bool,
    lazy: bool,
}

/// A part of the pattern, and what Go counts in it.
#[derive(Debug)]
struct Piece {
    node: Node,
    height: u32,
    /// The largest product of nested repeat counts.
    weight: u32,
    /// How many instructions it takes.
    size: u64,
}

impl Piece {
    fn new(node: Node) -> Self {
        Self { node, height: 1, weight: 1, size: 1 }
    }

    fn sequence(pieces: Vec<Piece>) -> Self {
        Self::of_many(
            pieces,
            0,
            |node| if let Node::Sequence(parts) = node { Ok(parts) } else { Err(node) },
            |parts| {
                let mut merged: Vec<Node> = Vec::with_capacity(parts.len());
                for part in parts {
                    match (merged.last_mut(), part) {
                        (Some(Node::Text(text)), Node::Text(more)) => text.push_str(&more),
                        (_, part) => merged.push(part),
                    }
                }
                if merged.len() == 1 { merged.remove(0) } else { Node::Sequence(merged) }
            },
        )
    }

    fn choice(pieces: Vec<Piece>) -> Self {
        let forks = pieces.len() as u64 - 1;
        Self::of_many(
            pieces,
            forks,
            |node| if let Node::Choice(branches) = node { Ok(branches) } else { Err(node) },
            Node::Choice,
        )
    }

    /// Joins pieces to one. What is of the same kind itself lends its parts, as in Go, and is no level of its own.
    fn of_many(
        mut pieces: Vec<Piece>,
        extra: u64,
        parts: impl Fn(Node) -> Result<Vec<Node>, Node>,
        join: impl FnOnce(Vec<Node>) -> Node,
    ) -> Self {
        if pieces.len() < 2 {
            return pieces.pop().unwrap_or_else(|| Self::new(Node::Empty));
        }
        let mut all = Self { node: Node::Empty, height: 1, weight: 1, size: extra };
        let mut nodes = Vec::with_capacity(pieces.len());
        for piece in pieces {
            all.weight = all.weight.max(piece.weight);
            all.size = all.size.saturating_add(piece.size);
            let height = match parts(piece.node) {
                Ok(parts) => {
                    nodes.extend(parts);
                    piece.height
                }
                Err(node) => {
                    nodes.push(node);
                    piece.height + 1
                }
            };
            all.height = all.height.max(height);
        }
        all.node = join(nodes);
        all
    }

    fn group(self, number: usize) -> Self {
        let node = Node::Group(number, Box::new(self.node));
        Self { node, height: self.height + 1, size: self.size.saturating_add(2), ..self }
    }

    /// `counted` tells `{0,1}` from `?`, for only the numbers in braces count.
    fn repeated(self, least: u32, most: Option<u32>, greedy: bool, counted: bool) -> Self {
        let count = most.unwrap_or(least);
        let inner = self.size;
        let size = match (most, least) {
            (None, 0) => inner.saturating_add(2),
            (None, _) => inner.saturating_mul(u64::from(least)).saturating_add(1),
            (Some(most), _) => inner.saturating_mul(u64::from(most)).saturating_add(u64::from(most - least)),
        };
        let weight = match (counted, most) {
            (true, Some(0)) => 1,
            (true, _) => self.weight.saturating_mul(count.max(1)),
            (false, _) => self.weight,
        };
        let node = match (self.node, least, most) {
            (Node::Empty, ..) | (_, 0, Some(0)) => Node::Empty,
            (node, 1, Some(1)) => node,
            (node, ..) => Node::Repeat { inner: Box::new(node), least, most, greedy },
        };
        Self { node, height: self.height + 1, weight, size: size.max(1) }
    }
}

/// A group that is not closed yet, or everything.
#[derive(Debug)]
struct Group {
    /// Where it opens in the pattern; `None` for what Prometheus puts around it.
    open: Option<usize>,
    capture: Option<usize>,
    /// The flags behind it.
    flags: Flags,
    branches: Vec<Piece>,
    pieces: Vec<Piece>,
}

impl Group {
    fn new(open: Option<usize>, capture: Option<usize>, flags: Flags) -> Self {
        Self { open, capture, flags, branches: Vec::new(), pieces: Vec::new() }
    }

    fn finish(mut self) -> Piece {
        self.branches.push(Piece::sequence(self.pieces));
        Piece::choice(self.branches)
    }
}

pub(super) struct Reader<'t> {
    text: &'t str,
    at: usize,
    dialect: Dialect,
    flags: Flags,
    /// The names of the groups, after that of the whole.
    pub(super) names: Vec<Option<String>>,
    /// Where the groups stand.
    pub(super) spans: Vec<Range<usize>>,
    /// Around the groups that are open: everything, and the wrapper.
    groups: Vec<Group>,
    /// A repetition stands right in front.
    repeated: bool,
    pub(super) unbalanced: bool,
    /// Where the last `:]` stands.
    last_class_end: usize,
    /// What of the wrapper's `)$` is left: a pattern that has closed the wrapper itself may end in the middle of a token.
    behind: &'static str,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, dialect: Dialect) -> Self {
        let mut everything = Group::new(None, None, Flags::default());
        everything.pieces.push(Piece::new(Node::Look(Look::Start)));
        Self {
            text,
            at: 0,
            dialect,
            flags: Flags { dot_all: dialect.dot_matches_newline, ..Flags::default() },
            names: vec![None],
            spans: Vec::new(),
            groups: vec![everything, Group::new(None, None, Flags::default())],
            repeated: false,
            unbalanced: false,
            last_class_end: text.rfind(":]").unwrap_or_default(),
            behind: ")$",
        }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn error<T>(&self, start: usize, kind: PatternErrorKind) -> Result<T, PatternError> {
        let mut end = self.at.max(start).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        Err(PatternError { range: start.min(end)..end, kind })
    }

    pub(super) fn read(&mut self) -> Result<Node, PatternError> {
        while let Some(c) = self.peek() {
            let start = self.at;
            self.at += c.len_utf8();
            let repeated = std::mem::take(&mut self.repeated);
            match c {
                '(' => self.open(start)?,
                ')' => self.close(start)?,
                '|' => self.branch(),
                '[' => self.class(start)?,
                '.' => {
                    let line_end = if self.flags.dot_all { Vec::new() } else { vec![(10, 10)] };
                    self.set(CharSet::new(line_end).negated())?;
                }
                '^' => self.look(if self.flags.lines { Look::LineStart } else { Look::Start })?,
                '$' => self.look(if self.flags.lines { Look::LineEnd } else { Look::End })?,
                '*' | '+' | '?' => {
                    let inner = self.repeatable(start, repeated)?;
                    self.repeat(inner, u32::from(c == '+'), (c == '?').then_some(1), false)?;
                }
                '{' => match self.counts() {
                    Some((least, most, end)) => {
                        self.at = end;
                        let inner = self.repeatable(start, repeated)?;
                        self.count(start, inner, least, most)?;
                    }
                    None => self.literal('{')?,
                },
                '\\' => self.escape(start)?,
                c => self.literal(c)?,
            }
        }
        if let [_, _, .., Group { open: Some(open), .. }] = self.groups.as_slice() {
            let open = *open;
            self.at = open + 1;
            return self.error(open, PatternErrorKind::UnclosedGroup);
        }
        for sign in self.behind.chars() {
            match sign {
                // The bracket that ends the wrapper; the author's last group may have to take it.
                ')' => self.close(self.text.len())?,
                _ => self.look(if self.flags.lines { Look::LineEnd } else { Look::End })?,
            }
        }
        let everything = self.groups.pop().map_or_else(|| Piece::new(Node::Empty), Group::finish);
        self.limits(&everything)?;
        Ok(everything.node)
    }

    /// The last token of the pattern reaches into the wrapper's `)$`, of which this is left. It may only if no group is open.
    fn swallows(&mut self, left: &'static str) -> bool {
        let swallows = self.groups.len() == 1;
        if swallows {
            self.behind = left;
        }
        swallows
    }

    fn limits(&self, piece: &Piece) -> Result<(), PatternError> {
        let kind = match piece {
            Piece { height, .. } if *height > MAX_HEIGHT => PatternErrorKind::TooDeep,
            Piece { size, .. } if *size > MAX_SIZE => PatternErrorKind::TooLarge,
            _ => return Ok(()),
        };
        Err(PatternError { range: 0..self.text.len(), kind })
    }

    fn push(&mut self, piece: Piece) -> Result<(), PatternError> {
        self.limits(&piece)?;
        if let Some(group) = self.groups.last_mut() {
            group.pieces.push(piece);
        }
        Ok(())
    }

    fn look(&mut self, look: Look) -> Result<(), PatternError> {
        self.push(Piece::new(Node::Look(look)))
    }

    fn set(&mut self, set: CharSet) -> Result<(), PatternError> {
        self.push(Piece::new(match set.single() {
            Some(c) => Node::Text(c.to_string().into()),
            None => Node::Set(Arc::new(set)),
        }))
    }

    fn literal(&mut self, c: char) -> Result<(), PatternError> {
        self.code_point(u32::from(c))
    }

    fn code_point(&mut self, code: u32) -> Result<(), PatternError> {
        let set = self.folded(CharSet::new(vec![(code, code)]));
        self.set(set)
    }

    /// With both cases, under `(?i)`.
    fn folded(&self, set: CharSet) -> CharSet {
        if self.flags.fold { set.folded() } else { set }
    }

    fn open(&mut self, start: usize) -> Result<(), PatternError> {
        let flags = self.flags;
        let mut capture = None;
        if let Some(rest) = self.rest().strip_prefix('?') {
            self.at += 1;
            if rest.starts_with("P<") || rest.starts_with('<') {
                if rest.starts_with("<=") || rest.starts_with("<!") {
                    self.at += 2;
                    return self.error(start, PatternErrorKind::LookAround);
                }
                let bare = rest.starts_with('<');
                self.at += if bare { 1 } else { 2 };
                let name_start = self.at;
                let Some(length) = self.rest().find('>') else {
                    self.at = self.text.len();
                    return self.error(start, PatternErrorKind::BadGroupName);
                };
                let name = &self.text[name_start..name_start + length];
                self.at += length + 1;
                if bare && !self.dialect.bare_names {
                    return self.error(start, PatternErrorKind::UnknownGroup);
                }
                if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                    return self.error(start, PatternErrorKind::BadGroupName);
                }
                capture = Some(self.capture(Some(name.to_owned())));
            } else if self.flags(start)? {
                return Ok(());
            }
        } else {
            capture = Some(self.capture(None));
        }
        self.groups.push(Group::new(Some(start), capture, flags));
        Ok(())
    }

    fn capture(&mut self, name: Option<String>) -> usize {
        self.names.push(name);
        self.spans.push(0..0);
        self.spans.len()
    }

    /// `i`, `m`, `s`, `U` behind `(?`. True if they stand alone, as in `(?i)`.
    fn flags(&mut self, start: usize) -> Result<bool, PatternError> {
        let (mut flags, mut minus, mut any) = (self.flags, false, false);
        let from = self.at;
        loop {
            let c = match self.peek() {
                Some(c) => c,
                None if self.swallows("$") => ')',
                None => return self.error(start, PatternErrorKind::UnclosedGroup),
            };
            self.at = (self.at + c.len_utf8()).min(self.text.len());
            any |= c.is_ascii_alphabetic();
            match c {
                'i' => flags.fold = !minus,
                'm' => flags.lines = !minus,
                's' => flags.dot_all = !minus,
                'U' => flags.lazy = !minus,
                '-' if !minus => (minus, any) = (true, false),
                ':' | ')' if !minus || any => {
                    self.flags = flags;
                    return Ok(c == ')');
                }
                '=' | '!' if self.at == from + 1 => return self.error(start, PatternErrorKind::LookAround),
                '>' if self.at == from + 1 => return self.error(start, PatternErrorKind::AtomicGroup),
                _ => return self.error(start, PatternErrorKind::UnknownGroup),
            }
        }
    }

    fn branch(&mut self) {
        if let Some(group) = self.groups.last_mut() {
            let pieces = std::mem::take(&mut group.pieces);
            group.branches.push(Piece::sequence(pieces));
        }
    }

    fn close(&mut self, start: usize) -> Result<(), PatternError> {
        let Some(group) = self.groups.pop().filter(|_| !self.groups.is_empty()) else {
            return self.error(start, PatternErrorKind::UnopenedGroup);
        };
        self.flags = group.flags;
        self.unbalanced |= group.open.is_none() && start < self.text.len();
        let (open, capture) = (group.open, group.capture);
        let mut piece = group.finish();
        if let (Some(open), Some(number)) = (open, capture) {
            self.spans[number - 1] = open..self.at;
            piece = piece.group(number);
        }
        self.push(piece)
    }

    /// What a repetition is of.
    fn repeatable(&mut self, start: usize, repeated: bool) -> Result<Piece, PatternError> {
        if repeated {
            return self.error(start, PatternErrorKind::NestedRepeat);
        }
        match self.groups.last_mut().and_then(|group| group.pieces.pop()) {
            Some(piece) => Ok(piece),
            None => self.error(start, PatternErrorKind::NothingToRepeat),
        }
    }

    fn repeat(&mut self, inner: Piece, least: u32, most: Option<u32>, counted: bool) -> Result<(), PatternError> {
        let lazy = self.peek() == Some('?');
        self.at += usize::from(lazy);
        self.repeated = true;
        self.push(inner.repeated(least, most, lazy == self.flags.lazy, counted))
    }

    fn count(
        &mut self,
        start: usize,
        inner: Piece,
        least: Option<u32>,
        most: Option<Option<u32>>,
    ) -> Result<(), PatternError> {
        let (Some(least), Some(most)) = (least, most) else {
            return self.error(start, PatternErrorKind::RepeatSize);
        };
        let top = most.unwrap_or(least);
        let product = if top >= 2 { inner.weight.saturating_mul(top) } else { 1 };
        if least > MAX_REPEAT || top > MAX_REPEAT || top < least || product > MAX_REPEAT {
            return self.error(start, PatternErrorKind::RepeatSize);
        }
        self.repeat(inner, least, most, true)
    }

    /// `{n}`, `{n,}` or `{n,m}` behind the brace: least, most (`None` inside: open), and where it ends. A number that is
    /// too large for Go is `None`. Anything else is a literal brace.
    fn counts(&self) -> Option<(Option<u32>, Option<Option<u32>>, usize)> {
        let rest = self.rest();
        let length = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b',').count();
        let body = rest[length..].starts_with('}').then(|| &rest[..length])?;
        let number = |digits: &str| -> Option<Option<u32>> {
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            if !plain || digits.len() > 1 && digits.starts_with('0') {
                return None;
            }
            Some(digits.parse().ok())
        };
        let end = self.at + length + 1;
        match body.split_once(',') {
            None => number(body).map(|count| (count, count.map(Some), end)),
            Some((least, "")) => Some((number(least)?, Some(None), end)),
            Some((least, most)) => Some((number(least)?, number(most)?.map(Some), end)),
        }
    }

    fn escape(&mut self, start: usize) -> Result<(), PatternError> {
        let Some(c) = self.peek() else {
            return if self.swallows("$") {
                self.literal(')')
            } else {
                self.error(start, PatternErrorKind::TrailingBackslash)
            };
        };
        let look = match c {
            'A' => Some(Look::Start),
            'z' => Some(Look::End),
            'b' => Some(Look::WordEdge),
            'B' => Some(Look::NoWordEdge),
            _ => None,
        };
        if let Some(look) = look {
            self.at += 1;
            return self.look(look);
        }
        if c == 'Q' {
            self.at += 1;
            let (quoted, length) = match self.rest().split_once("\\E") {
                Some((quoted, _)) => (quoted, quoted.len() + 2),
                None => (self.rest(), self.rest().len()),
            };
            let is_closed = length > quoted.len();
            self.at += length;
            if !is_closed && !self.swallows("") {
                return self.error(start, PatternErrorKind::UnclosedGroup);
            }
            let behind = if is_closed { "" } else { ")$" };
            return quoted.chars().chain(behind.chars()).try_for_each(|c| self.literal(c));
        }
        if let Some(set) = self.class_escape(start)? {
            return self.set(set);
        }
        let code = self.escaped_char(start)?;
        self.code_point(code)
    }

    /// A class behind a backslash, as in `\d` and `\pL`.
    fn class_escape(&mut self, start: usize) -> Result<Option<CharSet>, PatternError> {
        let Some(c) = self.peek() else { return Ok(None) };
        let ranges = match c {
            'd' | 'D' => "09",
            'w' | 'W' => "09AZ__az",
            's' | 'S' => "\t\n\x0C\r  ",
            'p' | 'P' => return self.category(start).map(Some),
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(self.ascii(ranges, c.is_ascii_uppercase())))
    }

    /// A set of ASCII ranges, each by its first and last character.
    fn ascii(&self, ranges: &str, negated: bool) -> CharSet {
        let pairs = ranges.as_bytes().chunks_exact(2).map(|pair| (u32::from(pair[0]), u32::from(pair[1])));
        let set = self.folded(CharSet::new(pairs.collect()));
        if negated { set.negated() } else { set }
    }

    /// `\p{Greek}`, `\PL`, behind the backslash.
    fn category(&mut self, start: usize) -> Result<CharSet, PatternError> {
        let mut negated = self.rest().starts_with('P');
        self.at += 1;
        let name = match self.peek() {
            None => return self.error(start, PatternErrorKind::UnknownCategory),
            Some('{') => {
                let Some(length) = self.rest().find('}') else {
                    self.at = self.text.len();
                    return self.error(start, PatternErrorKind::UnknownCategory);
                };
                let name = &self.text[self.at + 1..self.at + length];
                self.at += length + 1;
                name
            }
            Some(c) => {
                let name = &self.text[self.at..self.at + c.len_utf8()];
                self.at += c.len_utf8();
                name
            }
        };
        let name = name.strip_prefix('^').map_or(name, |name| {
            negated = !negated;
            name
        });
        let Some(set) = unicode::class(name, self.dialect.long_categories) else {
            return self.error(start, PatternErrorKind::UnknownCategory);
        };
        let set = self.folded(set);
        Ok(if negated { set.negated() } else { set })
    }

    /// One character behind a backslash, as its code.
    fn escaped_char(&mut self, start: usize) -> Result<u32, PatternError> {
        let Some(c) = self.peek() else { return self.error(start, PatternErrorKind::TrailingBackslash) };
        self.at += c.len_utf8();
        let octal = |b: u8| (b'0'..=b'7').contains(&b);
        match c {
            '1'..='7' if !self.rest().bytes().next().is_some_and(octal) => {
                self.error(start, PatternErrorKind::BackReference)
            }
            '0'..='7' => {
                let more = self.rest().bytes().take(2).take_while(|&b| octal(b)).count();
                let digits = &self.text[self.at - 1..self.at + more];
                self.at += more;
                Ok(u32::from_str_radix(digits, 8).unwrap_or_default())
            }
            '8' | '9' => self.error(start, PatternErrorKind::BackReference),
            'x' => {
                let rest = self.rest();
                let (digits, length) = match rest.strip_prefix('{') {
                    Some(inner) => {
                        let length = inner.find('}').unwrap_or_default();
                        (&inner[..length], length + 2)
                    }
                    None => (rest.get(..2).unwrap_or_default(), 2),
                };
                let hex = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
                let code = u32::from_str_radix(digits, 16).ok().filter(|&code| hex && code <= 0x10_ffff);
                self.at = (self.at + length).min(self.text.len());
                code.map_or_else(|| self.error(start, PatternErrorKind::UnknownEscape), Ok)
            }
            'a' => Ok(7),
            'f' => Ok(12),
            'n' => Ok(10),
            'r' => Ok(13),
            't' => Ok(9),
            'v' => Ok(11),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => Ok(c as u32),
            _ => self.error(start, PatternErrorKind::UnknownEscape),
        }
    }

    fn class(&mut self, start: usize) -> Result<(), PatternError> {
        let negated = self.peek() == Some('^');
        self.at += usize::from(negated);
        let mut ranges = Vec::new();
        let mut first = true;
        loop {
            let rest = self.rest();
            let Some(c) = rest.chars().next() else {
                self.at = start + 1;
                return self.error(start, PatternErrorKind::UnclosedClass);
            };
            let item = self.at;
            if c == ']' && !first {
                self.at += 1;
                break;
            }
            first = false;
            if rest.starts_with("[:")
                && item + 2 <= self.last_class_end
                && let Some(length) = rest[2..].find(":]")
            {
                let name = &rest[2..2 + length];
                self.at += length + 4;
                let plain = name.strip_prefix('^').unwrap_or(name);
                let Some((_, posix)) = POSIX.iter().find(|(known, _)| *known == plain) else {
                    return self.error(item, PatternErrorKind::BadRange);
                };
                ranges.extend(self.ascii(posix, name.len() > plain.len()).ranges());
                continue;
            }
            if c == '\\' {
                self.at += 1;
                if let Some(set) = self.class_escape(item)? {
                    ranges.extend(set.ranges());
                    continue;
                }
                self.at -= 1;
            }
            let low = self.class_char()?;
            let rest = self.rest().as_bytes();
            let mut high = low;
            if rest.first() == Some(&b'-') && rest.get(1).is_some_and(|&b| b != b']') {
                self.at += 1;
                high = self.class_char()?;
                if high < low {
                    return self.error(item, PatternErrorKind::BadRange);
                }
            }
            ranges.extend(self.folded(CharSet::new(vec![(low, high)])).ranges());
        }
        let set = CharSet::new(ranges);
        self.set(if negated { set.negated() } else { set })
    }

    fn class_char(&mut self) -> Result<u32, PatternError> {
        let start = self.at;
        match self.peek() {
            None => self.error(start, PatternErrorKind::UnclosedClass),
            Some('\\') => {
                self.at += 1;
                self.escaped_char(start)
            }
            Some(c) => {
                self.at += c.len_utf8();
                Ok(c as u32)
            }
        }
    }
}

/// The classes of POSIX, each by the first and last characters of its ranges.
const POSIX: &[(&str, &str)] = &[
    ("alnum", "09AZaz"),
    ("alpha", "AZaz"),
    ("ascii", "\0\x7F"),
    ("blank", "\t\t  "),
    ("cntrl", "\0\x1F\x7F\x7F"),
    ("digit", "09"),
    ("graph", "!~"),
    ("lower", "az"),
    ("print", " ~"),
    ("punct", "!/:@[`{~"),
    ("space", "\t\r  "),
    ("upper", "AZ"),
    ("word", "09AZ__az"),
    ("xdigit", "09AFaf"),
];
