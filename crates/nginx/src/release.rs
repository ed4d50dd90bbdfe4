//! Which program and which version will read the files.

use crate::keys::TableVersion;
use confvet_core::{Target, Version};
use serde::Serialize;

/// A distribution of nginx.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavor {
    /// The open-source distribution.
    #[default]
    OpenSource,
    /// NGINX Plus.
    Plus,
    /// OpenResty; its version `a.b.c.d` stands on nginx `a.b.c`.
    OpenResty,
    /// Angie.
    Angie,
    /// freenginx.
    Freenginx,
}

/// The distribution and its version, as far as they are known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Release {
    /// The distribution; open source unless the target says otherwise.
    pub flavor: Flavor,
    /// The version of nginx it stands on. `None`: not known, or (Plus, Angie) not comparable.
    pub version: Option<Version>,
    /// The target names a distribution or a version at all.
    pub known: bool,
}

/// The programs a target may name. The first is nginx itself.
pub const TARGETS: &[&str] = &["nginx", "openresty", "nginx_plus", "angie", "freenginx"];

impl Release {
    /// What the target says.
    pub fn new(target: &Target) -> Self {
        let of = |program| target.version(program).cloned();
        let (flavor, version) = match (of("nginx"), of("openresty"), of("freenginx")) {
            (Some(version), _, _) => (Flavor::OpenSource, Some(version)),
            (None, Some(version), _) => (Flavor::OpenResty, Some(version)),
            (None, None, Some(version)) => (Flavor::Freenginx, Some(version)),
            (None, None, None) if of("nginx_plus").is_some() => return Self::modern(Flavor::Plus),
            (None, None, None) => match of("angie") {
                Some(_) => return Self::modern(Flavor::Angie),
                None => return Self::default(),
            },
        };
        Self { flavor, version, known: true }
    }

    fn modern(flavor: Flavor) -> Self {
        Self { flavor, version: None, known: true }
    }

    /// Is the version known, and at least this?
    pub fn is_at_least(&self, version: TableVersion) -> bool {
        self.compare(version).is_some_and(std::cmp::Ordering::is_ge)
    }

    /// Is the version known, and older than this?
    pub fn is_before(&self, version: TableVersion) -> bool {
        self.compare(version).is_some_and(std::cmp::Ordering::is_lt)
    }

    fn compare(&self, (major, minor, patch): TableVersion) -> Option<std::cmp::Ordering> {
        let version = self.version.as_ref()?;
        Some((version.major, version.minor, version.patch).cmp(&(major.into(), minor.into(), patch.into())))
    }

    /// Can it certainly resolve the servers of an upstream again at run time (`server … resolve`)?
    pub fn has_resolve(&self) -> bool {
        matches!(self.flavor, Flavor::Plus | Flavor::Angie) || self.is_at_least((1, 27, 3))
    }

    /// The version as text; empty when it is not known.
    pub fn version_text(&self) -> String {
        self.version.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}

/// A version of the table as people write it.
pub(crate) fn display((major, minor, patch): TableVersion) -> String {
    format!("{major}.{minor}.{patch}")
}
