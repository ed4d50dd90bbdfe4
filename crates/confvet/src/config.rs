//! confvet.toml: what the files will run on, what no file says, which rules speak, what belongs together.

use crate::glob::Globs;
use crate::grouping::StackDecl;
use crate::levels::{Level, Levels};
use crate::systems::{systems, target_names};
use confvet_core::{Address, Fact, FactKind, Facts, Target, did_you_mean, parse_version};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The name of the configuration file.
pub const CONFIG_NAME: &str = "confvet.toml";

/// Something in confvet.toml that cannot be used, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigProblem {
    pub(crate) range: Range<usize>,
    pub(crate) message: String,
}

/// `[[files]]`: what holds for files that match a glob.
#[derive(Debug, Clone)]
pub(crate) struct FileOverride {
    pub(crate) glob: Globs,
    pub(crate) system: Option<&'static str>,
    pub(crate) kind: Option<&'static str>,
    pub(crate) target: Target,
    pub(crate) facts: Facts,
}

/// One confvet.toml, read. What is wrong in it is left out and reported.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    pub(crate) target: Target,
    pub(crate) facts: Facts,
    pub(crate) levels: Levels,
    pub(crate) files: Vec<FileOverride>,
    pub(crate) stacks: Vec<StackDecl>,
    pub(crate) problems: Vec<ConfigProblem>,
}

type Table<'a> = DeTable<'a>;
type Value<'a> = Spanned<DeValue<'a>>;

impl Config {
    pub(crate) fn parse(text: &str) -> Self {
        let mut config = Config::default();
        let body = text.strip_prefix('\u{feff}').unwrap_or(text);
        let offset = text.len() - body.len();
        match DeTable::parse(body) {
            Ok(table) => config.read(table.get_ref()),
            Err(error) => {
                let range = error.span().unwrap_or(0..0);
                config.problem(range, error.message().trim().replace('\n', ", "));
            }
        }
        config.problems.sort_by_key(|problem| (problem.range.start, problem.range.end));
        for problem in &mut config.problems {
            problem.range = problem.range.start + offset..problem.range.end + offset;
        }
        config
    }

    fn problem(&mut self, range: Range<usize>, message: impl Into<String>) {
        self.problems.push(ConfigProblem { range, message: message.into() });
    }

    fn wrong_type(&mut self, value: &Value<'_>, key: &str, expected: &str) {
        self.problem(value.span(), format!("`{key}` is {}; expected {expected}", describe(value)));
    }

    fn unknown_key(&mut self, key: &Spanned<impl AsRef<str>>, known: &[&str]) {
        let name = key.get_ref().as_ref();
        self.problem(key.span(), format!("unknown key `{name}`; {}", hint(name, known)));
    }

    fn read(&mut self, root: &Table<'_>) {
        for (key, value) in root {
            match key.get_ref().as_ref() {
                "target" => self.target = self.read_target(value),
                "facts" => self.facts = self.read_facts(value),
                "rules" => self.read_rules(value),
                "files" => self.each_table(value, "files", Self::read_file_override),
                "stack" => self.each_table(value, "stack", Self::read_stack),
                _ => self.unknown_key(key, &["target", "facts", "rules", "files", "stack"]),
            }
        }
    }

