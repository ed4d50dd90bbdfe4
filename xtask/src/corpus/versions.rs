//! The target versions that a row of a manifest states. Each system's manifest says it in its own words; how is data, in
//! versions.toml.

use super::manifest::{Entry, Truth};
use anyhow::{Context, Result};
use regex::Regex;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How one system's rows state versions; of the patterns of one program the first that matches counts.
#[derive(Debug, Default)]
pub(super) struct Versions {
    patterns: Vec<Pattern>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pattern {
    /// Without it the group `program` names it.
    program: Option<String>,
    /// Only for rows with this verdict.
    when: Option<Word>,
    /// Over the lines `column=cell` of a row. The group `version` is a version, the group `versions` a list of which
    /// the last one counts.
    #[serde(deserialize_with = "read_regex")]
    pattern: Regex,
    /// The version, for patterns that only say that it is this one.
    version: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Accepted,
    Rejected,
}

fn read_regex<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Regex, D::Error> {
    let pattern = String::deserialize(deserializer)?;
    regex::RegexBuilder::new(&pattern).multi_line(true).build().map_err(serde::de::Error::custom)
}

impl Versions {
    pub(super) fn of_system(system: &str) -> Result<Self> {
        let mut all: BTreeMap<String, Vec<Pattern>> =
            toml::from_str(include_str!("versions.toml")).context("in versions.toml")?;
        Ok(Self { patterns: all.remove(system).unwrap_or_default() })
    }

    /// Programs and their versions.
    pub(super) fn of(&self, entry: &Entry) -> BTreeMap<String, String> {
        let word = match entry.truth {
            Truth::Accepted => Word::Accepted,
            Truth::Rejected => Word::Rejected,
        };
        let mut found = BTreeMap::new();
        for pattern in self.patterns.iter().filter(|pattern| pattern.when.is_none_or(|when| when == word)) {
            if let Some((program, version)) = pattern.read(&entry.row) {
                found.entry(program).or_insert(version);
            }
        }
        found
    }
}

impl Pattern {
    fn read(&self, row: &str) -> Option<(String, String)> {
        let captures = self.pattern.captures(row)?;
        let group = |name| captures.name(name).map(|group| group.as_str().to_owned());
        let program = self.program.clone().or_else(|| group("program"))?;
        let last =
            |list: String| list.rsplit(',').map(str::trim).find(|item| starts_with_digit(item)).map(str::to_owned);
        let version = self.version.clone().or_else(|| group("version")).or_else(|| group("versions").and_then(last))?;
        Some((program, version.replace('_', ".")))
    }
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(system: &str, truth: Truth, row: &str) -> Vec<(String, String)> {
        let (path, row) = (String::new(), row.to_owned());
        let refuse_a_part = std::collections::BTreeSet::new();
        let entry = Entry { path, original_name: None, truth, is_cutting: false, row, peer: None, refuse_a_part };
        Versions::of_system(system).unwrap().of(&entry).into_iter().collect()
    }

    #[test]
    fn each_manifest_is_read_in_its_own_words() {
        use Truth::{Accepted, Rejected};
        for (system, truth, row, expected) in [
            (
                "redis",
                Accepted,
                "how_established=accepted by: 6.0.20, 7.2.6, valkey 8.0.1; rejected by: none\ntag=6.0.20\n",
                "redis 6.0.20",
            ),
            (
                "redis",
                Accepted,
                "how_established=accepted by: 6.0.20, 7.2.6, valkey 8.0.1; rejected by: 3.2.13\ntag=\n",
                "redis 7.2.6",
            ),
            (
                "redis",
                Rejected,
                "how_established=x; accepted by: none; rejected by: 2.6.17, 8.0-m01, valkey 8.0.1; e.g. FATAL\ntag=\n",
                "redis 8.0-m01",
            ),
            ("nginx", Accepted, "v1.22.1=ok\nv1.27.3=ok\nv1.31.4=rejected: x\n", "nginx 1.27.3"),
            ("nginx", Rejected, "v1.22.1=rejected: y\nv1.27.3=ok\nv1.31.4=ok\n", "nginx 1.22.1"),
            (
                "haproxy",
                Accepted,
                "how_established=haproxy 3.2.0 -c: exit 0; 2.6.12 refuses it (needs a newer version): target >= 3.2\n",
                "haproxy 3.2",
            ),
            ("haproxy", Accepted, "how_established=haproxy 2.6.12 -c: exit 0\n", "haproxy 2.6.12"),
            ("ipsec", Accepted, "target=libreswan = 5.4\n", "libreswan 5.4"),
            (
                "pgbouncer",
                Rejected,
                "how_established=run: rejected by 1.18.0, 1.25.2, 1.26.1: ERROR x\n",
                "pgbouncer 1.26.1",
            ),
            ("cloudnativepg", Accepted, "how_established=sample of v1.24.0; script\n", "cloudnativepg 1.24.0"),
            (
                "elasticsearch",
                Rejected,
                "how=written by hand; target 6.8; ES 6.8.4 settings code says: x\n",
                "elasticsearch 6.8",
            ),
            (
                "elasticsearch",
                Rejected,
                "how=written by hand; ES 7.17.6 launcher on JDK 17 says: x\n",
                "elasticsearch 7.17.6, java 17",
            ),
        ] {
            let found: Vec<String> = versions(system, truth, row).iter().map(|(p, v)| format!("{p} {v}")).collect();
            assert_eq!(found.join(", "), expected, "{row}");
        }
    }
}
