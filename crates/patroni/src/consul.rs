//! Services that Consul checks, in its JSON and in HCL: only as much of both languages as it takes to find the checks.

use crate::check::{Asker, HealthCheck, Purpose};
use crate::document::Manifest;
use crate::rest::Method;
use compact_str::CompactString;
use confvet_core::{Address, Fact, FileId, Input, Span, Spanned};

/// Blocks deeper than this are read no further.
const DEEPEST: usize = 32;

/// A value of HCL or JSON.
#[derive(Debug)]
enum Value {
    Text(Spanned<CompactString>),
    Block(Vec<(CompactString, Value)>),
    List(Vec<Value>),
}

impl Value {
    fn get(&self, key: &str) -> Option<&Value> {
        self.all(key).next()
    }

    /// Every value of a key: HCL repeats blocks.
    fn all<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a Value> {
        let entries = if let Value::Block(entries) = self { entries.as_slice() } else { &[] };
        entries.iter().filter(move |(name, _)| name == key).map(|(_, value)| value)
    }

    fn text(&self) -> Option<&Spanned<CompactString>> {
        if let Value::Text(text) = self { Some(text) } else { None }
    }

    fn word(&self, key: &str) -> Option<&str> {
        self.get(key)?.text().map(|text| text.value.as_str())
    }

    /// The items of a list; a block is a list of itself.
    fn items(&self) -> &[Value] {
        if let Value::List(items) = self { items } else { std::slice::from_ref(self) }
    }
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while let Some(byte) = self.peek() {
            let rest = &self.text.as_bytes()[self.at..];
            if byte.is_ascii_whitespace() || byte == b',' || byte == b';' {
                self.at += 1;
            } else if byte == b'#' || rest.starts_with(b"//") {
                self.at += memchr(rest, b"\n").unwrap_or(rest.len());
            } else if rest.starts_with(b"/*") {
                self.at += memchr(rest, b"*/").map_or(rest.len(), |end| end + 2);
            } else {
                return;
            }
        }
    }

    /// A word, or a text in quotes without them.
    fn token(&mut self) -> Option<Spanned<CompactString>> {
        let start = self.at;
        if self.peek()? == b'"' {
            let bytes = self.text.as_bytes();
            let mut end = start + 1;
            while bytes.get(end).is_some_and(|&byte| byte != b'"' && byte != b'\n') {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            let end = self.text.floor_char_boundary(end.min(bytes.len()));
            self.at = (end + 1).min(bytes.len());
            while !self.text.is_char_boundary(self.at) {
                self.at += 1;
            }
            return Some(Spanned::new(self.text[start + 1..end].into(), Span::new(self.file, start + 1..end)));
        }
        let rest = &self.text[start..];
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$' | '+');
        let end = rest.find(|c: char| !plain(c)).unwrap_or(rest.len());
        self.at = start + end;
        (end > 0).then(|| Spanned::new(rest[..end].into(), Span::new(self.file, start..start + end)))
    }

    /// The entries up to a closing brace, or to the end.
    fn block(&mut self, depth: usize) -> Vec<(CompactString, Value)> {
        let mut entries = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                None => return entries,
                Some(b'}') => {
                    self.at += 1;
                    return entries;
                }
                Some(b'{') if depth < DEEPEST => {
                    self.at += 1;
                    entries.extend(self.block(depth + 1));
                    continue;
                }
                Some(_) => {}
            }
            let Some(key) = self.token() else {
                self.skip_character();
                continue;
            };
            // Labels of a block stand between its name and its brace.
            loop {
                self.skip_blanks();
                match self.peek() {
                    Some(b'=' | b':') => self.at += 1,
                    Some(b'"') if !self.is_assigned() => {
                        self.token();
                    }
                    _ => break,
                }
            }
            if let Some(value) = self.value(depth + 1) {
                entries.push((key.value, value));
            }
        }
    }

    /// Was the last sign before here an equals sign or a colon?
    fn is_assigned(&self) -> bool {
        self.text[..self.at].trim_end().ends_with(['=', ':'])
    }

    fn skip_character(&mut self) {
        self.at += self.text[self.at..].chars().next().map_or(1, char::len_utf8);
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.skip_blanks();
        if depth > DEEPEST {
            self.at = self.text.len();
            return None;
        }
        match self.peek()? {
            b'{' => {
                self.at += 1;
                Some(Value::Block(self.block(depth)))
            }
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                loop {
                    self.skip_blanks();
                    match self.peek() {
                        None => return Some(Value::List(items)),
                        Some(b']') => {
                            self.at += 1;
                            return Some(Value::List(items));
                        }
                        Some(_) => {
                            let before = self.at;
                            items.extend(self.value(depth + 1));
                            if self.at == before {
                                self.skip_character();
                            }
                        }
                    }
                }
            }
            b'}' | b']' => None,
            _ => match self.token() {
                Some(text) => Some(Value::Text(text)),
                None => {
                    self.skip_character();
                    None
                }
            },
        }
    }
}