    fn each_table(&mut self, value: &Value<'_>, key: &str, read: fn(&mut Self, &Table<'_>, Range<usize>)) {
        let DeValue::Array(items) = value.get_ref() else {
            return self.wrong_type(value, key, &format!("a list of tables, each under `[[{key}]]`"));
        };
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => read(self, table, item.span()),
                _ => self.wrong_type(item, key, "a table"),
            }
        }
    }

    fn read_target(&mut self, value: &Value<'_>) -> Target {
        let mut target = Target::new();
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(value, "target", "a table of versions");
            return target;
        };
        let known = target_names();
        for (key, value) in table {
            let program = key.get_ref().as_ref();
            if !known.contains(&program) {
                self.unknown_key(key, &known);
                continue;
            }
            let DeValue::String(version) = value.get_ref() else {
                self.wrong_type(value, program, "a version in quotes, such as \"7.2\"");
                continue;
            };
            match parse_version(version) {
                Ok(version) => target.insert(program, version),
                Err(error) => self.problem(value.span(), error.to_string()),
            }
        }
        target
    }

    fn read_facts(&mut self, value: &Value<'_>) -> Facts {
        let mut facts = Facts::new();
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(value, "facts", "a table of facts");
            return facts;
        };
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let Ok(fact) = name.parse::<Fact>() else {
                let names: Vec<&str> = Fact::ALL.iter().map(|fact| fact.name()).collect();
                self.unknown_key(key, &names);
                continue;
            };
            match fact_text(fact, value).map(|text| fact.parse(&text)) {
                Some(Ok(value)) => facts.set(fact, value),
                Some(Err(error)) => self.problem(value.span(), error.to_string()),
                None => self.wrong_type(value, name, &fact.kind().to_string()),
            }
        }
        facts
    }

    fn read_rules(&mut self, value: &Value<'_>) {
        let DeValue::Table(table) = value.get_ref() else {
            return self.wrong_type(value, "rules", "a table of rules and levels");
        };
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let pattern = key.get_ref().as_ref();
            let DeValue::String(word) = value.get_ref() else {
                self.wrong_type(value, pattern, "off, info, warning or error");
                continue;
            };
            let level = match word.parse::<Level>() {
                Ok(level) => level,
                Err(error) => {
                    self.problem(value.span(), error.to_string());
                    continue;
                }
            };
            if let Err(error) = self.levels.set(pattern, level) {
                self.problem(key.span(), error.to_string());
            }
        }
    }

    fn read_file_override(&mut self, table: &Table<'_>, range: Range<usize>) {
        let mut globs = None;
        let (mut system, mut kind) = (None, None);
        let (mut target, mut facts) = (Target::new(), Facts::new());
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "glob" => globs = self.read_glob(value),
                "system" => system = self.read_system(value),
                "kind" => kind = Some(value),
                "target" => target = self.read_target(value),
                "facts" => facts = self.read_facts(value),
                _ => self.unknown_key(key, &["glob", "system", "kind", "target", "facts"]),
            }
        }
        let kind = kind.and_then(|value| self.read_kind(value, system));
        match globs {
            Some(glob) => self.files.push(FileOverride { glob, system, kind, target, facts }),
            None if !table.contains_key("glob") => self.problem(range, "`[[files]]` needs a `glob`"),
            None => {}
        }
    }

    fn read_glob(&mut self, value: &Value<'_>) -> Option<Globs> {
        match value.get_ref() {
            DeValue::String(pattern) => Some(Globs::from_iter([pattern.to_string()])),
            _ => {
                self.wrong_type(value, "glob", "a pattern such as \"es/hot-*/*.yml\"");
                None
            }
        }
    }

    fn read_system(&mut self, value: &Value<'_>) -> Option<&'static str> {
        let DeValue::String(name) = value.get_ref() else {
            self.wrong_type(value, "system", "the name of a system");
            return None;
        };
        let found = systems().iter().find(|system| system.name == name.as_ref());
        if found.is_none() {
            let names: Vec<&str> = systems().iter().map(|system| system.name).collect();
            self.unknown_word(value, name, "system", &names);
        }
        found.map(|system| system.name)
    }

    fn read_kind(&mut self, value: &Value<'_>, system: Option<&str>) -> Option<&'static str> {
        let DeValue::String(name) = value.get_ref() else {
            self.wrong_type(value, "kind", "the kind of file, as `confvet detect` prints it");
            return None;
        };
        let Some(system) = systems().iter().find(|entry| Some(entry.name) == system) else {
            self.problem(value.span(), "`kind` needs a `system` beside it");
            return None;
        };
        let found = system.kinds.iter().find(|kind| **kind == name.as_ref());
        if found.is_none() {
            self.unknown_word(value, name, "kind", system.kinds);
        }
        found.copied()
    }

    fn unknown_word(&mut self, value: &Value<'_>, word: &str, what: &str, known: &[&str]) {
        self.problem(value.span(), format!("`{word}` is no {what}; {}", hint(word, known)));
    }

    fn read_stack(&mut self, table: &Table<'_>, range: Range<usize>) {
        let mut decl = StackDecl::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "name" => match value.get_ref() {
                    DeValue::String(name) => decl.name = name.to_string(),
                    _ => self.wrong_type(value, "name", "a name"),
                },
                "files" => decl.files = self.read_globs(value),
                "complete" => match value.get_ref() {
                    DeValue::Boolean(complete) => decl.complete = *complete,
                    _ => self.wrong_type(value, "complete", "true or false"),
                },
                "hosts" => decl.hosts = self.read_hosts(value),
                "file" => decl.file_hosts = self.read_file_hosts(value),
                _ => self.unknown_key(key, &["name", "files", "complete", "hosts", "file"]),
            }
        }
        for key in ["name", "files"] {
            if !table.contains_key(key) {
                self.problem(range.clone(), format!("`[[stack]]` needs `{key}`"));
            }
        }
        self.stacks.push(decl);
    }

    fn read_globs(&mut self, value: &Value<'_>) -> Globs {
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(value, "files", "a list of patterns such as [\"prod/**\"]");
            return Globs::default();
        };
        let mut patterns = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::String(pattern) => patterns.push(pattern.to_string()),
                _ => self.wrong_type(item, "files", "a pattern such as \"prod/**\""),
            }
        }
        patterns.into_iter().collect()
    }

    fn read_hosts(&mut self, value: &Value<'_>) -> Vec<(String, Vec<Address>)> {
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(value, "hosts", "a table such as { pg1 = [\"10.0.1.10\"] }");
            return Vec::new();
        };
        let mut hosts = Vec::new();
        for (key, value) in table {
            let name = key.get_ref().to_string();
            match value.get_ref() {
                DeValue::String(address) => hosts.push((name, vec![Address::parse(address)])),
                DeValue::Array(items) => {
                    let addresses = items.iter().filter_map(|item| match item.get_ref() {
                        DeValue::String(address) => Some(Address::parse(address)),
                        _ => None,
                    });
                    hosts.push((name, addresses.collect()));
                }
                _ => self.wrong_type(value, &name, "a list of addresses"),
            }
        }
        hosts
    }

    fn read_file_hosts(&mut self, value: &Value<'_>) -> Vec<(String, String)> {
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(value, "file", "tables such as [stack.file.\"db/node1.yml\"]");
            return Vec::new();
        };
        let mut file_hosts = Vec::new();
        for (path, value) in table {
            let DeValue::Table(entries) = value.get_ref() else {
                self.wrong_type(value, path.get_ref(), "a table with `host`");
                continue;
            };
            for (key, value) in entries {
                match (key.get_ref().as_ref(), value.get_ref()) {
                    ("host", DeValue::String(host)) => {
                        file_hosts.push((path.get_ref().to_string(), host.to_string()));
                    }
                    ("host", _) => self.wrong_type(value, "host", "the name of a host"),
                    _ => self.unknown_key(key, &["host"]),
                }
            }
        }
        file_hosts
    }
}

