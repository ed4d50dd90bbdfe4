//! Patterns that are read once, however often they are written.

use super::regex::{Dialect, Pattern, PatternError};
use confvet_core::Map;
use std::sync::Arc;

/// Patterns by their text: a configuration repeats few of them many times.
pub(crate) struct Patterns {
    dialect: Dialect,
    known: Map<String, Result<Arc<Pattern>, PatternError>>,
}

impl Patterns {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self { dialect, known: Map::new() }
    }

    pub(crate) fn read(&mut self, text: &str) -> Result<Arc<Pattern>, PatternError> {
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        let read = Pattern::with_dialect(text, self.dialect).map(Arc::new);
        self.known.insert(text.to_owned(), read.clone());
        read
    }
}