fn memchr(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

/// Does a file that mentions the port and a check hold one that asks Patroni?
pub(crate) fn holds_anything(text: &str) -> bool {
    !checks(FileId(0), text, None).is_empty()
}

impl Manifest {
    /// Reads Consul's services.
    pub(crate) fn read_consul(input: &Input<'_>) -> Self {
        let checks = checks(input.file, input.text(), input.facts.number(Fact::PatroniRestPort));
        Manifest { checks, ..Manifest::default() }
    }
}

fn checks(file: FileId, text: &str, rest_port: Option<u64>) -> Vec<HealthCheck> {
    let mut reader = Reader { file, text, at: 0 };
    let root = Value::Block(reader.block(0));
    let mut found = Vec::new();
    let services = root.all("service").chain(root.all("services")).flat_map(Value::items);
    for service in services {
        for check in service.all("check").chain(service.all("checks")).flat_map(Value::items) {
            found.extend(one(service, check, rest_port));
        }
    }
    found
}

fn one(service: &Value, check: &Value, rest_port: Option<u64>) -> Option<HealthCheck> {
    let url = check.get("http")?.text()?;
    let name = service.get("name").and_then(Value::text)?;
    let (scheme, rest) = url.value.split_once("://")?;
    let slash = rest.find('/').unwrap_or(rest.len());
    let (address, port) = Address::parse_with_port(&rest[..slash]);
    let of_api = port.is_some_and(|port| port == 8008 || Some(u64::from(port)) == rest_port);
    let lower = name.value.to_ascii_lowercase();
    let database = ["postgres", "patroni", "pgsql", "pg"].iter().any(|word| lower.contains(word));
    if !of_api || !(database || service.word("port") == Some("5432")) {
        return None;
    }
    let start = url.value.len() - rest.len() + slash;
    let path = if slash < rest.len() { &rest[slash..] } else { "/" };
    let tags = service.get("tags").map(Value::items).unwrap_or_default();
    let mut words = vec![name.value.as_str()];
    words.extend(tags.iter().filter_map(Value::text).map(|tag| tag.value.as_str()));
    let purposes = words.iter().map(|word| Purpose::of_name(word)).filter(|purpose| *purpose != Purpose::Unknown);
    let purpose = purposes.reduce(|a, b| if a == b { a } else { Purpose::Unknown }).unwrap_or(Purpose::Unknown);
    let method = check.word("method").unwrap_or("GET");
    Some(HealthCheck {
        name: name.clone(),
        asker: Asker::Service,
        purpose,
        method: Method::find(method),
        path: Spanned::new(path.into(), url.span.slice(start.min(url.value.len())..url.value.len())),
        address: Some(address),
        port,
        tls: scheme.eq_ignore_ascii_case("https"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(text: &str) -> Vec<(String, Purpose, String)> {
        checks(FileId(0), text, None)
            .into_iter()
            .map(|check| {
                assert_eq!(&text[check.path.span.range()], check.path.value.as_str());
                (check.name.value.to_string(), check.purpose, check.request())
            })
            .collect()
    }

    #[test]
    fn checks_are_found_in_json_and_in_hcl() {
        let json = r#"{"service": {"name": "pg", "tags": ["primary"], "port": 5432,
            "checks": [{"http": "http://10.0.0.1:8008/primary", "interval": "5s"}]}}"#;
        let found = [("pg".to_owned(), Purpose::Write, "GET /primary".to_owned())];
        assert_eq!(requests(json), found);
        let hcl = "# all of them\nservice {\n  name = \"postgres-replica\"\n  port = 5432\n  check {\n    \
                   http = \"http://localhost:8008/replica?lag=1MB\"\n    method = \"HEAD\"\n  }\n}\n\
                   service {\n  name = \"web\"\n  check { http = \"http://localhost:8008/health\" }\n}\n";
        let found = [("postgres-replica".to_owned(), Purpose::Read, "HEAD /replica?lag=1MB".to_owned())];
        assert_eq!(requests(hcl), found);
    }

    #[test]
    fn nothing_is_too_broken_or_too_deep() {
        for text in ["{", "service \"a\" {", "service { check = [{ http = \"", "\"\\", "}}]]", "a = = {\"b\": [,"] {
            assert!(requests(text).is_empty());
        }
        assert!(requests(&"{\"service\": ".repeat(2000)).is_empty());
        assert!(requests(&"[".repeat(2000)).is_empty());
    }
}
