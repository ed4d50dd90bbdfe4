//! `confvet rules`.

use crate::args::{ListFormat, RulesArgs};
use crate::style::Palette;
use anyhow::{Result, bail};
use confvet::{RuleInfo, Safety, rules};
use std::io::{self, BufWriter, Write};

pub(crate) fn run(args: &RulesArgs) -> Result<u8> {
    let wanted = |rule: &&RuleInfo| {
        args.system.as_deref().is_none_or(|system| rule.name.split('/').next().is_some_and(|name| name == system))
    };
    let listed: Vec<&RuleInfo> = rules::all().iter().filter(wanted).collect();
    if listed.is_empty() {
        let names: Vec<&str> = confvet::systems().iter().map(|system| system.name).collect();
        bail!("no rule belongs to `{}`; systems are {}", args.system.as_deref().unwrap_or_default(), names.join(", "));
    }
    let mut out = BufWriter::new(io::stdout().lock());
    match args.format {
        ListFormat::Human => print_table(&mut out, &listed, Palette::new(args.color))?,
        ListFormat::Json => print_json(&mut out, &listed)?,
    }
    out.flush()?;
    Ok(0)
}

fn fix_word(rule: &RuleInfo) -> &'static str {
    rule.fix.map_or("none", Safety::as_str)
}

fn print_table(out: &mut impl Write, rules: &[&RuleInfo], palette: Palette) -> Result<()> {
    let width = rules.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
    let (bold, dim) = (palette.bold(), palette.dim());
    for rule in rules {
        let severity = palette.severity(rule.severity);
        let fix = match rule.fix {
            Some(Safety::Safe) => "fix",
            Some(Safety::Unsafe) => "fix?",
            None => "",
        };
        let off = if rules::is_off_by_default(rule.name) { " (off by default)" } else { "" };
        writeln!(
            out,
            "{bold}{:width$}{bold:#}  {severity}{:<7}{severity:#}  {:<15}  {dim}{fix:<4}{dim:#}  {}{dim}{off}{dim:#}",
            rule.name,
            rule.severity.as_str(),
            rule.category.as_str(),
            rule.title
        )?;
    }
    writeln!(
        out,
        "{dim}{} rules; fix: safe, fix?: with --unsafe-fixes; `confvet explain RULE` shows a page{dim:#}",
        rules.len()
    )?;
    Ok(())
}

fn print_json(out: &mut impl Write, rules: &[&RuleInfo]) -> Result<()> {
    let to_json = |rule: &&RuleInfo| {
        serde_json::json!({
            "rule": rule.name,
            "title": rule.title,
            "severity": rule.severity,
            "category": rule.category,
            "fix": fix_word(rule),
            "applies": rule.applies,
            "needs": rule.needs,
            "supersedes": rule.supersedes,
            "default": if rules::is_off_by_default(rule.name) { "off" } else { "on" },
            "url": confvet::rule_url(rule.name),
        })
    };
    let rules: Vec<serde_json::Value> = rules.iter().map(to_json).collect();
    serde_json::to_writer_pretty(&mut *out, &rules)?;
    writeln!(out)?;
    Ok(())
}
