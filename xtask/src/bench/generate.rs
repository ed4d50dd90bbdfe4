//! Inputs as people write them, only more of them: comments, blank lines, many sections, a commented-out default here
//! and there. The same in every run.

mod elasticsearch;
mod haproxy;
mod ipsec;
mod nginx;
mod patroni;
mod prometheus;
mod redis;

use anyhow::{Context, Result};
use confvet_testkit::Random;
use std::fs;
use std::path::Path;

/// Which budget of throughput holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Lines,
    Yaml,
}

/// One way to make input for a system.
#[derive(Debug)]
pub(super) struct Generator {
    pub(super) system: &'static str,
    /// What is special about the input.
    pub(super) title: &'static str,
    pub(super) format: Format,
    /// The versions the input is for.
    pub(super) target: &'static [(&'static str, &'static str)],
    pub(super) shape: Shape,
}

/// One file of any length, or many of a natural length.
#[derive(Debug)]
pub(super) enum Shape {
    /// The name of the file, its first lines, and a function that writes one more section, given its number.
    OneFile(&'static str, fn() -> String, fn(&mut Random, usize, &mut String)),
    /// The name of each file, and a function that writes the one with this number.
    ManyFiles(&'static str, fn(&mut Random, usize) -> String),
}

/// All of them.
pub(super) fn all() -> impl Iterator<Item = &'static Generator> {
    let systems = [elasticsearch::ALL, haproxy::ALL, ipsec::ALL, nginx::ALL, patroni::ALL, prometheus::ALL, redis::ALL];
    systems.into_iter().flatten()
}

impl Generator {
    pub(super) fn name(&self) -> String {
        format!("{}: {}", self.system, self.title)
    }

    /// Paths and texts of at least `size` bytes together.
    pub(super) fn files(&self, size: usize) -> Vec<(String, String)> {
        let mut random = Random::new(&self.name());
        match self.shape {
            Shape::OneFile(name, head, section) => {
                let mut text = head();
                for number in 0.. {
                    if text.len() >= size {
                        break;
                    }
                    section(&mut random, number, &mut text);
                }
                vec![(name.to_owned(), text)]
            }
            Shape::ManyFiles(name, file) => {
                let mut files = Vec::new();
                let mut total = 0;
                while total < size {
                    let number = files.len();
                    let text = file(&mut random, number);
                    total += text.len();
                    files.push((format!("rack{}/node{number}/{name}", number / 40), text));
                }
                files
            }
        }
    }
}

/// Many small files of several systems, in one folder a site.
#[derive(Debug)]
pub(super) struct Tree {
    files: Vec<(String, String)>,
}

impl Tree {
    /// `count` files of those of the systems for which there are generators.
    pub(super) fn new(systems: &[&str], count: usize) -> Self {
        const NODES: usize = 5;
        const SECTIONS: usize = 8;
        let generators: Vec<&Generator> = all().filter(|generator| systems.contains(&generator.system)).collect();
        let mut random = Random::new("tree");
        let mut files = Vec::with_capacity(count);
        'sites: for site in 0.. {
            for node in 0..NODES {
                for generator in &generators {
                    if files.len() == count {
                        break 'sites;
                    }
                    let (name, text) = match generator.shape {
                        Shape::ManyFiles(name, file) => (name, file(&mut random, node)),
                        Shape::OneFile(name, head, section) => {
                            let mut text = head();
                            (0..SECTIONS).for_each(|number| section(&mut random, number, &mut text));
                            (name, text)
                        }
                    };
                    let folder = generator.title.replace(' ', "-");
                    files.push((format!("site{site}/node{node}/{folder}/{name}"), text));
                }
            }
            if generators.is_empty() {
                break;
            }
        }
        Self { files }
    }

    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Writes the tree anew.
    pub(super) fn write(&self, directory: &Path) -> Result<()> {
        if directory.exists() {
            fs::remove_dir_all(directory).with_context(|| format!("cannot clear {}", directory.display()))?;
        }
        for (path, text) in &self.files {
            let path = directory.join(path);
            let folder = path.parent().unwrap_or(directory);
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_input_comes_out_every_time() {
        for generator in all() {
            let files = generator.files(100_000);
            assert!(files.iter().map(|(_, text)| text.len()).sum::<usize>() >= 100_000, "{}", generator.name());
            assert_eq!(files, generator.files(100_000), "{}", generator.name());
        }
        let systems = ["redis", "nginx"];
        assert_eq!(Tree::new(&systems, 500).files, Tree::new(&systems, 500).files);
    }

    #[test]
    fn a_tree_has_as_many_files_as_asked_for() {
        assert_eq!(Tree::new(&["redis", "haproxy"], 777).len(), 777);
        assert_eq!(Tree::new(&[], 777).len(), 0);
    }

    #[test]
    fn names_tell_generators_apart() {
        let mut names: Vec<String> = all().map(Generator::name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
