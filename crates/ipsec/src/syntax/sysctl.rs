//! `sysctl.conf`: the lines that decide whether a gateway forwards.

use compact_str::CompactString;
use confvet_core::{FileId, Sources, Span};
use serde::Serialize;

/// A setting of the kernel, in force or commented out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SysctlLine {
    /// The key with dots.
    pub key: CompactString,
    /// The value.
    pub value: CompactString,
    /// A comment stands before it.
    pub commented: bool,
    /// The line, from the key (or the comment sign) to the end of the value.
    #[serde(skip)]
    pub span: Span,
    /// The comment sign with the blanks behind it; empty when in force.
    #[serde(skip)]
    pub comment: Span,
    /// The value's place.
    #[serde(skip)]
    pub value_span: Span,
}

/// Reads all `net.…` lines of a file.
pub fn parse(sources: &Sources, file: FileId) -> Vec<SysctlLine> {
    let text = sources.get(file).text();
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        lines.extend(read_line(file, start, line.trim_end()));
        start += line.len();
    }
    lines
}

fn read_line(file: FileId, start: usize, line: &str) -> Option<SysctlLine> {
    let body = line.trim_start();
    let first = line.len() - body.len();
    let setting = body.trim_start_matches(['#', ';']).trim_start();
    let commented = setting.len() < body.len() && body.starts_with(['#', ';']);
    let at = line.len() - setting.len();
    let setting = setting.strip_prefix('-').unwrap_or(setting);
    let (key, value) = setting.split_once('=')?;
    let key = key.trim();
    if !(key.starts_with("net.") || key.starts_with("net/")) || key.contains([' ', '\t']) {
        return None;
    }
    let value = value.trim();
    let span = |from: usize, to: usize| Span::new(file, start + from..start + to);
    Some(SysctlLine {
        key: key.replace('/', ".").into(),
        value: value.into(),
        commented,
        span: span(first, line.len()),
        comment: span(first, at),
        value_span: span(line.len() - value.len(), line.len()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use confvet_core::Source;

    #[test]
    fn both_separators_comments_and_the_dash_are_read() {
        let text =
            "# hello\n#net.ipv4.ip_forward=1\n  net/ipv4/ip_forward = 1\n-net.ipv4.conf.all.rp_filter=2\nvm.x=1\n";
        let sources: Sources = [Source::new("sysctl.conf", text)].into_iter().collect();
        let lines = parse(&sources, FileId(0));
        let read: Vec<_> = lines.iter().map(|line| (line.key.as_str(), line.value.as_str(), line.commented)).collect();
        assert_eq!(
            read,
            [
                ("net.ipv4.ip_forward", "1", true),
                ("net.ipv4.ip_forward", "1", false),
                ("net.ipv4.conf.all.rp_filter", "2", false)
            ]
        );
        assert_eq!(sources.text(lines[0].comment), "#");
        assert_eq!(sources.text(lines[1].value_span), "1");
    }
}
