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
    // Each mark holds one of these, and most texts hold none.
    memchr::memchr3(b'{', b'<', b'@', text.as_bytes()).is_some()
        && ["{{", "{%", "${", "<%", "@@"].iter().any(|mark| text.contains(mark))
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
