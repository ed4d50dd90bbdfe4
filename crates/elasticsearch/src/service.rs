//! `/etc/default/elasticsearch` and `/etc/sysconfig/elasticsearch`: shell variables of the packages.

use crate::compose::is_java_opts;
use crate::jvm::JvmFile;
use crate::model::{Reader, release_of};
use crate::node::{Carrier, Node, Variable};
use crate::release::Flavour;
use crate::settings::Scalar;
use confvet_core::{Span, Spanned};
use std::sync::Arc;

/// Reads the file that the reader started from.
pub(crate) fn read(reader: &Reader<'_>) -> Vec<Node> {
    let file = reader.input.file;
    let release = release_of(reader.input.target, &[], Flavour::Elasticsearch, None);
    let mut node = Node::new(Carrier::Defaults, file, release);
    let mut start = 0;
    for line in reader.input.text().split_inclusive('\n') {
        if let Some((name, value)) = assignment(line) {
            let span = |range: std::ops::Range<usize>| Span::new(file, start + range.start..start + range.end);
            let value_span = span(value.clone());
            let scalar = Scalar { text: line[value].into(), span: value_span, content: value_span, quoted: true };
            if is_java_opts(&line[name.clone()]) {
                node.jvm.push(Arc::new(JvmFile::of_words(&scalar.text, scalar.content)));
            }
            let name = Spanned::new(line[name.clone()].to_owned(), span(name));
            node.environment.push(Variable { name, value: Some(scalar) });
        }
        start += line.len();
    }
    vec![node]
}

/// Where name and value of `NAME=value` stand in a line, quotes and a final comment left out.
fn assignment(line: &str) -> Option<(std::ops::Range<usize>, std::ops::Range<usize>)> {
    let body = line.trim_start().strip_prefix("export ").unwrap_or(line.trim_start());
    let start = line.len() - body.len();
    let equals = body.find('=')?;
    let name = &body[..equals];
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
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

    #[test]
    fn assignments_are_read_as_a_shell_does() {
        let read = |line: &'static str| assignment(line).map(|(name, value)| (&line[name], &line[value]));
        assert_eq!(read("ES_HEAP_SIZE=8g\n"), Some(("ES_HEAP_SIZE", "8g")));
        assert_eq!(read("ES_JAVA_OPTS=\"-Xms1g -Xmx1g\" # c\n"), Some(("ES_JAVA_OPTS", "-Xms1g -Xmx1g")));
        assert_eq!(read("export A=b c\n"), Some(("A", "b")));
        assert_eq!(read("#ES_HEAP_SIZE=8g\n"), None);
        assert_eq!(read("A=\"\n"), Some(("A", "")));
    }
}
