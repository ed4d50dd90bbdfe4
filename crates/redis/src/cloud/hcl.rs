//! HCL's native syntax, in which Terraform is written: bodies, blocks and attributes, and of the values those that stand
//! there as such. Every other expression is read by its grammar, so that what Terraform refuses is refused, and forgotten.

use std::collections::BTreeSet;
use std::ops::Range;

/// What is nested deeper than this is not read.
const DEEPEST: usize = 100;

/// The inside of a file or a block.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Body<'t> {
    pub(super) attributes: Vec<Attribute<'t>>,
    pub(super) blocks: Vec<Block<'t>>,
}

/// `name = value`.
#[derive(Debug, PartialEq)]
pub(super) struct Attribute<'t> {
    pub(super) name: &'t str,
    pub(super) name_range: Range<usize>,
    pub(super) value: Expression<'t>,
}

/// `kind "label" { … }`.
#[derive(Debug, PartialEq)]
pub(super) struct Block<'t> {
    pub(super) kind: &'t str,
    pub(super) labels: Vec<String>,
    /// From the kind to the last label.
    pub(super) header: Range<usize>,
    pub(super) body: Body<'t>,
}

/// A value and where it stands, quotes included.
#[derive(Debug, PartialEq)]
pub(super) struct Expression<'t> {
    pub(super) range: Range<usize>,
    pub(super) value: Value<'t>,
}

/// What a value is, as far as that is written down.
#[derive(Debug, PartialEq)]
pub(super) enum Value<'t> {
    /// A text in quotes without anything to fill in.
    Text(String),
    /// A number, as Terraform would print it.
    Number(String),
    Bool(bool),
    List(Vec<Expression<'t>>),
    /// Keys and values.
    Object(Vec<(Expression<'t>, Expression<'t>)>),
    /// `a.b.c`, also as `"${a.b.c}"`: the names up to the first index.
    Reference(Vec<&'t str>),
    /// Anything else.
    Computed,
}

impl<'t> Body<'t> {
    /// Reads a file. None if it is no HCL.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let mut reader = Reader { text, at: 0, depth: 0 };
        reader.eat("\u{feff}");
        let body = reader.body()?;
        (reader.at == text.len()).then_some(body)
    }

    /// The value of an attribute.
    pub(super) fn get(&self, name: &str) -> Option<&Expression<'t>> {
        self.attributes.iter().find(|attribute| attribute.name == name).map(|attribute| &attribute.value)
    }
}

impl Expression<'_> {
    /// A text in quotes.
    pub(super) fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// Is it this name, bare or in quotes, as the key of an object?
    pub(super) fn is_key(&self, name: &str) -> bool {
        match &self.value {
            Value::Text(text) => text == name,
            Value::Reference(names) => names.as_slice() == [name],
            _ => false,
        }
    }
}

