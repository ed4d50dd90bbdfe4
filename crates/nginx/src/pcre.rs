//! The part of PCRE that configurations use: which bytes a group can match, how many groups there are, whether a text
//! matches. nginx compiles patterns without the UTF flag, so everything is about bytes.
//!
//! Written for this crate because Rust's own syntax reads character classes differently (nested classes, `&&`), and a
//! linter must not call a pattern wrong that PCRE takes.

/// How deep groups may nest; deeper patterns are not judged.
const MAX_DEPTH: usize = 50;

/// Steps a match may take before it is given up.
const MAX_STEPS: u32 = 50_000;

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ByteSet([u64; 4]);

impl ByteSet {
    /// Every byte.
    pub const ALL: ByteSet = ByteSet([u64::MAX; 4]);

    /// One byte.
    pub fn one(byte: u8) -> Self {
        let mut set = Self::default();
        set.insert(byte);
        set
    }

    fn of(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut set = Self::default();
        bytes.into_iter().for_each(|byte| set.insert(byte));
        set
    }

    fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte / 64)] |= 1 << (byte % 64);
    }

    /// Is the byte in the set?
    pub fn contains(self, byte: u8) -> bool {
        self.0[usize::from(byte / 64)] & 1 << (byte % 64) != 0
    }

    /// What is in one of them.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(std::array::from_fn(|index| self.0[index] | other.0[index]))
    }

    /// What is not in it.
    #[must_use]
    pub fn complement(self) -> Self {
        Self(self.0.map(|bits| !bits))
    }

    /// Do they share a byte?
    pub fn overlaps(self, other: Self) -> bool {
        self.0.iter().zip(other.0).any(|(a, b)| a & b != 0)
    }

    /// Has it no byte?
    pub fn is_empty(self) -> bool {
        self.0 == [0; 4]
    }

    fn caseless(self) -> Self {
        let mut set = self;
        for upper in b'A'..=b'Z' {
            let lower = upper.to_ascii_lowercase();
            if self.contains(upper) || self.contains(lower) {
                set.insert(upper);
                set.insert(lower);
            }
        }
        set
    }
}

/// A node of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Nothing, or an assertion that is not looked into.
    Empty,
    /// One byte of a set.
    Set(ByteSet),
    /// `^`.
    Start,
    /// `$`.
    End,
    /// One after the other.
    Concat(Vec<Node>),
    /// One of them.
    Alternatives(Vec<Node>),
    /// A quantifier.
    Repeat {
        /// What is repeated.
        node: Box<Node>,
        /// At least so often.
        min: u32,
        /// At most so often; `None` is without end.
        max: Option<u32>,
        /// It never gives back what it matched.
        possessive: bool,
    },
    /// A group, with its number if it captures.
    Group {
        /// Its number, from 1.
        index: Option<u32>,
        /// What is in it.
        node: Box<Node>,
        /// It never gives back what it matched.
        atomic: bool,
        /// Its bytes in the pattern.
        range: (usize, usize),
    },
}

/// Why a pattern is certainly none for PCRE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where in the pattern.
    pub offset: usize,
    /// What is wrong, as a clause.
    pub message: &'static str,
}

/// A pattern, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// Its tree.
    pub root: Node,
    /// How many groups capture.
    pub groups: u32,
    /// The named groups: name, number.
    pub names: Vec<(String, u32)>,
    /// It uses features that are not looked into, so that answers about what it matches would be guesses.
    pub opaque: bool,
}

