//! Environments and specimens: `prod/` beside `staging/`, `redis.conf` beside `redis.conf.bak`. They are never compared.

use confvet_core::{Keys, Map};

/// Words that name an environment. Siblings with the same word (`prod-db`, `prod-lb`) belong to the same one.
const ENVIRONMENTS: [&str; 13] = [
    "demo",
    "dev",
    "development",
    "live",
    "preprod",
    "prod",
    "production",
    "qa",
    "stage",
    "staging",
    "stg",
    "test",
    "uat",
];

/// Words that name a thing kept for looking at. Each such directory or file stands for itself, whatever its siblings.
const SPECIMENS: [&str; 6] = ["backup", "bak", "example", "examples", "old", "sample"];

/// What tells a name apart from its siblings.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Tag {
    /// `prod`, or `prod-test` where a name has two of the words.
    Environment(String),
    Specimen,
}

/// A name without the words of its tag.
type Residue = Vec<String>;

fn read_name(name: &str, separators: &[char]) -> (Option<Tag>, Residue) {
    let lower = name.to_ascii_lowercase();
    let mut residue = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    let mut specimen = false;
    for part in lower.split(separators) {
        if SPECIMENS.contains(&part) {
            specimen = true;
        } else if ENVIRONMENTS.contains(&part) {
            words.push(part);
        } else {
            residue.push(part.to_owned());
        }
    }
    let tag = match (specimen, words.is_empty()) {
        (true, _) => Some(Tag::Specimen),
        (false, false) => Some(Tag::Environment(words.join("-"))),
        (false, true) => None,
    };
    (tag, residue)
}

/// A dot is no separator in a directory's name: `es1.example.com` is a host.
fn read_directory(name: &str) -> (Option<Tag>, Residue) {
    read_name(name, &['-', '_'])
}

fn read_file(name: &str) -> (Option<Tag>, Residue) {
    read_name(name, &['-', '_', '.'])
}

/// Where the paths of one run part into environments.
#[derive(Debug, Default)]
pub(super) struct Environments<'a> {
    /// Directories that are an environment, or in one.
    directories: Map<&'a str, Tag>,
    files: Map<&'a str, Tag>,
}

/// Names in one directory: the full path and what the name says.
type Siblings<'a> = Map<&'a str, (Option<Tag>, Residue)>;

impl<'a> Environments<'a> {
    /// Looks at all paths at once: only siblings tell that a word names an environment.
    pub(super) fn among(paths: impl Iterator<Item = &'a str>) -> Self {
        let mut directories: Map<&str, Siblings<'_>> = Map::new();
        let mut files: Map<&str, Siblings<'_>> = Map::new();
        for path in paths {
            let (parent, name) = split(path);
            files.or_default(parent).insert(path, read_file(name));
            let mut child = parent;
            while !child.is_empty() {
                let (parent, name) = split(child);
                if directories.or_default(parent).insert(child, read_directory(name)).is_some() {
                    break;
                }
                child = parent;
            }
        }
        let mut environments = Self::default();
        for siblings in directories.into_values() {
            environments.directories.extend(part_directories(siblings));
        }
        for siblings in files.into_values() {
            environments.files.extend(part_files(siblings));
        }
        environments
    }

    /// The environment a file belongs to; `None` for what is outside of all.
    pub(super) fn of(&self, path: &str) -> Option<String> {
        let mut labels: Vec<&str> = Vec::new();
        let ends = path.match_indices('/').map(|(end, _)| end);
        let directories = ends.filter_map(|end| Some((&path[..end], self.directories.get(&path[..end])?)));
        for (place, tag) in directories.chain(self.files.get(path).map(|tag| (path, tag))) {
            match tag {
                Tag::Environment(word) if labels.last() == Some(&word.as_str()) => {}
                Tag::Environment(word) => labels.push(word),
                // The whole path, which tells it from every other.
                Tag::Specimen => labels = vec![place],
            }
        }
        (!labels.is_empty()).then(|| labels.join("/"))
    }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Two tagged siblings that differ part the directory; so does one that is like a sibling but for its tag
/// (`conf` and `conf-old`).
fn part_directories<'a>(siblings: Siblings<'a>) -> impl Iterator<Item = (&'a str, Tag)> {
    let specimens = siblings.values().filter(|(tag, _)| *tag == Some(Tag::Specimen)).count();
    let environments: Keys<&Tag> = siblings.values().filter_map(|(tag, _)| tag.as_ref()).collect();
    let several = specimens > 1 || environments.len() > 1;
    let pairs = paired(&siblings);
    let parted = move |(path, (tag, residue)): (&'a str, (Option<Tag>, Residue))| {
        tag.filter(|_| several || pairs.contains(&residue)).map(|tag| (path, tag))
    };
    siblings.into_iter().filter_map(parted)
}

/// One pair (`x.yml` and `x.prod.yml`) shows that the words mean environments here, for every file of the directory.
fn part_files<'a>(siblings: Siblings<'a>) -> impl Iterator<Item = (&'a str, Tag)> {
    let any = !paired(&siblings).is_empty();
    siblings.into_iter().filter_map(move |(path, (tag, _))| tag.filter(|_| any).map(|tag| (path, tag)))
}

/// What is left of names that are alike but for their tags.
fn paired(siblings: &Siblings<'_>) -> Keys<Residue> {
    let mut tags: Map<&Residue, Keys<Option<&Tag>>> = Map::new();
    for (tag, residue) in siblings.values().filter(|(_, residue)| !residue.is_empty()) {
        tags.or_default(residue).insert(tag.as_ref());
    }
    tags.into_iter().filter(|(_, tags)| tags.len() > 1).map(|(residue, _)| residue.clone()).collect()
}
