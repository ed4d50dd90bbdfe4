//! Which rules speak, and how loud.

use confvet_core::{Diagnostic, Severity, did_you_mean};
use std::str::FromStr;

/// What a user asks of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Stay quiet.
    Off,
    /// Speak, always with this severity.
    At(Severity),
}

/// A text that names no level or no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LevelError {
    /// No level.
    #[error("`{0}` is no level; expected off, info, warning or error")]
    Level(String),
    /// No rule, and no pattern that matches one.
    #[error("`{name}` is no rule{}", .near.map_or_else(|| "; `confvet rules` lists them".to_owned(), |near| format!("; did you mean `{near}`?")))]
    Rule {
        /// What was given.
        name: String,
        /// A rule with a near name.
        near: Option<&'static str>,
    },
}

impl FromStr for Level {
    type Err = LevelError;
    fn from_str(word: &str) -> Result<Self, LevelError> {
        match word {
            "off" => Ok(Level::Off),
            _ => word.parse().map(Level::At).map_err(|_| LevelError::Level(word.to_owned())),
        }
    }
}

/// A rule's name, a system's name, or a name with `*` in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(String);

impl Pattern {
    /// Refuses a pattern that matches no rule: it would be a typing error that nobody notices.
    pub(crate) fn new(text: &str) -> Result<Self, LevelError> {
        let pattern = Self(text.to_owned());
        let names = || confvet_rules::all().iter().map(|rule| rule.name);
        if names().any(|name| pattern.matches(name)) {
            return Ok(pattern);
        }
        Err(LevelError::Rule { name: text.to_owned(), near: did_you_mean(text, names()) })
    }

    pub(crate) fn matches(&self, rule: &str) -> bool {
        let system = rule.split('/').next().unwrap_or(rule);
        self.0 == rule || self.0 == system || self.0.contains('*') && wildcard_matches(&self.0, rule)
    }

    /// A whole name counts more than a pattern.
    fn is_exact(&self) -> bool {
        self.0.contains('/') && !self.0.contains('*')
    }
}

fn wildcard_matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(last)
}

/// The levels of one confvet.toml, and what `--select` and `--ignore` ask for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Levels {
    set: Vec<(Pattern, Level)>,
    select: Vec<Pattern>,
    ignore: Vec<Pattern>,
}

impl Levels {
    pub(crate) fn set(&mut self, pattern: &str, level: Level) -> Result<(), LevelError> {
        self.set.push((Pattern::new(pattern)?, level));
        Ok(())
    }

    pub(crate) fn select(&mut self, pattern: &str) -> Result<(), LevelError> {
        self.select.push(Pattern::new(pattern)?);
        Ok(())
    }

    pub(crate) fn ignore(&mut self, pattern: &str) -> Result<(), LevelError> {
        self.ignore.push(Pattern::new(pattern)?);
        Ok(())
    }

    /// Takes over what `other` says; `other` wins.
    pub(crate) fn extend(&mut self, other: &Levels) {
        self.set.extend(other.set.iter().cloned());
        self.select.extend(other.select.iter().cloned());
        self.ignore.extend(other.ignore.iter().cloned());
    }

    /// The level asked for: a whole name before a pattern, the last before the first.
    fn level(&self, rule: &str) -> Option<Level> {
        let asked = |exact: bool| {
            let fits = |(pattern, _): &&(Pattern, Level)| pattern.is_exact() == exact && pattern.matches(rule);
            self.set.iter().rev().find(fits).map(|&(_, level)| level)
        };
        asked(true).or_else(|| asked(false))
    }

    /// May the rule speak at all?
    pub(crate) fn is_on(&self, rule: &str) -> bool {
        let selected = self.select.is_empty() || self.select.iter().any(|pattern| pattern.matches(rule));
        let ignored = self.ignore.iter().any(|pattern| pattern.matches(rule));
        let by_default = !confvet_rules::is_off_by_default(rule) || self.names(rule);
        selected && !ignored && by_default && self.level(rule) != Some(Level::Off)
    }

    /// Is the rule asked for by its whole name?
    fn names(&self, rule: &str) -> bool {
        let set = self.set.iter().map(|(pattern, _)| pattern);
        set.chain(&self.select).any(|pattern| pattern.is_exact() && pattern.matches(rule))
    }

    /// Gives the finding the severity that was asked for; `false` when it shall not be shown.
    pub(crate) fn apply(&self, diagnostic: &mut Diagnostic) -> bool {
        if !self.is_on(diagnostic.rule) {
            return false;
        }
        if let Some(Level::At(severity)) = self.level(diagnostic.rule) {
            diagnostic.severity = severity;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_rules_systems_and_wildcards() {
        for (pattern, matches) in [
            ("confvet/unused-allow", true),
            ("confvet", true),
            ("confvet/*", true),
            ("*/unused-*", true),
            ("*", true),
            ("*/unused", false),
        ] {
            assert_eq!(Pattern(pattern.to_owned()).matches("confvet/unused-allow"), matches, "{pattern}");
        }
    }

    #[test]
    fn a_whole_name_counts_more_than_a_pattern() {
        let mut levels = Levels::default();
        levels.set("confvet/unused-allow", Level::At(Severity::Error)).unwrap();
        levels.set("confvet/*", Level::Off).unwrap();
        assert!(levels.is_on("confvet/unused-allow"));
        assert!(!levels.is_on("confvet/not-utf8"));
        levels.ignore("confvet").unwrap();
        assert!(!levels.is_on("confvet/unused-allow"));
    }

    #[test]
    fn a_rule_that_is_off_by_default_speaks_when_it_is_named() {
        let rule = "nginx/try-files-uncached";
        let (mut set, mut selected) = (Levels::default(), Levels::default());
        set.set("nginx/*", Level::At(Severity::Error)).unwrap();
        selected.select("nginx").unwrap();
        for levels in [&Levels::default(), &set, &selected] {
            assert!(!levels.is_on(rule));
        }
        set.set(rule, Level::At(Severity::Info)).unwrap();
        selected.select(rule).unwrap();
        assert!(set.is_on(rule) && selected.is_on(rule));
        set.set(rule, Level::Off).unwrap();
        assert!(!set.is_on(rule));
    }
}
