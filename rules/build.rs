//! Reads every rule page and writes the static table. A page with a missing field or an unknown word stops the build,
//! and the error names the page.

use anyhow::{Context, Result, bail, ensure};
use confvet_core::{Category, Fact, Severity};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    severity: String,
    category: String,
    fix: String,
    applies: String,
    needs: Vec<String>,
    supersedes: Vec<String>,
    sources: Vec<String>,
    /// `off`: only for those who ask for the rule by its name.
    #[serde(default)]
    default: Option<String>,
}

struct Page {
    front: FrontMatter,
    title: String,
    path: PathBuf,
}

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=.");
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let mut pages = BTreeMap::new();
    let mut systems: Vec<PathBuf> = read_dir(&root)?.into_iter().filter(|path| path.is_dir()).collect();
    systems.retain(|path| !path.ends_with("src") && !path.ends_with("target"));
    for system in systems {
        for path in read_dir(&system)?.into_iter().filter(|path| path.extension().is_some_and(|ext| ext == "md")) {
            let name = format!("{}/{}", stem(&system)?, stem(&path)?);
            let page = read_page(&path).with_context(|| format!("rule page {}", path.display()))?;
            pages.insert(name, page);
        }
    }
    for (name, page) in &pages {
        for superseded in &page.front.supersedes {
            ensure!(
                pages.contains_key(superseded),
                "rule page {}: supersedes `{superseded}`, which has no page",
                page.path.display()
            );
            ensure!(superseded != name, "rule page {}: supersedes itself", page.path.display());
        }
    }
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("pages.rs");
    std::fs::write(&out, generate(&pages)?).with_context(|| format!("cannot write {}", out.display()))
}

fn read_dir(path: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn stem(path: &Path) -> Result<&str> {
    path.file_stem().and_then(|stem| stem.to_str()).context("file name is not UTF-8")
}

fn read_page(path: &Path) -> Result<Page> {
    let text = std::fs::read_to_string(path)?.replace("\r\n", "\n");
    let rest = text.strip_prefix("---\n").context("does not start with `---`")?;
    let (front, body) = rest.split_once("\n---\n").context("the front matter has no closing `---`")?;
    let front: FrontMatter = serde_saphyr::from_str(front).context("front matter")?;
    front.severity.parse::<Severity>()?;
    front.category.parse::<Category>()?;
    ensure!(
        matches!(front.fix.as_str(), "none" | "safe" | "unsafe"),
        "`fix: {}`; expected none, safe or unsafe",
        front.fix
    );
    if front.applies != "any" {
        semver::VersionReq::parse(&front.applies).with_context(|| format!("`applies: {}`", front.applies))?;
    }
    for fact in &front.needs {
        fact.parse::<Fact>().context("`needs`")?;
    }
    ensure!(!front.sources.is_empty(), "`sources` is empty: say where the fact comes from");
    if let Some(word) = &front.default {
        ensure!(word == "off", "`default: {word}`; expected off, or no such field");
    }
    let heading = body.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let Some(title) = heading.strip_prefix("# ") else { bail!("the text must start with a `# ` heading") };
    for section in ["## Bad", "## Good"] {
        ensure!(body.lines().any(|line| line.starts_with(section)), "there is no `{section}` section");
    }
    if front.fix != "none" {
        ensure!(
            body.lines().any(|line| line.starts_with("## Fixed")),
            "`fix: {}` but no `## Fixed` section",
            front.fix
        );
    }
    Ok(Page { front, title: title.trim().to_owned(), path: path.to_owned() })
}

fn variant(word: &str) -> String {
    word.split('-').map(|part| part[..1].to_uppercase() + &part[1..]).collect()
}

fn generate(pages: &BTreeMap<String, Page>) -> Result<String> {
    let mut code = String::from("pub(crate) static RULES: &[RuleInfo] = &[\n");
    for (name, page) in pages {
        let front = &page.front;
        let fix = match front.fix.as_str() {
            "none" => "None".to_owned(),
            word => format!("Some(Safety::{})", variant(word)),
        };
        let applies = if front.applies == "any" { "None".to_owned() } else { format!("Some({:?})", front.applies) };
        writeln!(
            code,
            "RuleInfo {{ name: {name:?}, title: {:?}, severity: Severity::{}, category: Category::{}, fix: {fix}, \
             applies: {applies}, needs: &{:?}, supersedes: &{:?} }},",
            page.title,
            variant(&front.severity),
            variant(&front.category),
            front.needs,
            front.supersedes,
        )?;
    }
    let off: Vec<&String> =
        pages.iter().filter(|(_, page)| page.front.default.is_some()).map(|(name, _)| name).collect();
    writeln!(code, "];\nstatic OFF: &[&str] = &{off:?};")?;
    code.push_str("#[cfg(feature = \"text\")]\npub(crate) static TEXTS: &[&str] = &[\n");
    for page in pages.values() {
        writeln!(code, "include_str!({:?}),", page.path)?;
    }
    code.push_str("];\n");
    Ok(code)
}
