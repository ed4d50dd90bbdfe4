//! Text to trees, one module a grammar. Total: any text gives a tree and a list of problems.

pub mod conf;
pub mod secrets;
pub mod settings;
pub mod sysctl;

use confvet_core::{FileId, Input, Sources};

/// Files deeper than this below the root are not read: libreswan's own limit.
pub(crate) const MAX_INCLUDE_DEPTH: usize = 10;

/// Does the text hold something that a template engine will fill in?
pub(crate) fn has_hole(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr3_iter(b'{', b'<', b'@', bytes).any(|at| match (bytes[at], bytes.get(at + 1)) {
        (b'{', Some(b'{' | b'%')) | (b'<', Some(b'%')) | (b'@', Some(b'@')) => true,
        (b'{', _) => at > 0 && bytes[at - 1] == b'$',
        _ => false,
    })
}

/// The files an `include` names, among those of the run.
pub(crate) fn included(sources: &Sources, from: FileId, pattern: &str) -> Vec<FileId> {
    let pattern = pattern.trim_matches('"');
    if pattern.contains(['*', '?', '[']) {
        return sources.glob(from, pattern);
    }
    sources.find(from, pattern).into_iter().collect()
}

/// A file that stands beside the root, if it is among those of the run.
pub(crate) fn beside(input: &Input<'_>, name: &str) -> Option<FileId> {
    let path = confvet_core::source::join(confvet_core::source::parent(input.source().path()), name);
    input.sources.by_path(&path)
}

#[cfg(test)]
mod tests {
    use super::has_hole;

    #[test]
    fn holes_are_told_from_braces_and_ids() {
        for text in ["{{ left }}", "x{% if %}", "${LEFT}", "a${b}", "<%= left %>", "@@LEFT@@"] {
            assert!(has_hole(text), "{text}");
        }
        for text in ["@gw.example", "a@b", "{10.0.0.0/8}", "<left>", "$left", "{", "@", "%any"] {
            assert!(!has_hole(text), "{text}");
        }
    }
}
