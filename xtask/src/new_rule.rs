//! `cargo xtask new-rule redis/some-name`: writes the three places of a rule, its page, its file and its line in the
//! list of its crate.

use crate::root;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// system/name, in lower case with hyphens
    name: String,
    /// A rule over all configurations of the system in one stack, not over one
    #[arg(long)]
    set: bool,
}

pub(crate) fn run(args: &Args) -> Result<bool> {
    let places = write(root(), &args.name, args.set)?;
    println!("Write what is wrong and why, with examples; the examples are the test:\n  {}", places.page.display());
    println!("Write the check:\n  {}", places.rule.display());
    println!("The rule is listed in:\n  {}", places.list.display());
    let system = args.name.split('/').next().unwrap_or_default();
    println!(
        "Then: cargo test -p confvet --no-default-features --features fs,text,{system} --test pages -- {}",
        args.name
    );
    Ok(true)
}

/// The three places of a rule.
#[derive(Debug)]
struct Places {
    page: PathBuf,
    rule: PathBuf,
    list: PathBuf,
}

fn write(root: &Path, rule: &str, set: bool) -> Result<Places> {
    let (system, name) = split_name(rule)?;
    let module = name.replace('-', "_");
    let rules = root.join("crates").join(system).join("src/rules");
    let places = Places {
        page: root.join("rules").join(system).join(format!("{name}.md")),
        rule: rules.join(format!("{module}.rs")),
        list: rules.join("mod.rs"),
    };
    if !places.list.is_file() {
        bail!("there is no system `{system}`: {} does not exist", places.list.display());
    }
    for path in [&places.page, &places.rule] {
        if path.exists() {
            bail!("`{rule}` exists already: see {}", path.display());
        }
    }
    let text = fs::read_to_string(&places.list).with_context(|| format!("cannot read {}", places.list.display()))?;
    let list = List::read(&text, if set { "SET_RULES" } else { "FILE_RULES" })
        .with_context(|| format!("in {}", places.list.display()))?;
    let file = rule_file(rule, &list);
    let listed = list.with(&module);
    let page_directory = places.page.parent().context("the page has no directory")?;
    fs::create_dir_all(page_directory).with_context(|| format!("cannot make {}", page_directory.display()))?;
    for (path, text) in [(&places.page, PAGE.to_owned()), (&places.rule, file), (&places.list, listed)] {
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(places)
}

fn split_name(rule: &str) -> Result<(&str, &str)> {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && !word.ends_with('-')
            && !word.contains("--")
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    match rule.split_once('/') {
        Some((system, name)) if is_word(system) && is_word(name) => Ok((system, name)),
        _ => bail!("`{rule}` is no name of a rule; write for example `redis/noeviction-cache`"),
    }
}

const PAGE: &str = "\
---
severity: warning
category: outage
fix: none
applies: any
needs: []
supersedes: []
sources:
  - \"which page of which documentation, or what was run\"
---
# What is wrong, as a sentence

What happens in production, in a few sentences, and when the rule speaks.

## Bad

```path/in/the/example.conf
the configuration; under the line a line of #~ with carets and the name of the rule
```

## Good

```path/in/the/example.conf
a near miss, on which the rule stays quiet
```
";

/// rules/mod.rs, as far as it must be understood to add a rule.
struct List<'a> {
    text: &'a str,
    /// What the rules of the list see, such as `Set<RedisConf>`.
    model: &'a str,
    /// Byte offset of the list's closing bracket.
    end: usize,
}

impl<'a> List<'a> {
    fn read(text: &'a str, name: &str) -> Result<Self> {
        let declaration = format!("static {name}: &[&Rule<");
        let start = text.find(&declaration).with_context(|| format!("there is no `{declaration}…>] = &[`"))?;
        let model_start = start + declaration.len();
        let model_length = text[model_start..].find(">]").context("the type of the list has no end")?;
        let end = text[model_start..].find("];").context("the list has no end")?;
        Ok(Self { text, model: &text[model_start..model_start + model_length], end: model_start + end })
    }

    /// The name of the model's type.
    fn model_name(&self) -> &'a str {
        let inner = self.model.strip_prefix("Set<").and_then(|rest| rest.strip_suffix('>')).unwrap_or(self.model);
        inner.rsplit("::").next().unwrap_or(inner)
    }

    /// Where mod.rs has the model from.
    fn model_path(&self) -> String {
        let name = self.model_name();
        let imports = self.text.lines().filter_map(|line| line.strip_prefix("use crate::")?.strip_suffix(';'));
        let mut path = imports.filter_map(|path| {
            let (module, names) = path.rsplit_once("::").unwrap_or(("", path));
            let mut names = names.trim_matches(['{', '}']).split(',').map(str::trim);
            names.any(|imported| imported == name).then(|| format!("{module}::{name}"))
        });
        let path = path.next().unwrap_or_else(|| name.to_owned());
        format!("crate::{}", path.trim_start_matches("::"))
    }

    /// The file with a rule more: its module among the others, its line at the end of the list.
    fn with(&self, module: &str) -> String {
        let (before, after) = self.text.split_at(self.end);
        let trimmed = before.trim_end();
        let comma = if trimmed.ends_with(['[', ',']) { "" } else { "," };
        let indented = format!("{trimmed}{comma}\n    &{module}::RULE,\n{after}");
        let declaration = format!("mod {module};");
        let mut lines: Vec<&str> = indented.lines().collect();
        let is_module = |line: &&str| line.starts_with("mod ") && line.ends_with(';');
        let at = match lines.iter().position(|line| is_module(line) && *line > declaration.as_str()) {
            Some(later) => later,
            None => match lines.iter().rposition(is_module) {
                Some(last) => last + 1,
                None => lines.iter().take_while(|line| line.starts_with("//!") || line.is_empty()).count(),
            },
        };
        lines.insert(at, &declaration);
        lines.join("\n") + "\n"
    }
}

