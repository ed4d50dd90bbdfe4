//! HAProxy for confvet: its configuration as the program itself reads it (words, quotes, `.if`, sections, inheritance
//! from `defaults` and `default-server`), a typed model that answers questions in the manual's language, and rules.
//!
//! ```
//! use confvet_haproxy::model::Timeout;
//! let parsed = confvet_haproxy::parse("defaults\n    timeout server 30s\nbackend app\n    server a 10.0.0.1:80 check\n");
//! let app = parsed.model.backend("app").unwrap();
//! let timeout = app.timeout(Timeout::Server).unwrap();
//! assert_eq!(timeout.duration.unwrap().as_secs(), 30);
//! assert!(!app.owns(timeout.statement), "it is inherited");
//! let check = app.servers[0].check().unwrap();
//! assert_eq!((check.port(), check.fall()), (Some(80), Some(3)));
//! ```
#![forbid(unsafe_code)]

mod condition;
mod detect;
pub mod model;
mod rules;
pub mod syntax;
pub mod table;
pub mod values;

pub use condition::Branch;
pub use model::Haproxy;

use confvet_core::source::{file_name, parent};
use confvet_core::{Address, Detection, FileId, Identity, Input, Parsed, Rule, Spanned, System, Target, read_alone};
use table::HaVersion;

/// The system.
#[derive(Debug)]
pub struct HaproxySystem;

impl System for HaproxySystem {
    type Model = Haproxy;
    const NAME: &'static str = "haproxy";
    const TITLE: &'static str = "HAProxy";
    const TARGETS: &'static [&'static str] = &["haproxy"];
    const KINDS: &'static [&'static str] = &[detect::CONFIGURATION, detect::SPOE];

    fn might_be(path: &str) -> bool {
        detect::might_be(path)
    }

    fn detect(path: &str, text: &str) -> Option<Detection> {
        detect::detect(path, text)
    }

    fn parse(input: &Input<'_>) -> Parsed<Haproxy> {
        let text = |file: FileId| (file, input.sources.get(file).shared_text());
        if input.kind == detect::SPOE {
            let (mut model, secrets) = model::build(&[], version(input.target));
            model.add_spoe(&[text(input.file)], false);
            return Parsed { model, files: vec![input.file], secrets };
        }
        let mut files = load_order(input);
        let texts: Vec<_> = files.iter().copied().map(text).collect();
        let (mut model, secrets) = model::build(&texts, version(input.target));
        model.spoe_paths = spoe_paths(&model, input);
        let mut agents: Vec<FileId> = model.spoe_paths.iter().map(|(_, file)| *file).collect();
        agents.sort_unstable();
        agents.dedup();
        agents.retain(|file| !files.contains(file));
        if !agents.is_empty() {
            let texts: Vec<_> = agents.iter().copied().map(text).collect();
            model.add_spoe(&texts, true);
            files.extend(agents);
        }
        Parsed { model, files, secrets }
    }

    fn identity(model: &Haproxy) -> Identity {
        let member = model.global_setting("localpeer").and_then(|localpeer| localpeer.word(1));
        let binds = model.proxies.iter().flat_map(|proxy| &proxy.binds).flat_map(|bind| &bind.addresses);
        let addresses = binds.filter_map(|address| match address.inet() {
            Some(ip @ Address::Ip(_)) => Some(Spanned::new(ip.clone(), address.host_span)),
            _ => None,
        });
        Identity {
            member: member.map(|name| Spanned::new(name.text.to_string(), name.span)),
            addresses: addresses.collect(),
            ..Identity::default()
        }
    }

    fn rules() -> &'static [&'static Rule<Haproxy>] {
        rules::FILE_RULES
    }
}

/// Reads one text as a whole configuration.
pub fn parse(text: &str) -> Parsed<Haproxy> {
    read_alone("haproxy.cfg", "haproxy", text, HaproxySystem::parse)
}

fn version(target: &Target) -> Option<HaVersion> {
    let version = target.version("haproxy")?;
    let part = |number: u64| u16::try_from(number).unwrap_or(u16::MAX);
    Some((part(version.major), part(version.minor), part(version.patch)))
}

/// The files of SPOE filters that are in the set, each with its path as it is written.
fn spoe_paths(model: &Haproxy, input: &Input<'_>) -> Vec<(String, FileId)> {
    let paths = model.spoe_filters().map(|filter| filter.config);
    let mut paths: Vec<&str> = paths.filter(|path| path.is_known()).map(|path| path.text).collect();
    paths.sort_unstable();
    paths.dedup();
    let found = paths.into_iter().filter_map(|path| Some((path.to_owned(), input.sources.find(input.file, path)?)));
    found.filter(|(_, file)| *file != input.file).collect()
}

/// What a file of a directory brings into a configuration.
#[derive(Debug, Clone, Copy, Default)]
struct Brings {
    base: bool,
    proxies: bool,
}

fn brings(text: &str) -> Brings {
    let mut brings = Brings::default();
    for line in text.lines() {
        match line.split_ascii_whitespace().next() {
            Some("global" | "defaults") => brings.base = true,
            Some("frontend" | "backend" | "listen") => brings.proxies = true,
            _ => {}
        }
    }
    brings
}

/// The files that HAProxy is started with, when `input` names the first of them; otherwise the file alone.
///
/// The `.cfg` files of one directory are one configuration when the directory is named `conf.d` or `….d`, when their
/// names start with digits, or when exactly one of them has the `global` or `defaults` that the others lack.
fn load_order(input: &Input<'_>) -> Vec<FileId> {
    let path = input.source().path();
    let alone = vec![input.file];
    if !path.ends_with(".cfg") {
        return alone;
    }
    let directory = parent(path);
    let pattern = if directory.is_empty() { "*.cfg".to_owned() } else { format!("{directory}/*.cfg") };
    let mut files: Vec<FileId> = input.sources.glob(input.file, &pattern);
    files.retain(|&file| {
        let source = input.sources.get(file);
        let detection = detect::detect(source.path(), source.text());
        parent(source.path()) == directory && detection.is_some_and(|found| found.kind == detect::CONFIGURATION)
    });
    files.sort_by(|a, b| input.sources.get(*a).path().cmp(input.sources.get(*b).path()));
    if files.len() < 2 || !files.contains(&input.file) {
        return alone;
    }
    let numbered = |file: &FileId| input.sources.get(*file).file_name().starts_with(|c: char| c.is_ascii_digit());
    let together = file_name(directory).ends_with(".d") || files.iter().all(numbered) || {
        let brought: Vec<Brings> = files.iter().map(|&file| brings(input.sources.get(file).text())).collect();
        brought.iter().filter(|brings| brings.base).count() == 1
            && brought.iter().all(|brings| brings.base || brings.proxies)
    };
    if together && files[0] == input.file { files } else { alone }
}