/// Reads a pattern. `caseless` is what `~*` asks for.
///
/// # Errors
/// If PCRE certainly refuses it.
pub fn parse(pattern: &str, caseless: bool) -> Result<Pattern, Fault> {
    let mut parser = Parser {
        bytes: pattern.as_bytes(),
        at: 0,
        groups: 0,
        names: Vec::new(),
        opaque: false,
        caseless,
        dot_all: false,
        too_deep: false,
    };
    let root = parser.alternatives(0)?;
    if parser.at < parser.bytes.len() {
        return Err(Fault { offset: parser.at, message: "unmatched `)`" });
    }
    Ok(Pattern { root, groups: parser.groups, names: parser.names, opaque: parser.opaque })
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    groups: u32,
    names: Vec<(String, u32)>,
    opaque: bool,
    caseless: bool,
    dot_all: bool,
    too_deep: bool,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.bytes[self.at..].starts_with(text.as_bytes());
        self.at += if found { text.len() } else { 0 };
        found
    }

    fn give_up(&mut self) -> Node {
        self.opaque = true;
        Node::Empty
    }

    fn alternatives(&mut self, depth: usize) -> Result<Node, Fault> {
        let flags = (self.caseless, self.dot_all);
        let mut branches = vec![self.concat(depth)?];
        while self.eat("|") {
            branches.push(self.concat(depth)?);
        }
        (self.caseless, self.dot_all) = flags;
        Ok(if branches.len() == 1 { branches.swap_remove(0) } else { Node::Alternatives(branches) })
    }

    fn concat(&mut self, depth: usize) -> Result<Node, Fault> {
        let mut items: Vec<Node> = Vec::new();
        while let Some(byte) = self.peek() {
            if matches!(byte, b'|' | b')') {
                break;
            }
            let start = self.at;
            let item = match byte {
                b'(' => self.group(depth)?,
                b'[' => Node::Set(self.class()?),
                b'\\' => self.escape()?,
                b'*' | b'+' | b'?' => {
                    return Err(Fault { offset: start, message: "nothing to repeat" });
                }
                b'^' => self.single(Node::Start),
                b'$' => self.single(Node::End),
                b'.' => {
                    let newline = if self.dot_all { ByteSet::default() } else { ByteSet::one(b'\n') };
                    self.single(Node::Set(newline.complement()))
                }
                byte => {
                    let set = ByteSet::one(byte);
                    self.single(Node::Set(if self.caseless { set.caseless() } else { set }))
                }
            };
            items.push(self.quantified(item)?);
        }
        Ok(if items.len() == 1 { items.swap_remove(0) } else { Node::Concat(items) })
    }

    fn single(&mut self, node: Node) -> Node {
        self.at += 1;
        node
    }

    fn quantified(&mut self, item: Node) -> Result<Node, Fault> {
        let (min, max) = match self.peek() {
            Some(b'*') => (0, None),
            Some(b'+') => (1, None),
            Some(b'?') => (0, Some(1)),
            Some(b'{') => match self.bounds()? {
                Some(bounds) => bounds,
                None => return Ok(item),
            },
            _ => return Ok(item),
        };
        self.at += 1;
        let possessive = match self.peek() {
            Some(b'+') => {
                self.at += 1;
                true
            }
            Some(b'?') => {
                self.at += 1;
                false
            }
            _ => false,
        };
        let node = Node::Repeat { node: Box::new(item), min, max, possessive };
        match self.peek() {
            Some(b'*' | b'+' | b'?') => Err(Fault { offset: self.at, message: "nothing to repeat" }),
            _ => Ok(node),
        }
    }

    /// `{n}`, `{n,}` or `{n,m}`; the position is then on its `}`. Any other `{` is a literal.
    fn bounds(&mut self) -> Result<Option<(u32, Option<u32>)>, Fault> {
        let rest = &self.bytes[self.at + 1..];
        let Some(close) = rest.iter().position(|&byte| byte == b'}') else { return Ok(None) };
        let Ok(inner) = std::str::from_utf8(&rest[..close]) else { return Ok(None) };
        let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        let bounds = match inner.split_once(',') {
            None => number(inner).map(|n| (n, Some(n))),
            Some((low, "")) => number(low).map(|n| (n, None)),
            Some((low, high)) => number(low).zip(number(high)).map(|(low, high)| (low, Some(high))),
        };
        let Some((min, max)) = bounds else { return Ok(None) };
        if max.is_some_and(|max| max < min) {
            return Err(Fault { offset: self.at, message: "the numbers in `{}` are out of order" });
        }
        self.at += close + 1;
        Ok(Some((min, max)))
    }

    fn group(&mut self, depth: usize) -> Result<Node, Fault> {
        let start = self.at;
        let unclosed = Fault { offset: start, message: "missing `)`" };
        self.at += 1;
        if depth >= MAX_DEPTH {
            self.opaque = true;
            self.too_deep = true;
            self.at = self.bytes.len();
            return Ok(Node::Empty);
        }
        let mut index = None;
        let mut atomic = false;
        let mut assertion = false;
        if self.eat("?") {
            if self.eat("#") {
                return match memchr::memchr(b')', &self.bytes[self.at..]) {
                    Some(found) => {
                        self.at += found + 1;
                        Ok(Node::Empty)
                    }
                    None => Err(unclosed),
                };
            }
            if self.eat(":") {
            } else if self.eat(">") {
                atomic = true;
            } else if self.eat("=") || self.eat("!") || self.eat("<=") || self.eat("<!") {
                assertion = true;
                self.opaque = true;
            } else if self.eat("P<") || self.eat("<") || self.eat("'") {
                index = Some(self.name(start)?);
            } else if !self.flags(start)? {
                return Ok(Node::Empty);
            }
        } else if self.peek() == Some(b'*') {
            let found = memchr::memchr(b')', &self.bytes[self.at..]).ok_or(unclosed)?;
            self.at += found + 1;
            return Ok(self.give_up());
        } else {
            self.groups += 1;
            index = Some(self.groups);
        }
        let node = self.alternatives(depth + 1)?;
        if self.too_deep {
            return Ok(Node::Empty);
        }
        if !self.eat(")") {
            return Err(unclosed);
        }
        if assertion {
            return Ok(Node::Empty);
        }
        Ok(Node::Group { index, node: Box::new(node), atomic, range: (start, self.at) })
    }

    fn name(&mut self, start: usize) -> Result<u32, Fault> {
        let length =
            self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let name = String::from_utf8_lossy(&self.bytes[self.at..self.at + length]).into_owned();
        self.at += length;
        if length == 0 || !matches!(self.peek(), Some(b'>' | b'\'')) {
            return Err(Fault { offset: start, message: "the name of a group is not closed" });
        }
        self.at += 1;
        self.groups += 1;
        if self.names.iter().any(|(other, _)| *other == name) {
            return Err(Fault { offset: start, message: "two groups have the same name" });
        }
        self.names.push((name, self.groups));
        Ok(self.groups)
    }

    /// Inline flags after `(?`. `true`: a group with flags follows, `false`: the flags hold for the rest.
    fn flags(&mut self, start: usize) -> Result<bool, Fault> {
        let mut on = true;
        loop {
            match self.peek() {
                Some(b'-') => on = false,
                Some(b'i') => self.caseless = on,
                Some(b's') => self.dot_all = on,
                Some(b'm' | b'x' | b'U' | b'J' | b'X') => self.opaque = true,
                Some(b':') => {
                    self.at += 1;
                    return Ok(true);
                }
                Some(b')') => {
                    self.at += 1;
                    return Ok(false);
                }
                Some(b'R' | b'&' | b'P' | b'(' | b'|' | b'C' | b'+' | b'0'..=b'9') => {
                    // Recursion, conditions, branch reset: skipped to the matching parenthesis.
                    self.opaque = true;
                    self.skip_group(start)?;
                    return Ok(false);
                }
                _ => return Err(Fault { offset: start, message: "unknown kind of group after `(?`" }),
            }
            self.at += 1;
        }
    }

    fn skip_group(&mut self, start: usize) -> Result<(), Fault> {
        let mut depth = 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'(' => depth += 1,
                b')' if depth == 1 => return Ok(()),
                b')' => depth -= 1,
                _ => {}
            }
        }
        Err(Fault { offset: start, message: "missing `)`" })
    }

    fn escape(&mut self) -> Result<Node, Fault> {
        let start = self.at;
        self.at += 1;
        let Some(byte) = self.peek() else {
            return Err(Fault { offset: start, message: "`\\` at the end of the pattern" });
        };
        self.at += 1;
        Ok(match byte {
            b'd' | b'D' | b'w' | b'W' | b's' | b'S' | b'h' | b'H' | b'v' | b'V' | b'N' | b'R' => {
                Node::Set(shorthand(byte))
            }
            b'A' => Node::Start,
            b'z' | b'Z' => Node::End,
            b'b' | b'B' | b'G' => Node::Empty,
            b'Q' => {
                let rest = &self.bytes[self.at..];
                let end = memchr::memmem::find(rest, b"\\E");
                let literal = &rest[..end.unwrap_or(rest.len())];
                let items = literal.iter().map(|&byte| Node::Set(ByteSet::one(byte))).collect();
                self.at += end.map_or(rest.len(), |end| end + 2);
                Node::Concat(items)
            }
            b'E' => Node::Empty,
            b'1'..=b'9' | b'k' | b'g' | b'K' | b'p' | b'P' | b'X' | b'C' => self.give_up(),
            byte => {
                let set = ByteSet::one(self.character(byte));
                Node::Set(if self.caseless { set.caseless() } else { set })
            }
        })
    }

    /// The byte that an escaped letter stands for.
    fn character(&mut self, byte: u8) -> u8 {
        match byte {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'f' => 0x0c,
            b'a' => 0x07,
            b'e' => 0x1b,
            b'0' => 0,
            b'x' => {
                let digits = self.bytes[self.at..].iter().take(2).take_while(|byte| byte.is_ascii_hexdigit()).count();
                let text = std::str::from_utf8(&self.bytes[self.at..self.at + digits]).unwrap_or_default();
                self.at += digits;
                u8::from_str_radix(text, 16).unwrap_or(0)
            }
            byte => byte,
        }
    }

    fn class(&mut self) -> Result<ByteSet, Fault> {
        let start = self.at;
        let unclosed = Fault { offset: start, message: "missing `]`" };
        self.at += 1;
        let negated = self.eat("^");
        let mut set = ByteSet::default();
        let mut first = true;
        loop {
            let Some(byte) = self.peek() else { return Err(unclosed) };
            if byte == b']' && !first {
                self.at += 1;
                break;
            }
            first = false;
            if let Some(posix) = self.posix_class() {
                set = set.or(posix);
                continue;
            }
            let low = match self.class_item()? {
                Ok(low) => low,
                Err(shorthand) => {
                    set = set.or(shorthand);
                    continue;
                }
            };
            let is_range = self.peek() == Some(b'-') && !matches!(self.bytes.get(self.at + 1), None | Some(b']'));
            if !is_range {
                set.insert(low);
                continue;
            }
            let dash = self.at;
            self.at += 1;
            match self.class_item()? {
                Ok(high) if high < low => {
                    return Err(Fault { offset: dash - 1, message: "the range in `[]` is out of order" });
                }
                Ok(high) => (low..=high).for_each(|byte| set.insert(byte)),
                Err(shorthand) => {
                    set.insert(low);
                    set.insert(b'-');
                    set = set.or(shorthand);
                }
            }
        }
        let set = if self.caseless { set.caseless() } else { set };
        Ok(if negated { set.complement() } else { set })
    }

    /// One byte of a class, or the set of a shorthand.
    fn class_item(&mut self) -> Result<Result<u8, ByteSet>, Fault> {
        let Some(byte) = self.peek() else { return Err(Fault { offset: self.at, message: "missing `]`" }) };
        self.at += 1;
        if byte != b'\\' {
            return Ok(Ok(byte));
        }
        let Some(escaped) = self.peek() else { return Err(Fault { offset: self.at - 1, message: "missing `]`" }) };
        self.at += 1;
        Ok(match escaped {
            b'd' | b'D' | b'w' | b'W' | b's' | b'S' | b'h' | b'H' | b'v' | b'V' => Err(shorthand(escaped)),
            b'p' | b'P' => {
                self.opaque = true;
                Err(ByteSet::ALL)
            }
            b'b' => Ok(0x08),
            escaped => Ok(self.character(escaped)),
        })
    }

    fn posix_class(&mut self) -> Option<ByteSet> {
        let rest = self.bytes[self.at..].strip_prefix(b"[:")?;
        let end = memchr::memmem::find(rest, b":]")?;
        let (negated, name) = match rest[..end].strip_prefix(b"^") {
            Some(name) => (true, name),
            None => (false, &rest[..end]),
        };
        let member: fn(&u8) -> bool = match name {
            b"alpha" => u8::is_ascii_alphabetic,
            b"digit" => u8::is_ascii_digit,
            b"alnum" => u8::is_ascii_alphanumeric,
            b"upper" => u8::is_ascii_uppercase,
            b"lower" => u8::is_ascii_lowercase,
            b"space" => u8::is_ascii_whitespace,
            b"punct" => u8::is_ascii_punctuation,
            b"xdigit" => u8::is_ascii_hexdigit,
            _ => return None,
        };
        self.at += 2 + end + 2;
        let set = ByteSet::of((0..=u8::MAX).filter(member));
        Some(if negated { set.complement() } else { set })
    }
}

