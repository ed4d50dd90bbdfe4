//! Which program and which version a node runs, as far as it is known.

use crate::keys::VersionTriple;
use confvet_core::{Severity, Target, Version};
use serde::Serialize;
use std::fmt;

/// The program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// Elasticsearch.
    Elasticsearch,
    /// OpenSearch, forked from Elasticsearch 7.10.2.
    OpenSearch,
}

/// How the version is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// A target, an image tag or `spec.version` says so.
    Stated,
    /// The keys of the file exist only in these versions.
    Inferred,
    /// Not at all.
    Unknown,
}

/// The program and the range of versions it may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Release {
    /// The program.
    pub flavour: Flavour,
    /// How the version is known.
    pub basis: Basis,
    /// The version in the program's own counting, when it is stated.
    #[serde(serialize_with = "as_text")]
    pub version: Option<Version>,
    /// Is it the distribution without X-Pack, as images and packages with `-oss` in their names are (up to 7.10)?
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub oss: bool,
    /// The first and the first impossible version, in Elasticsearch's counting.
    #[serde(skip)]
    range: (VersionTriple, VersionTriple),
}

fn as_text<S: serde::Serializer>(version: &Option<Version>, serializer: S) -> Result<S::Ok, S::Error> {
    version.as_ref().map(ToString::to_string).serialize(serializer)
}

const FIRST: VersionTriple = (0, 0, 0);
const NEVER: VersionTriple = (u16::MAX, 0, 0);

impl Release {
    /// Nothing is known.
    pub fn unknown(flavour: Flavour) -> Self {
        match flavour {
            Flavour::Elasticsearch => {
                Self { flavour, basis: Basis::Unknown, version: None, oss: false, range: (FIRST, NEVER) }
            }
            Flavour::OpenSearch => {
                Self { flavour, basis: Basis::Unknown, version: None, oss: false, range: ((7, 10, 2), (7, 10, 3)) }
            }
        }
    }

    /// A version that somebody states. OpenSearch counts as Elasticsearch 7.10.2, from which it was forked.
    pub fn stated(flavour: Flavour, version: Version) -> Self {
        let clamp = |number: u64| u16::try_from(number).unwrap_or(u16::MAX - 1);
        let this = (clamp(version.major), clamp(version.minor), clamp(version.patch));
        let range = match flavour {
            Flavour::Elasticsearch => (this, (this.0, this.1, this.2.saturating_add(1))),
            Flavour::OpenSearch => ((7, 10, 2), (7, 10, 3)),
        };
        Self { flavour, basis: Basis::Stated, version: Some(version), oss: false, range }
    }

    /// A range of Elasticsearch versions that the keys of a file betray: from the first to the first impossible one.
    pub fn inferred(from: Option<VersionTriple>, before: Option<VersionTriple>) -> Self {
        let range = (from.unwrap_or(FIRST), before.unwrap_or(NEVER));
        Self { flavour: Flavour::Elasticsearch, basis: Basis::Inferred, version: None, oss: false, range }
    }

    /// What the target says, if it says anything about either program. A file that is plainly OpenSearch's asks for
    /// OpenSearch first.
    pub fn of_target(target: &Target, hint: Flavour) -> Option<Self> {
        let elasticsearch = || target.version("elasticsearch").map(|v| Self::stated(Flavour::Elasticsearch, v.clone()));
        let opensearch = || target.version("opensearch").map(|v| Self::stated(Flavour::OpenSearch, v.clone()));
        match hint {
            Flavour::Elasticsearch => elasticsearch().or_else(opensearch),
            Flavour::OpenSearch => opensearch().or_else(elasticsearch),
        }
    }

    /// Is the version certain?
    pub fn is_stated(&self) -> bool {
        self.basis == Basis::Stated
    }

    /// Is nothing known?
    pub fn is_unknown(&self) -> bool {
        self.basis == Basis::Unknown
    }