/// A TOML value as the text that [`Fact::parse`] reads; `None` when its type cannot be right.
fn fact_text(fact: Fact, value: &Value<'_>) -> Option<String> {
    match (fact.kind(), value.get_ref()) {
        (FactKind::Number | FactKind::Size, DeValue::Integer(number)) => Some(number.to_string()),
        (FactKind::Bool | FactKind::Word(_), DeValue::Boolean(value)) => Some(value.to_string()),
        (FactKind::Number | FactKind::Bool | FactKind::List | FactKind::Table(_), DeValue::String(_)) => None,
        (_, DeValue::String(text)) => Some(text.to_string()),
        (FactKind::List, DeValue::Array(items)) => {
            let texts = items.iter().map(|item| match item.get_ref() {
                DeValue::String(text) => Some(text.as_ref()),
                _ => None,
            });
            texts.collect::<Option<Vec<_>>>().map(|texts| texts.join(","))
        }
        (FactKind::Table(_), DeValue::Table(table)) => {
            let pairs = table.iter().map(|(name, word)| match word.get_ref() {
                DeValue::String(word) => Some(format!("{}={word}", name.get_ref())),
                _ => None,
            });
            pairs.collect::<Option<Vec<_>>>().map(|pairs| pairs.join(","))
        }
        _ => None,
    }
}

