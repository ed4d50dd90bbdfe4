//! What surrounds the process on a host: shell variables of the packages (`/etc/default/elasticsearch`) and units of
//! systemd with their drop-ins.

use crate::compose::is_java_opts;
use crate::jvm::JvmFile;
use crate::model::{Reader, release_of};
use crate::node::{Carrier, LockLimit, Node, Variable};
use crate::release::Flavour;
use crate::settings::Scalar;
use confvet_core::units::ByteSize;
use confvet_core::{FileId, Span, Spanned, source};
use std::ops::Range;
use std::sync::Arc;

/// The names of the service.
pub(crate) const NAMES: &[&str] = &["elasticsearch", "opensearch"];

/// Is this a unit of systemd, or a drop-in for one?
pub(crate) fn is_unit(path: &str) -> bool {
    let named =
        |name: &str| name.strip_suffix(".service").is_some_and(|name| NAMES.contains(&name.trim_end_matches('@')));
    let directory = source::file_name(source::parent(path));
    named(source::file_name(path)) || (path.ends_with(".conf") && directory.strip_suffix(".d").is_some_and(named))
}

/// Is this the file of shell variables that the packages read?
pub(crate) fn is_variables(path: &str) -> bool {
    let directory = source::file_name(source::parent(path));
    NAMES.contains(&source::file_name(path)) && matches!(directory, "default" | "sysconfig")
}

/// Reads the file that the reader started from, when no node is near it.
pub(crate) fn read(reader: &mut Reader<'_>) -> Vec<Node> {
    let file = reader.input.file;
    let path = reader.input.source().path();
    let named = if path.contains("opensearch") { Flavour::OpenSearch } else { Flavour::Elasticsearch };
    let release = release_of(reader.input.target, &[], named, None);
    let mut node = Node::new(Carrier::Service, file, release);
    node.take_surroundings(reader, file);
    vec![node]
}

/// Looks for the files that surround a node whose settings lie in `directory`: of a whole file system
/// (`…/etc/elasticsearch`) in their places, else beside the settings. `name` is the name of the service.
pub(crate) fn surround(reader: &mut Reader<'_>, node: &mut Node, directory: &str, name: &str) {
    let root = directory.strip_suffix(name).and_then(|etc| etc.strip_suffix("etc/"));
    let root = root.filter(|root| root.is_empty() || root.ends_with('/'));
    let (variables, units): (&[&str], &[&str]) = match root {
        Some(_) => {
            (&["etc/default", "etc/sysconfig"], &["lib/systemd/system", "usr/lib/systemd/system", "etc/systemd/system"])
        }
        None => (&["default", "sysconfig"], &["", "systemd"]),
    };
    let base = match root.unwrap_or(directory) {
        "" => String::new(),
        root => format!("{}/", root.trim_end_matches('/')),
    };
    for place in units {
        let slash = if place.is_empty() { "" } else { "/" };
        let mut unit = format!("{base}{place}{slash}{name}.service");
        node.take_if_here(reader, &unit);
        unit.push_str(".d");
        for &file in reader.input.sources.in_directory(&unit) {
            if is_unit(reader.input.sources.get(file).path()) {
                node.take_surroundings(reader, file);
            }
        }
    }
    // Files of variables win over the unit's own.
    for place in variables {
        node.take_if_here(reader, &format!("{base}{place}/{name}"));
    }
}

impl Node {
    fn take_if_here(&mut self, reader: &mut Reader<'_>, path: &str) {
        if let Some(file) = reader.input.sources.by_path(path) {
            self.take_surroundings(reader, file);
        }
    }

    /// Adds the variables and limits of a file.
    fn take_surroundings(&mut self, reader: &mut Reader<'_>, file: FileId) {
        reader.take(file);
        let source = reader.input.sources.get(file);
        if is_unit(source.path()) {
            self.read_unit(file, source.text());
        } else {
            self.read_variables(file, source.text());
        }
    }

