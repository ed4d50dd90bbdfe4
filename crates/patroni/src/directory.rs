//! What lies beside a file: others that Patroni merges with it in the order of their names, and files of variables.

use crate::model::Override;
use crate::{LOCAL, detect, environment, tables};
use confvet_core::source::{file_name, parent};
use confvet_core::{Fact, FileId, Input};
use confvet_yaml::{Dialect, Yaml};

/// A directory with more files than this is no configuration of one member.
const MOST: usize = 64;

/// The files of the directory in the order of their names, if Patroni merges them: confvet.toml says so, or exactly one has
/// `scope`, exactly one `name`, none both, and all of them hold only keys of Patroni's. Empty otherwise, and for every
/// file but the first that is known for Patroni's by itself, so that the directory is one configuration.
pub(crate) fn files(input: &Input<'_>, own: &Yaml) -> Vec<FileId> {
    let has = |yaml: &Yaml, key: &str| yaml.root().is_some_and(|root| root.get(key).is_some());
    let directory = parent(input.source().path());
    let siblings = input.sources.in_directory(directory);
    let mut named = input.facts.list(Fact::PatroniConfigDirs).iter().map(|dir| dir.trim_matches('/'));
    let is_named = named.any(|dir| directory == dir || directory.ends_with(&format!("/{dir}")));
    let is_whole = has(own, "scope") && has(own, "name");
    if !(2..=MOST).contains(&siblings.len()) || (is_whole && !is_named) {
        return Vec::new();
    }
    let path = |file: &FileId| input.sources.get(*file).path();
    let is_yaml = |file: &&FileId| path(file).ends_with(".yml") || path(file).ends_with(".yaml");
    let mut files: Vec<FileId> = siblings.iter().filter(is_yaml).copied().collect();
    files.sort_by_key(|file| file_name(path(file)));
    let mut earlier = files.iter().take_while(|file| **file != input.file);
    if earlier.any(|file| detect::alone(path(file), input.sources.get(*file).text()) == Some(LOCAL)) {
        return Vec::new();
    }
    if is_named {
        return files;
    }
    let (mut scopes, mut names) = (0, 0);
    for &file in &files {
        let yaml = Yaml::parse(file, input.sources.get(file).text(), Dialect::PyYaml);
        let Some(root) = yaml.root().filter(|root| root.is_mapping()) else { return Vec::new() };
        let is_own = |key: &str| tables::is_known("", key);
        let foreign = root.entries().any(|entry| !entry.key.text().is_some_and(is_own));
        if foreign || (has(&yaml, "scope") && has(&yaml, "name")) {
            return Vec::new();
        }
        scopes += usize::from(has(&yaml, "scope"));
        names += usize::from(has(&yaml, "name"));
    }
    if files.len() > 1 && (scopes, names) == (1, 1) { files } else { Vec::new() }
}

/// The keys that files of variables in the same directory override. A directory with very many files is no place of one
/// member's, and is not looked through.
pub(crate) fn overridden<'a>(input: &Input<'a>) -> Vec<Override<'a>> {
    let siblings = input.sources.in_directory(parent(input.source().path()));
    if !(2..=MOST).contains(&siblings.len()) {
        return Vec::new();
    }
    let sources = siblings.iter().map(|file| input.sources.get(*file));
    let files = sources.filter(|source| detect::names_variables(source.path()));
    files.flat_map(|source| environment::overrides(source.text())).collect()
}
