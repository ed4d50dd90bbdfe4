//! The versions of the programs that will read the files.

use crate::Map;
use crate::suggest::did_you_mean;
use semver::{Version, VersionReq};

/// A text that is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no version; write for example `7.2` or `1.27.3`")]
pub struct VersionError(String);

/// Why a target cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// No system of confvet runs on that program.
    #[error("`{name}` is no target{}; known are {}", hint(.did_you_mean.as_deref()), .known.join(", "))]
    UnknownProgram {
        /// The name given.
        name: String,
        /// A near name.
        did_you_mean: Option<String>,
        /// All names.
        known: Vec<&'static str>,
    },
    /// The version cannot be read.
    #[error("target `{name}`: {source}")]
    Version {
        /// The program.
        name: String,
        /// Why.
        source: VersionError,
    },
}

fn hint(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// Reads a version as people write them: `6.8` is 6.8.0, `v1.2.3` is 1.2.3, and what follows the numbers
/// (`-rc1`, `-alpine`, `+ds`) is left out.
///
/// # Errors
/// If it does not start with a number, or has more than four numbers.
///
/// ```
/// assert_eq!(confvet_core::parse_version("6.8").unwrap().to_string(), "6.8.0");
/// ```
pub fn parse_version(text: &str) -> Result<Version, VersionError> {
    let error = || VersionError(text.to_owned());
    let trimmed = text.trim();
    let digits = trimmed.strip_prefix(['v', 'V']).unwrap_or(trimmed);
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
    if digits[end..].starts_with(|c: char| !matches!(c, '-' | '+' | '~' | ' ' | 'a'..='z')) {
        return Err(error());
    }
    let mut numbers = [0_u64; 4];
    for (index, part) in digits[..end].split('.').enumerate() {
        *numbers.get_mut(index).ok_or_else(error)? = part.parse().map_err(|_| error())?;
    }
    Ok(Version::new(numbers[0], numbers[1], numbers[2]))
}

/// The known versions, by program (`nginx`, `redis`, `valkey`, `java`, …).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Target {
    versions: Map<String, Version>,
}

impl Target {
    /// Nothing known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a program's version.
    ///
    /// # Errors
    /// If `program` is not among `known`, or the version cannot be read.
    pub fn set(&mut self, program: &str, version: &str, known: &[&'static str]) -> Result<(), TargetError> {
        if !known.contains(&program) {
            return Err(TargetError::UnknownProgram {
                name: program.to_owned(),
                did_you_mean: did_you_mean(program, known.iter().copied()).map(str::to_owned),
                known: known.to_vec(),
            });
        }
        let version =
            parse_version(version).map_err(|source| TargetError::Version { name: program.to_owned(), source })?;
        self.insert(program, version);
        Ok(())
    }

    /// Sets a version that is already one.
    pub fn insert(&mut self, program: &str, version: Version) {
        self.versions.insert(program.to_owned(), version);
    }

    /// The version of a program.
    pub fn version(&self, program: &str) -> Option<&Version> {
        self.versions.get(program)
    }

    /// Is the program's version within the requirement (`>=7.0`)? `None` when it is not known.
    pub fn satisfies(&self, program: &str, requirement: &VersionReq) -> Option<bool> {
        self.version(program).map(|version| requirement.matches(version))
    }

    /// All known versions, by program.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Version)> {
        self.versions.iter().map(|(program, version)| (program.as_str(), version))
    }

    /// Takes over what `other` knows; `other` wins.
    pub fn extend(&mut self, other: &Target) {
        self.versions.extend(other.versions.iter().map(|(program, version)| (program.clone(), version.clone())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_read_as_people_write_them() {
        for (text, version) in [
            ("6.8", "6.8.0"),
            ("7", "7.0.0"),
            ("v2.45.1", "2.45.1"),
            ("8.0-m01", "8.0.0"),
            ("15.4-alpine", "15.4.0"),
            ("9.18p1", "9.18.0"),
        ] {
            assert_eq!(parse_version(text).unwrap().to_string(), version, "{text}");
        }
        for text in ["", "latest", "1.2.3.4.5", "1,2", "-1"] {
            assert!(parse_version(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_unknown_program_is_an_error_with_a_suggestion() {
        let error = Target::new().set("nginz", "1.27", &["nginx", "redis"]).unwrap_err();
        assert_eq!(error.to_string(), "`nginz` is no target; did you mean `nginx`?; known are nginx, redis");
    }
}
