//! Health checks that ask Patroni's REST API from outside HAProxy: probes of Kubernetes, checks of Consul; and services
//! that select pods by their role.

use crate::rest::{Endpoint, Method};
use compact_str::CompactString;
use confvet_core::{Address, Edit, Span, Spanned, Version};

/// What a probe or a check is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Asker {
    /// `readinessProbe`: traffic goes only to pods that answer.
    Readiness,
    /// `livenessProbe`: a container that does not answer is restarted.
    Liveness,
    /// `startupProbe`: a container that does not answer is restarted.
    Startup,
    /// A check of a service in Consul: only instances that answer are found.
    Service,
}

impl Asker {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Asker::Readiness => "readinessProbe",
            Asker::Liveness => "livenessProbe",
            Asker::Startup => "startupProbe",
            Asker::Service => "check",
        }
    }
}

/// What the traffic of a pool does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// It writes.
    Write,
    /// It only reads.
    Read,
    /// Nothing says.
    Unknown,
}

impl Purpose {
    /// What a name says: `pg-primary` writes, `pg-replicas` reads.
    pub fn of_name(name: &str) -> Self {
        let has = |words: &[&str]| {
            let mut parts = name.split(['-', '_', '.', ' ']);
            parts.any(|part| words.iter().any(|word| part.eq_ignore_ascii_case(word)))
        };
        let both = |first: &str, second: &str| {
            name.to_ascii_lowercase().replace('_', "-").contains(&format!("{first}-{second}"))
        };
        if both("read", "only") {
            Purpose::Read
        } else if both("read", "write") || has(&["primary", "master", "leader", "rw", "write", "writer"]) {
            Purpose::Write
        } else if has(&[
            "replica",
            "replicas",
            "slave",
            "slaves",
            "standby",
            "standbys",
            "secondary",
            "ro",
            "read",
            "reads",
            "reader",
        ]) {
            Purpose::Read
        } else {
            Purpose::Unknown
        }
    }
}

/// One probe or check.
#[derive(Debug, Clone, serde::Serialize)]
pub struct HealthCheck {
    /// The container or service it is for.
    pub name: Spanned<CompactString>,
    /// Who asks.
    pub asker: Asker,
    /// What the traffic behind it does.
    pub purpose: Purpose,
    /// How it asks; `None` for a method Patroni has no answer to.
    #[serde(skip)]
    pub method: Option<Method>,
    /// The path with its query.
    pub path: Spanned<CompactString>,
    /// The address, where one is written.
    pub address: Option<Address>,
    /// The port.
    pub port: Option<u16>,
    /// Does it speak TLS?
    pub tls: bool,
}

impl HealthCheck {
    /// What Patroni understands by its path.
    pub fn endpoint(&self, version: Option<&Version>) -> Endpoint {
        self.method.map_or(Endpoint::Unknown, |method| Endpoint::find(method, &self.path.value, version))
    }

    /// The path without its query, and the query's names and values.
    pub fn query(&self) -> impl Iterator<Item = (&str, &str)> {
        let query = self.path.value.split_once('?').map_or("", |(_, query)| query);
        query.split('&').filter_map(|pair| pair.split_once('='))
    }

    /// The path without its query.
    pub fn bare_path(&self) -> &str {
        self.path.value.split('?').next().unwrap_or_default()
    }

    /// Another path, with the query there is.
    pub(crate) fn replace_path(&self, path: &str) -> Edit {
        Edit::replace(self.path.span.slice(0..self.bare_path().len()), path)
    }

    /// Method and path, for messages.
    pub fn request(&self) -> String {
        let method = self.method.map_or("another method than GET", Method::as_str);
        format!("{method} {}", self.path.value)
    }
}

/// A Kubernetes service that selects pods by their role.
#[derive(Debug, Clone, serde::Serialize)]
pub struct RoleService {
    /// Its name.
    pub name: Spanned<CompactString>,
    /// The label it selects, `role` or `spilo-role`.
    pub label: CompactString,
    /// The value it selects.
    pub role: Spanned<CompactString>,
    /// Where the label stands.
    #[serde(skip)]
    pub label_span: Span,
}
