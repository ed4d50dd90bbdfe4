//! `confvet explain RULE`.

use crate::args::ExplainArgs;
use crate::style::Palette;
use anyhow::{Result, bail};
use confvet::rules::{self, Page};
use std::io::{self, BufWriter, Write};

pub(crate) fn run(args: &ExplainArgs) -> Result<u8> {
    let page = find(&args.rule)?;
    let palette = Palette::new(args.color);
    let mut out = BufWriter::new(io::stdout().lock());
    print(&mut out, &page, palette)?;
    out.flush()?;
    Ok(0)
}

/// Finds a page by its whole name, or by the part behind the slash when only one system has it.
fn find(name: &str) -> Result<Page> {
    if let Some(page) = rules::page(name) {
        return Ok(page);
    }
    let same_tail = |rule: &&confvet::RuleInfo| rule.name.split_once('/').is_some_and(|(_, tail)| tail == name);
    let found: Vec<&str> = rules::all().iter().filter(same_tail).map(|rule| rule.name).collect();
    if let [one] = found[..]
        && let Some(page) = rules::page(one)
    {
        return Ok(page);
    }
    if found.len() > 1 {
        bail!("`{name}` could be {}", found.join(" or "));
    }
    match confvet::did_you_mean(name, rules::all().iter().map(|rule| rule.name)) {
        Some(near) => bail!("there is no rule `{name}`; did you mean `{near}`?"),
        None => bail!("there is no rule `{name}`; `confvet rules` lists them"),
    }
}

fn print(out: &mut impl Write, page: &Page, palette: Palette) -> Result<()> {
    let info = page.info;
    let (bold, dim, code) = (palette.bold(), palette.dim(), palette.code());
    let severity = palette.severity(info.severity);
    let fix = info.fix.map_or("no fix", |safety| match safety {
        confvet::Safety::Safe => "safe fix",
        confvet::Safety::Unsafe => "unsafe fix",
    });
    let versions = info.applies.map_or_else(String::new, |applies| format!(", versions {applies}"));
    writeln!(out, "{bold}{}{bold:#}", info.name)?;
    writeln!(out, "{severity}{}{severity:#}, {}, {fix}{versions}", info.severity, info.category)?;
    if rules::is_off_by_default(info.name) {
        writeln!(out, "{dim}off by default: name it in [rules] of confvet.toml or with --select{dim:#}")?;
    }
    if !info.needs.is_empty() {
        writeln!(out, "{dim}needs to know: {}{dim:#}", info.needs.join(", "))?;
    }
    let mut fenced = false;
    for line in page.body().trim_end().lines() {
        if let Some(fence) = line.strip_prefix("```") {
            if !fenced && !fence.is_empty() {
                writeln!(out, "  {dim}{fence}{dim:#}")?;
            }
            fenced = !fenced;
        } else if fenced {
            writeln!(out, "  {code}{line}{code:#}")?;
        } else if let Some(heading) = line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')) {
            writeln!(out, "{bold}{heading}{bold:#}")?;
        } else {
            writeln!(out, "{line}")?;
        }
    }
    writeln!(out, "\n{bold}Sources{bold:#}")?;
    for source in page.sources() {
        writeln!(out, "- {source}")?;
    }
    Ok(())
}
