//! Patroni, read as Patroni reads it: patroni.yml with the dynamic configuration it holds, the pg_hba lists in it,
//! pg_hba.conf, PostgreSQL's parameters, and what the REST API answers.
//!
//! ```
//! let config = confvet_patroni::parse("scope: main\npostgresql: {listen: 10.0.0.1:5432}\n").model;
//! assert_eq!(config.scope().unwrap().value, "main");
//! assert_eq!(config.timing().ttl.value, 30); // the default
//! ```
//!
//! [`Config`] answers for both sides, the dynamic and the local one, and knows which wins: see
//! [`Config::parameter`], [`Config::hba`], [`Config::timing`]. [`rest`] says which member answers a health check.
#![forbid(unsafe_code)]

pub mod address;
pub mod check;
pub mod conf;
mod consul;
mod detect;
mod directory;
mod document;
pub mod environment;
pub mod hba;
mod index;
mod manifest;
mod model;
pub mod parameter;
pub mod rest;
mod rules;
pub mod tables;
pub mod timing;
mod validate;

pub use document::{Document, HbaFile, Manifest};
pub use model::{
    Completion, Config, HbaInEffect, HbaList, Origin, Parameters, ReplicationUser, Setting, Side, SyncMode, UnknownKey,
};
pub use validate::Refusal;

use confvet_core::{Detection, Identity, Input, Parsed, Rule, Set, Span, System, read_alone};

pub(crate) const LOCAL: &str = "patroni-yml";
pub(crate) const DYNAMIC: &str = "patroni-dynamic";
pub(crate) const PG_HBA: &str = "pg-hba";
pub(crate) const POSTGRESQL_CONF: &str = "postgresql-conf";
pub(crate) const ENVIRONMENT: &str = "patroni-env";
pub(crate) const MANIFEST: &str = "patroni-manifest";
pub(crate) const CONSUL: &str = "patroni-consul";

/// Patroni.
#[derive(Debug, Clone, Copy)]
pub struct Patroni;

impl System for Patroni {
    type Model = Document;

    const NAME: &'static str = "patroni";
    const TITLE: &'static str = "Patroni";
    const TARGETS: &'static [&'static str] = &["patroni", "postgresql"];
    const KINDS: &'static [&'static str] = &[LOCAL, DYNAMIC, PG_HBA, POSTGRESQL_CONF, ENVIRONMENT, MANIFEST, CONSUL];

    fn might_be(path: &str) -> bool {
        detect::might_be(path)
    }

    fn detect(path: &str, text: &str) -> Option<Detection> {
        detect::detect(path, text)
    }

    fn parse(input: &Input<'_>) -> Parsed<Document> {
        let (model, files) = match input.kind {
            MANIFEST => (Document::Manifest(Manifest::read(input)), vec![input.file]),
            CONSUL => (Document::Manifest(Manifest::read_consul(input)), vec![input.file]),
            kind => document::read(input, input.text(), kind),
        };
        let secrets = model.parts().iter().flat_map(secrets).collect();
        Parsed { model, files, secrets }
    }

    fn identity(document: &Document) -> Identity {
        document.configs().next().map(Config::identity).unwrap_or_default()
    }

    fn rules() -> &'static [&'static Rule<Document>] {
        rules::FILE_RULES
    }

    fn set_rules() -> &'static [&'static Rule<Set<Document>>] {
        rules::SET_RULES
    }
}

/// Where secrets stand in a document.
fn secrets(document: &Document) -> Vec<Span> {
    match document {
        Document::Config(config) => config.secrets(),
        Document::Hba(file) => file.lines.iter().flat_map(|line| &line.secrets).copied().collect(),
        Document::Environment(environment) => {
            let secret = environment.variables.iter().filter(|variable| variable.is_secret());
            secret.filter_map(|variable| variable.value).filter(|span| !span.is_empty()).collect()
        }
        Document::Conf(_) | Document::Manifest(_) => Vec::new(),
    }
}

/// Reads a patroni.yml by itself, for the newest version.
pub fn parse(text: &str) -> Parsed<Config> {
    let (model, files) = read_alone("patroni.yml", LOCAL, text, |input| Config::read(input, input.text(), false));
    let secrets = model.secrets();
    Parsed { model, files, secrets }
}
