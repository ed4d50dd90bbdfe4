//! `elasticsearch.properties`, which 1.x and 2.x read: Java's properties, `key=value` or `key: value` a line.

use crate::settings::Scalar;
use compact_str::CompactString;
use confvet_core::{FileId, Span};

/// Keys with their places, and values. A line that ends with a backslash goes on; its value is then not exact.
pub(crate) fn read(file: FileId, text: &str) -> Vec<(CompactString, Span, Scalar)> {
    let mut entries: Vec<(CompactString, Span, Scalar)> = Vec::new();
    let mut continues = false;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches(['\r', '\n']);
        let goes_on = (body.len() - body.trim_end_matches('\\').len()) % 2 == 1;
        let written = body.strip_suffix('\\').filter(|_| goes_on).unwrap_or(body);
        let lead = written.len() - written.trim_start().len();
        let span = |from: usize, to: usize| Span::new(file, start + from..start + to);
        if continues {
            if let Some((_, _, value)) = entries.last_mut() {
                value.text.push_str(&written[lead..]);
                value.span = value.span.to(span(lead, written.len()));
                value.content = value.span;
            }
        } else if !written[lead..].is_empty() && !written[lead..].starts_with(['#', '!']) {
            let end = written[lead..].find(['=', ':', ' ', '\t']).map_or(written.len(), |at| lead + at);
            let rest = written[end..].trim_start();
            let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start();
            let place = span(written.len() - value.len(), written.len());
            let scalar = Scalar { text: value.into(), span: place, content: place, quoted: true };
            entries.push((written[lead..end].into(), span(lead, end), scalar));
        }
        continues = goes_on && !entries.is_empty();
        start += line.len();
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_read_as_java_does() {
        let text = "# a comment\n! another\ncluster.name=shop\n  node.name : a b\ndiscovery.zen.ping.unicast.hosts = \\\n  h1,\\\n  h2\n\nflag\n";
        let entries = read(FileId(0), text);
        let found: Vec<(&str, &str)> =
            entries.iter().map(|(key, _, value)| (key.as_str(), value.text.as_str())).collect();
        let expected = [
            ("cluster.name", "shop"),
            ("node.name", "a b"),
            ("discovery.zen.ping.unicast.hosts", "h1,h2"),
            ("flag", ""),
        ];
        assert_eq!(found, expected);
        for (key, span, value) in &entries[..2] {
            assert_eq!(&text[span.range()], key.as_str());
            assert_eq!(&text[value.content.range()], value.text.as_str());
        }
    }
}
