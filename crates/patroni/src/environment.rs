//! `PATRONI_…` variables: in files of lines, in Compose services, in containers of Kubernetes.

use crate::model::Override;
use crate::tables;
use compact_str::CompactString;
use confvet_core::{Input, Span, Spanned, Version};

/// A block of variables.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Environment {
    /// Those whose name starts with `PATRONI_`, in order. Values are left out: many are secrets.
    pub variables: Vec<Variable>,
    /// Patroni's version, if it is known.
    #[serde(skip)]
    pub patroni: Option<Version>,
}

/// One variable.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Variable {
    /// Its name.
    pub name: Spanned<CompactString>,
    /// Where its value stands; `None` where it comes from elsewhere.
    #[serde(skip)]
    pub value: Option<Span>,
}

/// What Patroni makes of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// It sets a key.
    Known,
    /// Named in documents or by analogy, and never read.
    Ignored,
    /// `PATRONI_<user>_PASSWORD` or `_OPTIONS`: a user to create, before Patroni 4.0.0.
    User,
    /// Nothing.
    Unknown,
}

impl Variable {
    /// What Patroni makes of it.
    pub fn reading(&self) -> Reading {
        let name = self.name.value.as_str();
        let find = |list: &[tables::Variable]| list.binary_search_by_key(&name, |variable| variable.name).is_ok();
        if find(&tables::VARIABLES) {
            Reading::Known
        } else if find(&tables::IGNORED_VARIABLES) {
            Reading::Ignored
        } else if name.ends_with("_PASSWORD") || name.ends_with("_OPTIONS") {
            Reading::User
        } else {
            Reading::Unknown
        }
    }

    /// Does its value have to stay secret?
    pub fn is_secret(&self) -> bool {
        ["PASSWORD", "TOKEN", "PASSPHRASE", "AUTH_DATA"].iter().any(|word| self.name.value.contains(word))
    }
}

impl Environment {
    /// Lines of `NAME=value`, with `export` in front or not.
    pub(crate) fn read(input: &Input<'_>, text: &str) -> Self {
        let mut variables = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let body = line.trim_end_matches(['\n', '\r']);
            let trimmed = body.trim_start();
            let assignment = trimmed.strip_prefix("export ").map_or(trimmed, str::trim_start);
            let at = start + body.len() - assignment.len();
            start += line.len();
            let Some((name, value)) = assignment.split_once('=') else { continue };
            if !name.starts_with("PATRONI_") || !is_name(name) {
                continue;
            }
            let from = at + name.len() + 1;
            variables.push(Variable {
                name: Spanned::new(name.into(), Span::new(input.file, at..at + name.len())),
                value: Some(Span::new(input.file, from..from + value.len())),
            });
        }
        Self { variables, patroni: input.target.version("patroni").cloned() }
    }

    /// The keys of patroni.yml that the variables override, and with what, where the value is plain.
    pub(crate) fn overrides<'a>(&self, text: &'a str) -> impl Iterator<Item = Override<'a>> {
        let value = |variable: &Variable| plain(text.get(variable.value?.range())?);
        let with = move |variable: &Variable| Some((tables::key_of_variable(&variable.name.value)?, value(variable)));
        self.variables.iter().filter_map(with)
    }

    /// Is the variable set?
    pub fn has(&self, name: &str) -> bool {
        self.variables.iter().any(|variable| variable.name.value == name)
    }
}

/// The variables of Patroni's that lines set, with what they are set to.
fn assignments(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = text.lines().map(str::trim_start).filter_map(|line| line.split_once('='));
    lines
        .map(|(name, value)| (name.strip_prefix("export ").map_or(name, str::trim_start), value))
        .filter(|(name, _)| name.starts_with("PATRONI_") && is_name(name))
}

/// How many lines set a variable of Patroni's.
pub(crate) fn count(text: &str) -> usize {
    assignments(text).count()
}

/// The keys of patroni.yml that lines of `NAME=value` override, and with what, where the value is plain.
pub(crate) fn overrides(text: &str) -> impl Iterator<Item = Override<'_>> {
    assignments(text).filter_map(|(name, value)| Some((tables::key_of_variable(name)?, plain(value))))
}

/// A value without anything that a shell or a reader of such files may see in another way.
fn plain(value: &str) -> Option<&str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:,@".contains(&byte);
    let value = value.trim_end();
    value.bytes().all(is_plain).then_some(value)
}

/// Is it the name of a variable of Patroni's?
pub(crate) fn is_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
