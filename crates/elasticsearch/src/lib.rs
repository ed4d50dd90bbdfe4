//! Elasticsearch and OpenSearch: `elasticsearch.yml` from 1.x to 9.x, `jvm.options` and its directory, what surrounds
//! them on a host (`unicast_hosts.txt`, units of systemd, the packages' shell variables), docker-compose services, Helm
//! values and manifests of Kubernetes, read the way the program of each version reads them.
//!
//! ```
//! let text = "cluster.name: orders\nnode: {name: orders-1, master: false}\n";
//! let model = confvet_elasticsearch::parse(text).model;
//! let node = &model.nodes[0];
//! assert_eq!(node.cluster_name(), Some("orders"));
//! assert_eq!(node.is_master_eligible(), Some(false));
//! ```
#![forbid(unsafe_code)]

mod cluster;
mod compose;
mod detect;
mod eck;
mod edits;
pub mod flags;
mod helm;
mod holes;
pub mod jvm;
pub mod keys;
mod kubernetes;
mod model;
mod node;
mod presence;
mod properties;
mod release;
mod rules;
pub mod seeds;
mod service;
pub mod settings;
pub mod values;

pub use model::{Elasticsearch, kind};
pub use node::{Binding, Carrier, Container, LockLimit, Node, Publication, Seed, Server, Variable};
pub use release::{Basis, Flavour, Release};

use confvet_core::{Detection, Identity, Input, Parsed, Rule, Set, System, read_alone};

/// Elasticsearch and OpenSearch.
#[derive(Debug, Clone, Copy)]
pub struct ElasticsearchSystem;

impl System for ElasticsearchSystem {
    type Model = Elasticsearch;

    const NAME: &'static str = "elasticsearch";
    const TITLE: &'static str = "Elasticsearch";
    const TARGETS: &'static [&'static str] = &["elasticsearch", "opensearch"];
    const KINDS: &'static [&'static str] = kind::ALL;

    fn might_be(path: &str) -> bool {
        detect::might_be(path)
    }

    fn detect(path: &str, text: &str) -> Option<Detection> {
        detect::detect(path, text)
    }

    fn parse(input: &Input<'_>) -> Parsed<Elasticsearch> {
        model::parse(input)
    }

    fn identity(model: &Elasticsearch) -> Identity {
        model.identity()
    }

    fn rules() -> &'static [&'static Rule<Elasticsearch>] {
        rules::FILE_RULES
    }

    fn set_rules() -> &'static [&'static Rule<Set<Elasticsearch>>] {
        rules::SET_RULES
    }
}

/// Reads the text of one `elasticsearch.yml`, for no version in particular.
pub fn parse(text: &str) -> Parsed<Elasticsearch> {
    read_alone("elasticsearch.yml", kind::SETTINGS, text, model::parse)
}