/// Where a template ends.
#[derive(Clone, Copy)]
enum End<'t> {
    Quote,
    /// A line with this word alone.
    Line(&'t str),
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, sign: &str) -> bool {
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    fn expect(&mut self, sign: &str) -> Option<()> {
        self.eat(sign).then_some(())
    }

    /// The end of a line; the comment in front of it belongs to it.
    fn line_end(&mut self) -> bool {
        if self.peek() == Some(b'#') || self.rest().starts_with("//") {
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            return self.eat("\n") || self.rest().is_empty();
        }
        self.eat("\n") || self.eat("\r\n")
    }

    fn blanks(&mut self, lines: bool) {
        loop {
            if matches!(self.peek(), Some(b' ' | b'\t')) {
                self.at += 1;
            } else if let Some(inside) = self.rest().strip_prefix("/*")
                && let Some(length) = inside.find("*/")
            {
                self.at += length + 4;
            } else if !(lines && !self.rest().is_empty() && self.line_end()) {
                return;
            }
        }
    }

    fn name(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        rest.starts_with(|c: char| c.is_alphabetic() || c == '_').then_some(())?;
        let inside = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let name = &rest[..rest.find(|c| !inside(c)).unwrap_or(rest.len())];
        self.at += name.len();
        Some(name)
    }

    fn keyword(&mut self, word: &str) -> bool {
        let start = self.at;
        let found = self.name() == Some(word);
        if !found {
            self.at = start;
        }
        found
    }

    /// One level deeper.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.depth += 1;
        let inside = if self.depth > DEEPEST { None } else { read(self) };
        self.depth -= 1;
        inside
    }

    /// Up to a closing brace or the end.
    fn body(&mut self) -> Option<Body<'t>> {
        let mut body = Body::default();
        let mut names = BTreeSet::new();
        loop {
            self.blanks(true);
            if matches!(self.peek(), None | Some(b'}')) {
                return Some(body);
            }
            self.item(&mut body)?;
            self.blanks(false);
            if !self.rest().is_empty() && !self.line_end() {
                return None;
            }
            if let Some(last) = body.attributes.last()
                && names.len() < body.attributes.len()
                && !names.insert(last.name)
            {
                return None;
            }
        }
    }

    /// An attribute or a block.
    fn item(&mut self, body: &mut Body<'t>) -> Option<()> {
        let start = self.at;
        let name = self.name()?;
        let mut end = self.at;
        self.blanks(false);
        if self.eat("=") {
            let value = self.expression(false)?;
            body.attributes.push(Attribute { name, name_range: start..end, value });
            return Some(());
        }
        let mut labels = Vec::new();
        while !self.eat("{") {
            labels.push(if self.eat("\"") { self.label()? } else { self.name()?.to_owned() });
            end = self.at;
            self.blanks(false);
        }
        let inside = self.nested(Self::block)?;
        self.expect("}")?;
        body.blocks.push(Block { kind: name, labels, header: start..end, body: inside });
        Some(())
    }

    /// The inside of a block: lines, or one attribute on the line of its braces.
    fn block(&mut self) -> Option<Body<'t>> {
        self.blanks(false);
        if self.line_end() {
            return self.body();
        }
        let mut body = Body::default();
        if self.peek() != Some(b'}') {
            self.item(&mut body)?;
            self.blanks(false);
        }
        body.blocks.is_empty().then_some(body)
    }

    /// A label behind its first quote.
    fn label(&mut self) -> Option<String> {
        if let Value::Text(text) = self.template(End::Quote)? { Some(text) } else { None }
    }

    /// An expression; without `lines` it ends with its line.
    fn expression(&mut self, lines: bool) -> Option<Expression<'t>> {
        self.nested(|reader| reader.operation(lines))
    }

    fn operation(&mut self, lines: bool) -> Option<Expression<'t>> {
        self.blanks(lines);
        let start = self.at;
        let mut value = self.operand(lines)?;
        let mut end = self.at;
        loop {
            self.blanks(lines);
            if self.operator() {
                self.blanks(lines);
                self.operand(lines)?;
            } else if self.eat("?") {
                self.expression(lines)?;
                self.blanks(lines);
                self.expect(":")?;
                self.expression(lines)?;
            } else {
                self.at = end;
                return Some(Expression { range: start..end, value });
            }
            value = Value::Computed;
            end = self.at;
        }
    }

    fn operator(&mut self) -> bool {
        const OPERATORS: &[&str] = &["==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "%"];
        let is_comment = self.rest().starts_with("//") || self.rest().starts_with("/*");
        !is_comment && OPERATORS.iter().any(|operator| self.eat(operator))
    }

    /// A value with its signs in front and its attributes and indices behind.
    fn operand(&mut self, lines: bool) -> Option<Value<'t>> {
        let mut signs = 0;
        let start = self.at;
        while self.eat("-") || self.eat("!") {
            signs += 1;
            self.blanks(lines);
        }
        let mut value = self.term(lines)?;
        let mut steps = 0;
        loop {
            let end = self.at;
            self.blanks(lines);
            let name = match self.peek() {
                Some(b'[') => {
                    self.at += 1;
                    self.blanks(lines);
                    if !self.eat("*") {
                        self.expression(true)?;
                    }
                    self.blanks(true);
                    self.expect("]")?;
                    None
                }
                Some(b'.') if !self.rest().starts_with("..") => {
                    self.at += 1;
                    self.blanks(lines);
                    self.attribute()?
                }
                _ => {
                    // The blanks belong to whatever follows.
                    self.at = end;
                    break;
                }
            };
            steps += 1;
            value = match (value, name) {
                (Value::Reference(mut names), name) => {
                    names.extend(name.filter(|_| names.len() == steps));
                    Value::Reference(names)
                }
                _ => Value::Computed,
            };
        }
        match value {
            _ if signs == 0 => Some(value),
            Value::Number(number) if signs == 1 && self.text[start..].starts_with('-') => {
                Some(Value::Number(format!("-{number}")))
            }
            _ => Some(Value::Computed),
        }
    }

    /// Behind a dot: a name, `*`, or indices as they used to be written.
    fn attribute(&mut self) -> Option<Option<&'t str>> {
        if self.eat("*") {
            return Some(None);
        }
        if self.peek()?.is_ascii_digit() {
            self.digits();
            return Some(None);
        }
        self.name().map(Some)
    }

    fn digits(&mut self) -> bool {
        let length = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        self.at += length;
        length > 0
    }

    fn term(&mut self, lines: bool) -> Option<Value<'t>> {
        match self.peek()? {
            b'"' => {
                self.at += 1;
                self.template(End::Quote)
            }
            b'<' => self.heredoc(),
            b'0'..=b'9' => self.number(),
            b'(' => {
                self.at += 1;
                self.expression(true)?;
                self.blanks(true);
                self.expect(")")?;
                Some(Value::Computed)
            }
            b'[' => {
                self.at += 1;
                self.list()
            }
            b'{' => {
                self.at += 1;
                self.object()
            }
            _ => self.word(lines),
        }
    }

    fn number(&mut self) -> Option<Value<'t>> {
        let start = self.at;
        self.digits();
        let whole = self.at;
        if self.eat(".") && !self.digits() {
            self.at = whole;
        }
        let fraction = self.at;
        if self.eat("e") || self.eat("E") {
            let _ = self.eat("+") || self.eat("-");
            if !self.digits() {
                self.at = fraction;
            }
        }
        // A letter right behind it belongs to the same word, which is no number.
        if self.name().is_some() {
            return None;
        }
        let written = &self.text[start..self.at];
        if self.at > whole {
            return Some(Value::Number(written.parse::<f64>().ok()?.to_string()));
        }
        let plain = written.trim_start_matches('0');
        Some(Value::Number(if plain.is_empty() { "0" } else { plain }.to_owned()))
    }

    /// A variable, a keyword or a call.
    fn word(&mut self, lines: bool) -> Option<Value<'t>> {
        let name = self.name()?;
        let end = self.at;
        self.blanks(lines);
        let mut called = false;
        while self.eat("::") {
            called = true;
            self.blanks(lines);
            self.name()?;
            self.blanks(lines);
        }
        if self.eat("(") {
            self.items(")", |reader| reader.expression(true).map(|_| ()))?;
            return Some(Value::Computed);
        }
        if called {
            return None;
        }
        self.at = end;
        Some(match name {
            "true" | "false" => Value::Bool(name == "true"),
            "null" => Value::Computed,
            _ => Value::Reference(vec![name]),
        })
    }

    /// What commas separate, up to and with the closing sign. The last argument of a call may end in `...`.
    fn items(&mut self, close: &str, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        loop {
            self.blanks(true);
            if self.eat(close) {
                return Some(());
            }
            item(self)?;
            self.blanks(true);
            if !self.eat(",") {
                if close == ")" && self.eat("...") {
                    self.blanks(true);
                }
                return self.expect(close);
            }
        }
    }

    fn list(&mut self) -> Option<Value<'t>> {
        self.blanks(true);
        if self.keyword("for") {
            return self.comprehension("]");
        }
        let mut list = Vec::new();
        self.items("]", |reader| {
            list.push(reader.expression(true)?);
            Some(())
        })?;
        Some(Value::List(list))
    }

    /// Entries end with a comma or with their line.
    fn object(&mut self) -> Option<Value<'t>> {
        self.blanks(true);
        if self.keyword("for") {
            return self.comprehension("}");
        }
        let mut entries = Vec::new();
        loop {
            self.blanks(true);
            if self.eat("}") {
                return Some(Value::Object(entries));
            }
            let key = self.expression(false)?;
            self.blanks(false);
            if !self.eat("=") && !self.eat(":") {
                return None;
            }
            let value = self.expression(false)?;
            entries.push((key, value));
            self.blanks(false);
            if self.peek() != Some(b'}') && !self.eat(",") && !self.line_end() {
                return None;
            }
        }
    }

    /// `k, v in collection : value`, behind `for`.
    fn comprehension(&mut self, close: &str) -> Option<Value<'t>> {
        self.source()?;
        self.expect(":")?;
        self.expression(true)?;
        self.blanks(true);
        if close == "}" {
            self.expect("=>")?;
            self.expression(true)?;
            self.blanks(true);
            if self.eat("...") {
                self.blanks(true);
            }
        }
        if self.keyword("if") {
            self.expression(true)?;
            self.blanks(true);
        }
        self.expect(close)?;
        Some(Value::Computed)
    }

    /// `k, v in collection`.
    fn source(&mut self) -> Option<()> {
        self.blanks(true);
        self.name()?;
        self.blanks(true);
        if self.eat(",") {
            self.blanks(true);
            self.name()?;
            self.blanks(true);
        }
        self.keyword("in").then_some(())?;
        self.expression(true)?;
        self.blanks(true);
        Some(())
    }

    fn heredoc(&mut self) -> Option<Value<'t>> {
        self.expect("<<")?;
        self.eat("-");
        let word = self.name()?;
        if !self.eat("\n") && !self.eat("\r\n") {
            return None;
        }
        self.template(End::Line(word))?;
        Some(Value::Computed)
    }

    /// A text with parts to fill in, up to its end and with it.
    fn template(&mut self, end: End<'t>) -> Option<Value<'t>> {
        let mut text = String::new();
        let mut filled = None;
        let mut parts = 0;
        let mut open = Vec::new();
        loop {
            if let End::Line(word) = end
                && self.text[..self.at].ends_with('\n')
            {
                let line = self.rest().split('\n').next().unwrap_or_default();
                if line.trim() == word && line.len() < self.rest().len() {
                    self.at += line.trim_end_matches('\r').len();
                    break;
                }
            }
            if self.eat("$${") || self.eat("%%{") {
                text.push_str(&self.text[self.at - 2..self.at]);
            } else if self.eat("${") {
                self.eat("~");
                let inside = self.expression(true)?;
                self.close()?;
                parts += 1;
                filled = Some(inside.value);
            } else if self.eat("%{") {
                self.eat("~");
                self.directive(&mut open)?;
                parts += 2;
            } else {
                let c = self.rest().chars().next()?;
                self.at += c.len_utf8();
                match (end, c) {
                    (End::Quote, '"') => break,
                    (End::Quote, '\n') => return None,
                    (End::Quote, '\\') => text.push(self.escape()?),
                    _ => text.push(c),
                }
            }
        }
        if !open.is_empty() {
            return None;
        }
        Some(match (parts, filled) {
            (0, _) => Value::Text(text),
            (1, Some(Value::Reference(names))) if text.is_empty() && names.len() > 1 => Value::Reference(names),
            _ => Value::Computed,
        })
    }

    /// The end of a part to fill in.
    fn close(&mut self) -> Option<()> {
        self.blanks(true);
        self.eat("~");
        self.expect("}")
    }

    /// `if`, `for` and what belongs to them; `open` are those that are not closed yet.
    fn directive(&mut self, open: &mut Vec<&'static str>) -> Option<()> {
        self.blanks(true);
        match (self.name()?, open.last().copied()) {
            ("if", _) => {
                self.expression(true)?;
                open.push("if");
            }
            ("for", _) => {
                self.source()?;
                open.push("for");
            }
            ("else", Some("if")) => {
                open.pop();
                open.push("else");
            }
            ("endif", Some("if" | "else")) | ("endfor", Some("for")) => {
                open.pop();
            }
            _ => return None,
        }
        self.close()
    }

    /// One character behind a backslash.
    fn escape(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        let digits = match c {
            b'n' => return Some('\n'),
            b'r' => return Some('\r'),
            b't' => return Some('\t'),
            b'"' | b'\\' => return Some(char::from(c)),
            b'u' => 4,
            b'U' => 8,
            _ => return None,
        };
        let code = self.rest().get(..digits).filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.at += digits;
        char::from_u32(u32::from_str_radix(code, 16).ok()?)
    }
}

#[cfg(test)]
mod tests;