fn rule_file(rule: &str, list: &List<'_>) -> String {
    let set = if list.model.starts_with("Set<") { ", Set" } else { "" };
    let List { model, .. } = list;
    let path = list.model_path();
    format!(
        "//! What is wrong, in one sentence.\n\n\
         use {path};\n\
         use confvet_core::{{Context, Findings, Rule{set}}};\n\n\
         pub(super) static RULE: Rule<{model}> = Rule {{ name: \"{rule}\", check }};\n\n\
         fn check(_: &{model}, _: &Context<'_>, _: &mut Findings) {{}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "//! The rules of Redis.\n\nmod cache;\nmod zebra;\n\nuse crate::model::{Other, RedisConf};\n\
                        use confvet_core::{Rule, Set};\n\n/// All file rules.\n\
                        pub(crate) static FILE_RULES: &[&Rule<RedisConf>] = &[&zebra::RULE, &cache::RULE];\n\n\
                        pub(crate) static SET_RULES: &[&Rule<Set<RedisConf>>] = &[\n];\n";

    fn repository() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let rules = directory.path().join("crates/redis/src/rules");
        fs::create_dir_all(&rules).unwrap();
        fs::write(rules.join("mod.rs"), LIST).unwrap();
        directory
    }

    fn refusal(rule: &str, root: &Path) -> String {
        write(root, rule, false).unwrap_err().to_string()
    }

    #[test]
    fn the_three_places_are_written() {
        let repository = repository();
        let places = write(repository.path(), "redis/some-name", false).unwrap();
        assert!(places.page.ends_with("rules/redis/some-name.md"));
        let rule = fs::read_to_string(&places.rule).unwrap();
        assert!(rule.contains("use crate::model::RedisConf;"), "{rule}");
        assert!(rule.contains("Rule<RedisConf> = Rule { name: \"redis/some-name\", check }"), "{rule}");
        let list = fs::read_to_string(&places.list).unwrap();
        assert!(list.contains("mod cache;\nmod some_name;\nmod zebra;\n"), "{list}");
        assert!(list.contains("&[&zebra::RULE, &cache::RULE,\n    &some_name::RULE,\n];"), "{list}");
    }

    #[test]
    fn a_set_rule_goes_into_its_own_list() {
        let repository = repository();
        let places = write(repository.path(), "redis/aa", true).unwrap();
        let rule = fs::read_to_string(&places.rule).unwrap();
        assert!(rule.contains("use confvet_core::{Context, Findings, Rule, Set};"), "{rule}");
        assert!(rule.contains("fn check(_: &Set<RedisConf>,"), "{rule}");
        let list = fs::read_to_string(&places.list).unwrap();
        assert!(list.contains("mod aa;\nmod cache;\n"), "{list}");
        assert!(list.ends_with("= &[\n    &aa::RULE,\n];\n"), "{list}");
    }

    #[test]
    fn what_exists_is_not_overwritten() {
        let repository = repository();
        write(repository.path(), "redis/some-name", false).unwrap();
        let before = fs::read_to_string(repository.path().join("crates/redis/src/rules/mod.rs")).unwrap();
        let message = refusal("redis/some-name", repository.path());
        assert!(message.starts_with("`redis/some-name` exists already: see "), "{message}");
        let after = fs::read_to_string(repository.path().join("crates/redis/src/rules/mod.rs")).unwrap();
        assert_eq!(before, after);
    }

    #[test]
    fn names_and_systems_are_checked() {
        let repository = repository();
        for name in ["redis", "Redis/x", "redis/X", "redis/a_b", "redis/a--b", "redis/a-", "redis/../x", "redis/a/b"] {
            assert!(refusal(name, repository.path()).contains("is no name of a rule"), "{name}");
        }
        assert!(refusal("radis/x", repository.path()).starts_with("there is no system `radis`"));
    }

    #[test]
    fn a_list_without_modules_gets_its_first() {
        let text = "//! Rules.\n\nuse crate::Conf;\nstatic FILE_RULES: &[&Rule<Conf>] = &[];\n";
        let list = List::read(text, "FILE_RULES").unwrap();
        assert_eq!(list.model_path(), "crate::Conf");
        assert_eq!(
            list.with("a"),
            "//! Rules.\n\nmod a;\nuse crate::Conf;\nstatic FILE_RULES: &[&Rule<Conf>] = &[\n    &a::RULE,\n];\n"
        );
    }
}