    /// Is it OpenSearch?
    pub fn is_opensearch(&self) -> bool {
        self.flavour == Flavour::OpenSearch
    }

    /// Is the version before `bound`? `None` when it may be either.
    pub fn before(&self, bound: VersionTriple) -> Option<bool> {
        let (first, impossible) = self.range;
        if impossible <= bound {
            Some(true)
        } else if first >= bound {
            Some(false)
        } else {
            None
        }
    }

    /// Is it certainly, or by inference, before `major.minor`?
    pub fn is_before(&self, major: u16, minor: u16) -> bool {
        self.before((major, minor, 0)) == Some(true)
    }

    /// Is it certainly, or by inference, `major.minor` or later?
    pub fn is_from(&self, major: u16, minor: u16) -> bool {
        self.before((major, minor, 0)) == Some(false)
    }

    /// May it be before `major.minor`?
    pub fn may_be_before(&self, major: u16, minor: u16) -> bool {
        !self.is_from(major, minor)
    }

    /// May it be `major.minor` or later?
    pub fn may_be_from(&self, major: u16, minor: u16) -> bool {
        !self.is_before(major, minor)
    }

    /// Does every version that is in use and possible refuse what `major.minor` was the first to refuse? Versions before
    /// 5.0 checked next to nothing; they count only when they are stated or inferred.
    pub fn refuses_since(&self, major: u16, minor: u16) -> bool {
        self.is_from(major, minor) || (major <= 5 && self.may_be_from(5, 0))
    }

    /// The severity of what is an error in a version: a mere warning when the version is only inferred.
    pub fn temper(&self, severity: Severity) -> Severity {
        if self.basis == Basis::Inferred { severity.min(Severity::Warning) } else { severity }
    }

    /// The major version, if all that is possible share it.
    pub fn major(&self) -> Option<u64> {
        let (first, impossible) = self.range;
        (impossible <= (first.0.saturating_add(1), 0, 0)).then_some(u64::from(first.0))
    }

    /// The JDKs that the program can run on, when nobody states one: from 8.0 on only some are supported. Empty when too
    /// many are possible.
    pub fn jdks(&self) -> &'static [u16] {
        if self.is_opensearch() || !self.is_stated() {
            &[]
        } else if self.is_from(9, 0) {
            &[21, 25]
        } else if self.is_from(8, 0) {
            &[17, 21]
        } else {
            &[]
        }
    }
}

/// `Elasticsearch 6.8.23`, `OpenSearch 2.11.0`; without a version the name alone.
impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.flavour {
            Flavour::Elasticsearch => "Elasticsearch",
            Flavour::OpenSearch => "OpenSearch",
        })?;
        match &self.version {
            Some(version) if version.patch == 0 => write!(f, " {}.{}", version.major, version.minor),
            Some(version) => write!(f, " {version}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_answer_only_what_they_know() {
        let unknown = Release::unknown(Flavour::Elasticsearch);
        assert_eq!(unknown.before((7, 0, 0)), None);
        assert!(!unknown.is_before(7, 0) && !unknown.is_from(7, 0) && unknown.may_be_before(7, 0));
        let old = Release::inferred(None, Some((7, 0, 0)));
        assert!(old.is_before(7, 0) && old.is_before(8, 0) && !old.is_from(5, 0) && old.may_be_from(5, 0));
        let stated = Release::stated(Flavour::Elasticsearch, Version::new(6, 8, 23));
        assert!(stated.is_from(6, 8) && stated.is_before(6, 9));
        assert_eq!(stated.major(), Some(6));
        assert_eq!(stated.to_string(), "Elasticsearch 6.8.23");
        assert_eq!(Release::stated(Flavour::Elasticsearch, Version::new(8, 0, 0)).jdks(), [17, 21]);
        let fork = Release::stated(Flavour::OpenSearch, Version::new(2, 11, 0));
        assert!(fork.is_from(7, 10) && fork.is_before(7, 11) && fork.jdks().is_empty());
    }
}