    fn read_variables(&mut self, file: FileId, text: &str) {
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            if let Some((name, value)) = assignment(line) {
                if &line[name.clone()] == "MAX_LOCKED_MEMORY" {
                    let kilobytes =
                        |text: &str| Some(LockLimit::Bytes(ByteSize(text.parse::<u64>().ok()?.checked_mul(1024)?)));
                    let limit = match &line[value.clone()] {
                        "unlimited" => Some(LockLimit::Unlimited),
                        number => kilobytes(number),
                    };
                    let span = Span::new(file, start + value.start..start + value.end);
                    self.lock_limit = limit.map(|limit| Spanned::new(limit, span)).or(self.lock_limit.take());
                }
                self.add_variable(file, line, start, name, value, false);
            }
            start += line.len();
        }
    }

    /// Reads `[Service]`: variables and the limit of locked memory. A line that ends with a backslash goes on.
    fn read_unit(&mut self, file: FileId, text: &str) {
        let mut start = 0;
        let mut in_service = false;
        let mut continued: Option<Directive> = None;
        for line in text.split_inclusive('\n') {
            let body = line.trim_end();
            let goes_on = body.ends_with('\\');
            let body = body.trim_end_matches('\\');
            let first = body.trim_start();
            let key = first.split_once('=').map(|(key, _)| key.trim_end());
            if continued.is_none() && first.starts_with('[') {
                in_service = first == "[Service]";
            } else if in_service && !first.starts_with(['#', ';']) {
                let directive = continued.or_else(|| Directive::of(key?));
                let value_at = if continued.is_some() { 0 } else { body.find('=').map_or(body.len(), |at| at + 1) };
                match directive {
                    Some(Directive::Environment) => self.read_words(file, body, value_at, start),
                    Some(Directive::LockLimit) => self.read_lock_limit(file, body, value_at, start),
                    None => {}
                }
                continued = directive.filter(|_| goes_on);
            }
            start += line.len();
        }
    }

    /// `Environment=A=b "C=d e"`
    fn read_words(&mut self, file: FileId, line: &str, from: usize, start: usize) {
        for word in words(line, from) {
            if let Some(equals) = line[word.clone()].find('=').map(|at| word.start + at) {
                self.add_variable(file, line, start, word.start..equals, equals + 1..word.end, true);
            }
        }
    }

    /// `LimitMEMLOCK=infinity`, `LimitMEMLOCK=16G`, `LimitMEMLOCK=8G:infinity` (soft and hard).
    fn read_lock_limit(&mut self, file: FileId, line: &str, from: usize, start: usize) {
        let value = line[from..].trim();
        let soft = value.split(':').next().unwrap_or(value);
        let limit = match soft {
            "infinity" => LockLimit::Unlimited,
            size => match crate::jvm::size_of(size) {
                Some(size) => LockLimit::Bytes(size),
                None => return,
            },
        };
        let at = start + from + line[from..].find(value).unwrap_or_default();
        self.lock_limit = Some(Spanned::new(limit, Span::new(file, at..at + value.len())));
    }

    fn add_variable(
        &mut self,
        file: FileId,
        line: &str,
        start: usize,
        name: Range<usize>,
        value: Range<usize>,
        in_unit: bool,
    ) {
        let span = |range: &Range<usize>| Span::new(file, start + range.start..start + range.end);
        let at = span(&value);
        let scalar = Scalar { text: line[value].into(), span: at, content: at, quoted: true };
        if is_java_opts(&line[name.clone()]) {
            self.jvm.push(Arc::new(JvmFile::of_words(&scalar.text, scalar.content)));
        }
        let name = Spanned::new(line[name.clone()].to_owned(), span(&name));
        self.environment.push(Variable { name, value: Some(scalar), in_unit });
    }
}

/// What is read of a unit.
#[derive(Debug, Clone, Copy)]
enum Directive {
    Environment,
    LockLimit,
}

impl Directive {
    fn of(key: &str) -> Option<Self> {
        match key {
            "Environment" => Some(Directive::Environment),
            "LimitMEMLOCK" => Some(Directive::LockLimit),
            _ => None,
        }
    }
}

