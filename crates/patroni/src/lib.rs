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
mod detect;
pub mod hba;
mod model;
pub mod parameter;
pub mod rest;
mod rules;
pub mod tables;
pub mod timing;

pub use model::{
    Config, Document, HbaFile, HbaInEffect, HbaList, Origin, ReplicationUser, Setting, Side, SyncMode, UnknownKey,
};

use confvet_core::{Detection, Facts, FileId, Identity, Input, Parsed, Rule, Set, Source, Sources, System, Target};

pub(crate) const LOCAL: &str = "patroni-yml";
pub(crate) const DYNAMIC: &str = "patroni-dynamic";
pub(crate) const PG_HBA: &str = "pg-hba";

/// Patroni.
#[derive(Debug, Clone, Copy)]
pub struct Patroni;

impl System for Patroni {
    type Model = Document;

    const NAME: &'static str = "patroni";
    const TITLE: &'static str = "Patroni";
    const TARGETS: &'static [&'static str] = &["patroni", "postgresql"];
    const KINDS: &'static [&'static str] = &[LOCAL, DYNAMIC, PG_HBA];

    fn might_be(path: &str) -> bool {
        detect::might_be(path)
    }

    fn detect(path: &str, text: &str) -> Option<Detection> {
        detect::detect(path, text)
    }

    fn parse(input: &Input<'_>) -> Parsed<Document> {
        let files = vec![input.file];
        if input.kind == PG_HBA {
            let file = HbaFile::read(input);
            let secrets = file.lines.iter().flat_map(|line| &line.secrets).copied().collect();
            return Parsed { model: Document::Hba(file), files, secrets };
        }
        let config = Config::read(input);
        let secrets = config.secrets();
        Parsed { model: Document::Config(Box::new(config)), files, secrets }
    }

    fn identity(document: &Document) -> Identity {
        match document {
            Document::Config(config) => config.identity(),
            Document::Hba(_) => Identity::default(),
        }
    }

    fn rules() -> &'static [&'static Rule<Document>] {
        rules::FILE_RULES
    }

    fn set_rules() -> &'static [&'static Rule<Set<Document>>] {
        rules::SET_RULES
    }
}

/// Reads a patroni.yml by itself, for the newest version.
pub fn parse(text: &str) -> Parsed<Config> {
    let sources: Sources = [Source::new("patroni.yml", text)].into_iter().collect();
    let (target, facts) = (Target::new(), Facts::new());
    let input = Input { sources: &sources, file: FileId(0), kind: LOCAL, target: &target, facts: &facts };
    let model = Config::read(&input);
    let secrets = model.secrets();
    Parsed { model, files: vec![FileId(0)], secrets }
}
