//! Turns the tables of directives and variables into static arrays.

use confvet_tables::{Field, Row, Table, TableError, optional_text, text, value, version, write_output};
use std::fmt::Write;

const KEY_COLUMNS: &[&str] = &[
    "directive",
    "block",
    "contexts",
    "args",
    "type",
    "values",
    "duplicate",
    "module",
    "since",
    "removed",
    "args_before",
    "args_changed",
    "deprecated",
    "deprecated_since",
    "origin",
];

fn main() -> Result<(), TableError> {
    let keys = Table::read("src/keys.tsv", KEY_COLUMNS)?;
    keys.write_sorted("rows.rs", "ROWS", "Row", row)?;
    write_names(&keys)?;
    let flaws = Table::read("src/flaws.tsv", &["cve", "name", "minor", "vulnerable", "mended", "trigger"])?;
    flaws.write_sorted("flaws.rs", "FLAWS", "Flaw", flaw)?;
    let variables = Table::read("src/variables.tsv", &["variable", "protocol", "since", "removed", "assignable"])?;
    variables.write_sorted("variables.rs", "BUILT_IN", "BuiltIn", |row| {
        let name = row.get("variable");
        Ok(vec![
            text("name", name.trim_end_matches('*')),
            value("prefix", "bool", name.ends_with('*').to_string()),
            value("stream", "bool", (row.get("protocol") == "stream").to_string()),
            value("since", "Option<TableVersion>", version(row.get("since"))?),
            value("removed", "Option<TableVersion>", version(row.get("removed"))?),
            value("assignable", "bool", (row.get("assignable") == "yes").to_string()),
        ])
    })
}

/// The distinct names in order, for the compiler.
fn write_names(keys: &Table) -> Result<(), TableError> {
    let mut names: Vec<&str> = keys.rows().map(|row| row.get("directive")).collect();
    names.sort_unstable();
    names.dedup();
    let mut code =
        String::from("/// For constants: at run time nothing uses it, so that the program does not hold it.\n");
    let _ = writeln!(code, "const CONSTANT_NAMES: &[&str] = &{names:?};");
    code.push_str("/// Every name as a constant, for patterns.\n#[allow(dead_code)]\npub(crate) mod known {\n");
    for (index, name) in names.iter().enumerate() {
        let constant = name.to_ascii_uppercase();
        let _ = writeln!(code, "    pub(crate) const {constant}: super::Key = super::Key::at({index});");
    }
    code.push_str("}\n");
    write_output("names.rs", &code)
}

fn row(row: Row<'_>) -> Result<Vec<Field>, String> {
    let values = match (row.get("values"), row.get("values").strip_prefix("range ")) {
        (_, Some(range)) => {
            let (low, high) = range.split_once("..").ok_or_else(|| format!("`{range}` is no range"))?;
            format!("Values::Range({low}, {high})")
        }
        ("", None) => "Values::Any".to_owned(),
        (words, None) => format!("Values::Words(&{:?})", words.split('|').collect::<Vec<_>>()),
    };
    let changed = match version(row.get("args_changed"))?.as_str() {
        "None" => "None".to_owned(),
        changed => {
            let at = changed.trim_start_matches("Some(").trim_end_matches(')').to_owned() + ")";
            format!("Some(({}, {at}))", arguments(row.get("args_before"))?)
        }
    };
    Ok(vec![
        text("name", row.get("directive")),
        value("block", "bool", (row.get("block") == "yes").to_string()),
        value("contexts", "Contexts", format!("Contexts({:#x})", contexts(row.get("contexts"))?)),
        value("arguments", "Arguments", arguments(row.get("args"))?),
        value("arguments_before", "Option<(Arguments, TableVersion)>", changed),
        value("kind", "ValueType", format!("ValueType::{}", kind(row.get("type"))?)),
        value("values", "Values", values),
        value("unique", "bool", (row.get("duplicate") == "error").to_string()),
        text("module", row.get("module")),
        value("since", "Option<TableVersion>", version(row.get("since"))?),
        value("removed", "Option<TableVersion>", version(row.get("removed"))?),
        optional_text("deprecated", row.get("deprecated")),
        value("deprecated_since", "Option<TableVersion>", version(row.get("deprecated_since"))?),
        value("origin", "Origin", format!("Origin::{}", origin(row.get("origin")))),
    ])
}