/// Where the words of a line stand, from a byte on; quotes hold one together and are no part of it.
fn words(line: &str, from: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = from;
    while let Some(start) = line[at..].find(|c: char| !c.is_whitespace()).map(|blank| at + blank) {
        let (word, next) = match line.as_bytes()[start] {
            quote @ (b'"' | b'\'') => {
                let end = line[start + 1..].find(char::from(quote)).map_or(line.len(), |end| start + 1 + end);
                (start + 1..end, (end + 1).min(line.len()))
            }
            _ => {
                let end = line[start..].find(char::is_whitespace).map_or(line.len(), |end| start + end);
                (start..end, end)
            }
        };
        found.push(word);
        at = next;
    }
    found
}

/// Where name and value of `NAME=value` stand in a line, quotes and a final comment left out.
pub(crate) fn assignment(line: &str) -> Option<(Range<usize>, Range<usize>)> {
    let body = line.trim_start().strip_prefix("export ").unwrap_or(line.trim_start());
    let start = line.len() - body.len();
    let equals = body.find('=')?;
    let name = &body[..equals];
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')) {
        return None;
    }
    let value = body[equals + 1..].trim_end();
    let value_start = start + equals + 1;
    let range = match value.as_bytes().first() {
        Some(&quote @ (b'"' | b'\'')) => {
            let length = value[1..].find(char::from(quote)).unwrap_or(value.len() - 1);
            value_start + 1..value_start + 1 + length
        }
        _ => value_start..value_start + value.find([' ', '\t']).unwrap_or(value.len()),
    };
    Some((start..start + equals, range))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::Release;

    #[test]
    fn assignments_are_read_as_a_shell_does() {
        let read = |line: &'static str| assignment(line).map(|(name, value)| (&line[name], &line[value]));
        assert_eq!(read("ES_HEAP_SIZE=8g\n"), Some(("ES_HEAP_SIZE", "8g")));
        assert_eq!(read("ES_JAVA_OPTS=\"-Xms1g -Xmx1g\" # c\n"), Some(("ES_JAVA_OPTS", "-Xms1g -Xmx1g")));
        assert_eq!(read("export A=b c\n"), Some(("A", "b")));
        assert_eq!(read("#ES_HEAP_SIZE=8g\n"), None);
        assert_eq!(read("A=\"\n"), Some(("A", "")));
    }

    #[test]
    fn units_and_their_drop_ins_are_known_by_their_paths() {
        for path in ["elasticsearch.service", "a/opensearch@.service", "etc/elasticsearch.service.d/override.conf"] {
            assert!(is_unit(path), "{path}");
        }
        for path in
            ["kibana.service", "elasticsearch.conf", "kibana.service.d/a.conf", "elasticsearch.service.d/README"]
        {
            assert!(!is_unit(path), "{path}");
        }
        assert!(is_variables("etc/sysconfig/elasticsearch") && !is_variables("etc/elasticsearch"));
    }

    #[test]
    fn a_unit_sets_variables_and_limits() {
        let text = "[Unit]\nEnvironment=NOT=here\n[Service]\n# Environment=A=b\nEnvironment=\"ES_JAVA_OPTS=-Xms4g -Xmx4g\" B=c\\\n  D=e\n\
                    LimitMEMLOCK = 8G:infinity\nLimitNOFILE=65535\n";
        let mut node = Node::new(Carrier::Service, FileId(0), Release::unknown(Flavour::Elasticsearch));
        node.read_unit(FileId(0), text);
        let variables: Vec<(&str, &str)> = node
            .environment
            .iter()
            .map(|variable| (variable.name.value.as_str(), &text[variable.value.as_ref().unwrap().span.range()]))
            .collect();
        assert_eq!(variables, [("ES_JAVA_OPTS", "-Xms4g -Xmx4g"), ("B", "c"), ("D", "e")]);
        assert_eq!(node.jvm[0].options.len(), 2);
        let limit = node.lock_limit.unwrap();
        assert_eq!((limit.value, &text[limit.span.range()]), (LockLimit::Bytes(ByteSize::gib(8)), "8G:infinity"));
    }
}
