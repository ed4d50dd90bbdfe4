//! A value that holds, and where it comes from.

use super::Statement;
use confvet_core::Span;

/// The value of a directive as the server ends up with it: the last statement's, or the default of its version.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setting<'a, T> {
    /// What holds.
    pub value: T,
    /// The statement that says so; `None` for the default.
    pub statement: Option<&'a Statement>,
}

impl<'a, T> Setting<'a, T> {
    /// Was it written, or is it the default?
    pub fn is_explicit(&self) -> bool {
        self.statement.is_some()
    }

    /// Where the value stands, if it was written.
    pub fn span(&self) -> Option<Span> {
        self.statement.map(Statement::value_span)
    }

    /// Another value from the same place.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Setting<'a, U> {
        Setting { value: f(self.value), statement: self.statement }
    }
}