fn contexts(cell: &str) -> Result<u32, String> {
    cell.split(',').try_fold(0, |mask, word| {
        let bit = match word {
            "main" => 0,
            "events" => 1,
            "http" => 2,
            "http.server" => 3,
            "http.location" => 4,
            "http.upstream" => 5,
            "http.server.if" => 6,
            "http.location.if" => 7,
            "http.limit_except" => 8,
            "stream" => 9,
            "stream.server" => 10,
            "stream.upstream" => 11,
            "mail" => 12,
            "mail.server" => 13,
            "mgmt" => 14,
            "http.acme_issuer" => 15,
            "http.oidc_provider" => 16,
            "rtmp" => 17,
            "rtmp.server" => 18,
            "rtmp.application" => 19,
            "rtmp.recorder" => 20,
            "?" => 21,
            "any" => return Ok(u32::MAX),
            _ => return Err(format!("`{word}` is no context")),
        };
        Ok(mask | 1 << bit)
    })
}

/// Bit n: n arguments are fine. Bit 15: any number past the highest.
fn arguments(cell: &str) -> Result<String, String> {
    let number = |text: &str| text.parse::<u16>().map_err(|_| format!("`{cell}` is no shape of arguments"));
    let from = |least: u16| 0x8000 | (0xff & !((1_u16 << least) - 1));
    let mask = match cell {
        "any" | "?" => from(0),
        "flag" => 1 << 1,
        _ => match (cell.strip_suffix('+'), cell.split_once('-'), cell.split_once('|')) {
            (Some(least), _, _) => from(number(least)?),
            (_, Some((low, high)), _) => (number(low)?..=number(high)?).fold(0, |mask, n| mask | 1 << n),
            (_, _, Some((a, b))) => 1 << number(a)? | 1 << number(b)?,
            _ => 1 << number(cell)?,
        },
    };
    Ok(format!("Arguments({mask:#x})"))
}

fn kind(cell: &str) -> Result<&'static str, String> {
    Ok(match cell {
        "flag" => "Flag",
        "number" => "Number",
        "size" => "Size",
        "offset" => "Offset",
        "time-ms" => "TimeMs",
        "time-s" => "TimeS",
        "enum" => "Enum",
        "set" => "Set",
        "template" | "template[]" | "size-or-variable" => "Template",
        "name-value[]" => "NameValue",
        "number+size" => "Buffers",
        "block" => "Block",
        "string" | "string[]" | "mime-types" | "address" | "access" | "path+levels" | "custom" => "Other",
        _ => return Err(format!("`{cell}` is no type")),
    })
}

fn origin(cell: &str) -> &'static str {
    match cell {
        "oss" => "OpenSource",
        "plus" => "Plus",
        "openresty" => "OpenResty",
        _ => "Module",
    }
}

fn flaw(row: Row<'_>) -> Result<Vec<Field>, String> {
    let exact = |text: &str| {
        version(text).map(|version| version.trim_start_matches("Some(").trim_end_matches("))").to_owned() + ")")
    };
    let mut ranges = String::new();
    for range in row.get("vulnerable").split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let _ = write!(ranges, "({}, {}), ", exact(first)?, exact(last)?);
    }
    let mended: Vec<String> = row.get("mended").split(',').map(exact).collect::<Result<_, _>>()?;
    let trigger: String = row.get("trigger").split('-').map(|part| part[..1].to_uppercase() + &part[1..]).collect();
    Ok(vec![
        text("id", row.get("cve")),
        text("name", row.get("name")),
        value("minor", "bool", (row.get("minor") == "yes").to_string()),
        value("vulnerable", "&[(TableVersion, TableVersion)]", format!("&[{ranges}]")),
        value("mended", "&[TableVersion]", format!("&[{}]", mended.join(", "))),
        value("trigger", "Trigger", format!("Trigger::{trigger}")),
    ])
}