/// The near word, or all that are known.
fn hint(word: &str, known: &[&str]) -> String {
    match did_you_mean(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", known.join(", ")),
    }
}

fn describe(value: &Value<'_>) -> String {
    match value.get_ref() {
        DeValue::String(text) => format!("`{text}`"),
        DeValue::Integer(number) => format!("`{number}`"),
        DeValue::Float(number) => format!("`{number}`"),
        DeValue::Boolean(value) => format!("`{value}`"),
        DeValue::Datetime(value) => format!("`{value}`"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confvet_core::units::ByteSize;

    fn messages(text: &str) -> Vec<String> {
        let problems = Config::parse(text).problems.into_iter();
        problems.map(|problem| format!("{}: {}", &text[problem.range], problem.message)).collect()
    }

    #[test]
    fn facts_and_stacks_are_read() {
        let config = Config::parse(
            "[facts]\nmemory = \"64GiB\"\nmembers = 3\nbehind_proxy = true\nstatic_hosts = [\"a\", \"b\"]\n\
             haproxy_pools = { pg = \"writer\" }\n[[stack]]\nname = \"x\"\nfiles = [\"db/**\"]\ncomplete = true\n\
             hosts = { pg1 = [\"10.0.0.1\"] }\n[stack.file.\"db/a.yml\"]\nhost = \"pg1\"\n",
        );
        assert_eq!(config.problems, []);
        assert_eq!(config.facts.size(Fact::Memory), Some(ByteSize::gib(64)));
        assert_eq!(config.facts.text(Fact::BehindProxy), Some("true"));
        assert_eq!(config.facts.entry(Fact::HaproxyPools, "pg"), Some("writer"));
        assert_eq!(config.stacks[0].hosts, [("pg1".to_owned(), vec![Address::parse("10.0.0.1")])]);
        assert_eq!(config.stacks[0].file_hosts, [("db/a.yml".to_owned(), "pg1".to_owned())]);
        assert!(config.stacks[0].files.is_match("db/x/y.yml"));
    }

    #[test]
    fn mistakes_are_named_where_they_stand() {
        assert_eq!(messages("[fact]\nmemory = \"64GiB\"\n"), ["fact: unknown key `fact`; did you mean `facts`?"]);
        assert_eq!(
            messages("[facts]\nmemory = \"lots\"\ncpus = \"4\"\n"),
            [
                "\"lots\": fact `memory` is `lots`; expected a size such as \"64GiB\"",
                "\"4\": `cpus` is `4`; expected a natural number"
            ]
        );
        assert_eq!(
            messages("[target]\njava = 17\nopenssl = \"new\"\n"),
            [
                "17: `java` is `17`; expected a version in quotes, such as \"7.2\"",
                "\"new\": `new` is no version; write for example `7.2` or `1.27.3`"
            ]
        );
        assert_eq!(
            messages("[rules]\n\"confvet/unused-allows\" = \"off\"\n\"confvet/unused-allow\" = \"loud\"\n"),
            [
                "\"confvet/unused-allows\": `confvet/unused-allows` is no rule; did you mean `confvet/unused-allow`?",
                "\"loud\": `loud` is no level; expected off, info, warning or error"
            ]
        );
        assert_eq!(messages("[[files]]\nsystem = 1\n").len(), 2);
        assert_eq!(messages("[facts\n").len(), 1);
    }
}
