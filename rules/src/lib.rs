//! The pages of confvet's rules.
//!
//! A page is one Markdown file, `rules/<system>/<name>.md`. It is the rule's metadata, its help text and its test. The
//! table is made at build time; nothing is parsed at start-up.
//!
//! ```
//! let rule = confvet_rules::find("confvet/unused-allow").unwrap();
//! assert_eq!(rule.severity, confvet_core::Severity::Warning);
//! ```
#![forbid(unsafe_code)]

#[cfg(feature = "text")]
mod page;

#[cfg(feature = "text")]
pub use page::{Example, ExampleFile, Expectation, Page, PageError, Role};

use confvet_core::{Category, RuleInfo, Safety, Severity};

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// All rules, sorted by name.
pub fn all() -> &'static [RuleInfo] {
    RULES
}

/// The rule with this name.
pub fn find(name: &str) -> Option<&'static RuleInfo> {
    index(name).map(|index| &RULES[index])
}

/// Does the rule speak only when it is asked for by its whole name (`default: off` on its page)?
pub fn is_off_by_default(name: &str) -> bool {
    OFF.binary_search(&name).is_ok()
}

/// The page of a rule.
#[cfg(feature = "text")]
pub fn page(name: &str) -> Option<Page> {
    index(name).map(|index| Page::new(&RULES[index], TEXTS[index]))
}

fn index(name: &str) -> Option<usize> {
    RULES.binary_search_by(|rule| rule.name.cmp(name)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(RULES.is_sorted_by(|a, b| a.name < b.name));
    }
}