fn shorthand(letter: u8) -> ByteSet {
    let set = match letter.to_ascii_lowercase() {
        b'd' => ByteSet::of(b'0'..=b'9'),
        b'w' => ByteSet::of((0..=u8::MAX).filter(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')),
        b's' => ByteSet::of(*b" \t\n\r\x0b\x0c"),
        b'h' => ByteSet::of(*b" \t\xa0"),
        b'n' => return ByteSet::one(b'\n').complement(),
        _ => ByteSet::of(*b"\n\r\x0b\x0c\x85"),
    };
    if letter.is_ascii_uppercase() && letter != b'R' { set.complement() } else { set }
}

impl Node {
    /// Every byte it can match somewhere.
    pub fn bytes(&self) -> ByteSet {
        match self {
            Node::Empty | Node::Start | Node::End => ByteSet::default(),
            Node::Set(set) => *set,
            Node::Concat(items) | Node::Alternatives(items) => {
                items.iter().fold(ByteSet::default(), |all, item| all.or(item.bytes()))
            }
            Node::Repeat { max: Some(0), .. } => ByteSet::default(),
            Node::Repeat { node, .. } | Node::Group { node, .. } => node.bytes(),
        }
    }

    /// Can it match the empty text?
    pub fn is_nullable(&self) -> bool {
        match self {
            Node::Empty | Node::Start | Node::End => true,
            Node::Set(_) => false,
            Node::Concat(items) => items.iter().all(Node::is_nullable),
            Node::Alternatives(items) => items.iter().any(Node::is_nullable),
            Node::Repeat { node, min, .. } => *min == 0 || node.is_nullable(),
            Node::Group { node, .. } => node.is_nullable(),
        }
    }

    /// The bytes it can begin with.
    pub fn first_bytes(&self) -> ByteSet {
        match self {
            Node::Concat(items) => {
                let mut set = ByteSet::default();
                for item in items {
                    set = set.or(item.first_bytes());
                    if !item.is_nullable() {
                        break;
                    }
                }
                set
            }
            Node::Alternatives(items) => items.iter().fold(ByteSet::default(), |all, item| all.or(item.first_bytes())),
            Node::Repeat { node, .. } | Node::Group { node, .. } => node.first_bytes(),
            other => other.bytes(),
        }
    }

    /// The text, when it matches exactly one.
    pub fn literal(&self) -> Option<Vec<u8>> {
        match self {
            Node::Empty => Some(Vec::new()),
            Node::Set(set) => {
                let mut bytes = (0..=u8::MAX).filter(|&byte| set.contains(byte));
                match (bytes.next(), bytes.next()) {
                    (Some(byte), None) => Some(vec![byte]),
                    _ => None,
                }
            }
            Node::Concat(items) => items.iter().map(Node::literal).collect::<Option<Vec<_>>>().map(|all| all.concat()),
            Node::Group { node, .. } => node.literal(),
            _ => None,
        }
    }

    /// It without the groups around it.
    pub fn ungrouped(&self) -> &Node {
        match self {
            Node::Group { node, .. } => node.ungrouped(),
            other => other,
        }
    }

    fn children(&self) -> &[Node] {
        match self {
            Node::Concat(items) | Node::Alternatives(items) => items,
            Node::Repeat { node, .. } | Node::Group { node, .. } => std::slice::from_ref(node),
            _ => &[],
        }
    }
}

impl Pattern {
    /// The group with this number.
    pub fn group(&self, index: u32) -> Option<&Node> {
        let mut stack = vec![&self.root];
        while let Some(node) = stack.pop() {
            if matches!(node, Node::Group { index: Some(found), .. } if *found == index) {
                return Some(node);
            }
            stack.extend(node.children());
        }
        None
    }

    /// The number of the group with this name.
    pub fn named(&self, name: &str) -> Option<u32> {
        self.names.iter().find(|(other, _)| other == name).map(|&(_, index)| index)
    }

    /// Does a text match somewhere? `None` when that cannot be said.
    pub fn matches(&self, text: &str) -> Option<bool> {
        let input = text.as_bytes();
        if self.opaque || input.len() > 120 {
            return None;
        }
        let mut steps = 0;
        let all_starts = (1_u128 << (input.len() + 1)) - 1;
        ends(&self.root, input, all_starts, &mut steps).map(|ends| ends != 0)
    }

    /// A part of the pattern that a crafted text makes exponentially slow.
    pub fn slow_part(&self) -> Option<(usize, usize)> {
        let mut stack = vec![(&self.root, None)];
        while let Some((node, around)) = stack.pop() {
            let around = match node {
                Node::Group { range, .. } => Some(*range),
                _ => around,
            };
            if is_slow(node) {
                let inner = match node {
                    Node::Repeat { node, .. } => match node.as_ref() {
                        Node::Group { range, .. } => Some(*range),
                        _ => around,
                    },
                    _ => around,
                };
                return Some(inner.unwrap_or((0, usize::MAX)));
            }
            if !matches!(node, Node::Group { atomic: true, .. }) {
                stack.extend(node.children().iter().map(|child| (child, around)));
            }
        }
        None
    }
}

/// Where the matches end that start at `starts`; bits are positions. `None` when it takes too long.
fn ends(node: &Node, input: &[u8], starts: u128, steps: &mut u32) -> Option<u128> {
    *steps += 1;
    if *steps > MAX_STEPS {
        return None;
    }
    Some(match node {
        Node::Empty => starts,
        Node::Start => starts & 1,
        Node::End => starts & 1 << input.len(),
        Node::Set(set) => input
            .iter()
            .enumerate()
            .filter(|&(at, &byte)| starts & 1 << at != 0 && set.contains(byte))
            .fold(0, |ends, (at, _)| ends | 1 << (at + 1)),
        Node::Concat(items) => {
            let mut at = starts;
            for item in items {
                at = ends(item, input, at, steps)?;
            }
            at
        }
        Node::Alternatives(items) => {
            let mut all = 0;
            for item in items {
                all |= ends(item, input, starts, steps)?;
            }
            all
        }
        Node::Group { node, .. } => ends(node, input, starts, steps)?,
        Node::Repeat { node, min, max, .. } => {
            let mut result = if *min == 0 { starts } else { 0 };
            let mut at = starts;
            let mut count = 0;
            while at != 0 && max.is_none_or(|max| count < max) {
                at = ends(node, input, at, steps)?;
                count += 1;
                if count >= *min {
                    if at & !result == 0 {
                        break;
                    }
                    result |= at;
                }
            }
            result
        }
    })
}

fn unbounded(node: &Node) -> Option<&Node> {
    match node.ungrouped() {
        Node::Repeat { node, max: None, possessive: false, .. } => Some(node),
        _ => None,
    }
}

fn is_atomic(node: &Node) -> bool {
    matches!(node, Node::Group { atomic: true, .. })
}

fn is_slow(node: &Node) -> bool {
    match node {
        Node::Repeat { node: inner, max: None, possessive: false, .. } if !is_atomic(inner) => {
            repeats_ambiguously(inner.ungrouped())
        }
        Node::Concat(items) => items.windows(2).any(|pair| match (unbounded(&pair[0]), unbounded(&pair[1])) {
            (Some(a), Some(b)) => a.bytes().overlaps(b.bytes()),
            _ => false,
        }),
        _ => false,
    }
}

/// Can one text be split into repetitions of this in several ways?
fn repeats_ambiguously(inner: &Node) -> bool {
    match inner {
        Node::Alternatives(branches) => branches.iter().enumerate().any(|(index, branch)| {
            repeats_ambiguously(branch.ungrouped())
                || branches[index + 1..].iter().any(|other| overlap_from_start(branch, other))
        }),
        Node::Concat(items) => {
            let Some(repeated) = items.iter().find_map(unbounded) else { return false };
            !items
                .iter()
                .filter(|item| !item.is_nullable() && unbounded(item).is_none())
                .any(|item| !item.bytes().overlaps(repeated.bytes()))
        }
        other => unbounded(other).is_some(),
    }
}

/// Is one of two alternatives a prefix of the other, or does a text match both?
fn overlap_from_start(a: &Node, b: &Node) -> bool {
    let sets = |node: &Node| -> Option<Vec<ByteSet>> {
        match node.ungrouped() {
            Node::Set(set) => Some(vec![*set]),
            Node::Concat(items) => items
                .iter()
                .map(|item| match item.ungrouped() {
                    Node::Set(set) => Some(*set),
                    _ => None,
                })
                .collect(),
            _ => None,
        }
    };
    match (sets(a), sets(b)) {
        (Some(a), Some(b)) if !a.is_empty() && !b.is_empty() => a.iter().zip(&b).all(|(a, b)| a.overlaps(*b)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        parse(pattern, false).unwrap().matches(text).unwrap()
    }

    #[test]
    fn patterns_match_as_pcre_does() {
        assert!(matches(r"^https?://([a-z0-9-]+\.)*example\.com(:\d+)?$", "https://a.b.example.com:8080"));
        assert!(!matches(r"^https?://([a-z0-9-]+\.)*example\.com$", "https://example.com.evil.net"));
        assert!(matches(r"a{2,3}b", "xaaab") && !matches(r"^a{2}$", "aaa"));
        assert!(matches(r"^[^[]+$", "abc") && matches(r"^[]a]+$", "]a"));
        assert!(matches(r"\.(jpg|png)$", "/x.png") && !matches(r"\.(jpg|png)$", "/x.pngx"));
        assert!(parse("ABC", true).unwrap().matches("abc").unwrap());
        assert_eq!(parse("(?=a)b", false).unwrap().matches("b"), None);
    }

    #[test]
    fn what_pcre_refuses_is_refused_and_nothing_else() {
        for (pattern, offset) in
            [("^/(img|css", 2), ("a)", 1), ("*a", 0), ("[a", 0), ("[z-a]", 1), ("(?<n>a)(?<n>b)", 7)]
        {
            assert_eq!(parse(pattern, false).unwrap_err().offset, offset, "{pattern}");
        }
        for pattern in [
            "a++",
            "a*?",
            "a{,3}",
            "{",
            "[[:alpha:]]",
            r"(?i)a(?-i:b)",
            r"\Qa(b\E",
            "(?#x)a",
            "(?|a|b)",
            r"\x41",
            "[]-a]",
        ] {
            assert!(parse(pattern, false).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn groups_tell_what_they_can_hold() {
        let pattern = parse(r"^/x/([^/]*)/(?<rest>.*)$", false).unwrap();
        assert_eq!(pattern.groups, 2);
        let first = pattern.group(1).unwrap();
        assert!(first.bytes().contains(b'\n') && !first.bytes().contains(b'/'));
        let rest = pattern.group(pattern.named("rest").unwrap()).unwrap();
        assert!(!rest.bytes().contains(b'\n') && rest.bytes().contains(b'\r'));
    }

    #[test]
    fn exponential_patterns() {
        for pattern in [r"^/(\w+)+/edit$", "(a+)+", "(a*)+", "((ab)+)+", "(a|ab)+", "(.|x)+", ".*.*"] {
            assert!(parse(pattern, false).unwrap().slow_part().is_some(), "{pattern}");
        }
        for pattern in [r"^/(\w+/)+edit$", r"([a-z0-9-]+\.)+", "(a?)b", "(a++)+", "(foo|far)+", "(.*)/(.*)", "(?>a+)+"]
        {
            assert!(parse(pattern, false).unwrap().slow_part().is_none(), "{pattern}");
        }
    }

    #[test]
    fn deep_nesting_is_given_up_not_crashed_on() {
        let pattern = format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000));
        let _ = parse(&pattern, false);
    }
}
