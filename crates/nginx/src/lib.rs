//! nginx as nginx reads it: its tokenizer, includes put where they are included, every directive with its context, and
//! on top of that upstreams, servers, passes, resolvers and variables as typed values. The rules stand on these.
//!
//! ```
//! let parsed = confvet_nginx::parse("events {}\nhttp { upstream app { server 10.0.0.5:8080; } }\n");
//! let app = &parsed.model.upstreams()[0];
//! assert_eq!(app.name.value, "app");
//! assert_eq!(app.servers[0].endpoint.port, Some(8080));
//! ```
#![forbid(unsafe_code)]

mod context;
mod detect;
pub mod keys;
mod layout;
mod lua;
mod model;
pub mod pcre;
mod release;
mod rules;
pub mod syntax;
pub mod template;
pub mod value;

pub use context::{Context, Contexts, Protocol};
pub use model::*;
pub use release::{Flavor, Release, TARGETS};

use confvet_core::{Detection, Identity, Input, Parsed, Rule, System, read_alone};

/// nginx.
#[derive(Debug, Clone, Copy)]
pub struct NginxSystem;

impl System for NginxSystem {
    type Model = Nginx;

    const NAME: &'static str = "nginx";
    const TITLE: &'static str = "nginx";
    const TARGETS: &'static [&'static str] = TARGETS;
    const KINDS: &'static [&'static str] = &[detect::KIND];

    fn might_be(path: &str) -> bool {
        detect::might_be(path)
    }

    fn detect(path: &str, text: &str) -> Option<Detection> {
        detect::detect(path, text)
    }

    fn parse(input: &Input<'_>) -> Parsed<Nginx> {
        Nginx::read(input)
    }

    fn identity(model: &Nginx) -> Identity {
        model.identity()
    }

    fn rules() -> &'static [&'static Rule<Nginx>] {
        rules::FILE_RULES
    }
}

/// Reads one file on its own, for the newest version.
pub fn parse(text: &str) -> Parsed<Nginx> {
    read_alone("nginx.conf", detect::KIND, text, NginxSystem::parse)
}
