//! Turns the tables of directives and commands into static sorted arrays.

use confvet_tables::{Field, Row, Table, TableError, optional_text, text, value, version};

fn main() -> Result<(), TableError> {
    let keys = Table::read(
        "src/tables/keys.tsv",
        &[
            "key", "type", "words", "default", "redis", "valkey", "removed", "ignored", "alias", "defaults", "again",
            "kinds",
        ],
    )?;
    let names = sorted(&keys, "key");
    keys.write_sorted("keys.rs", "KEYS", "Key", |row| key(row, &names))?;
    let parameters =
        Table::read("src/tables/parameters.tsv", &["parameter", "default", "type", "allowed", "modifiable", "former"])?;
    parameters.write_sorted("parameters.rs", "PARAMETERS", "ParameterInfo", |row| {
        Ok(vec![
            text("key", row.get("parameter")),
            text("default", row.get("default")),
            value("is_number", "bool", (row.get("type") == "int").to_string()),
            text("allowed", row.get("allowed")),
            value("modifiable", "bool", (row.get("modifiable") == "yes").to_string()),
            optional_text("former", row.get("former")),
        ])
    })?;
    let nodes = Table::read("src/tables/nodes.tsv", &["type", "maxmemory"])?;
    nodes.write_sorted("nodes.rs", "NODE_TYPES", "NodeType", |row| {
        Ok(vec![text("name", row.get("type")), value("maxmemory", "u64", row.get("maxmemory"))])
    })?;
    let commands = Table::read("src/tables/commands.tsv", &["name", "since", "until", "valkey"])?;
    commands.write_sorted("commands.rs", "COMMANDS", "Command", |row| {
        Ok(vec![
            text("name", row.get("name")),
            value("since", "Number", number(row.get("since"))?),
            value("until", "Option<Number>", version(row.get("until"))?),
            value("in_valkey", "bool", (row.get("valkey") == "yes").to_string()),
        ])
    })
}

/// The names of a table in the order in which it is written.
fn sorted<'a>(table: &'a Table, column: &str) -> Vec<&'a str> {
    let mut names: Vec<&str> = table.rows().map(|row| row.get(column)).collect();
    names.sort_unstable();
    names
}

/// The Rust expression of a version that must be there: `(7, 2, 0)`.
fn number(cell: &str) -> Result<String, String> {
    let expression = version(cell)?;
    let bare = expression.strip_prefix("Some(").and_then(|rest| rest.strip_suffix(')'));
    bare.map(str::to_owned).ok_or_else(|| "a version is missing".to_owned())
}

fn key(row: Row<'_>, names: &[&str]) -> Result<Vec<Field>, String> {
    let canonical = if row.get("alias").is_empty() { row.get("key") } else { row.get("alias") };
    let target = names.binary_search(&canonical).map_err(|_| format!("`{canonical}` is no directive"))?;
    let defaults = history(row.get("defaults"), |value| Ok(format!("{value:?}")))?;
    let kinds = history(row.get("kinds"), kind)?;
    let (least, most) = words(row.get("words"))?;
    let release = |column| Ok::<_, String>(value(column, "Option<Number>", version(row.get(column))?));
    Ok(vec![
        value("target", "u16", target.to_string()),
        text("name", row.get("key")),
        value("kind", "Kind", kind(row.get("type"))?),
        value("words", "(u8, u8)", format!("({least}, {most})")),
        text("default", row.get("default")),
        release("redis")?,
        release("valkey")?,
        release("removed")?,
        release("ignored")?,
        release("again")?,
        optional_text("alias_of", row.get("alias")),
        value("defaults", "&[(bool, Number, &str)]", format!("&[{defaults}]")),
        value("kinds", "&[(bool, Number, Kind)]", format!("&[{kinds}]")),
    ])
}

/// What holds since which version, as `6.2=x|valkey 8.0=y`: an expression for each entry.
fn history(cell: &str, expression: impl Fn(&str) -> Result<String, String>) -> Result<String, String> {
    let entries: Vec<String> = (cell.split('|').filter(|entry| !entry.is_empty()))
        .map(|entry| {
            let (since, value) = entry.split_once('=').ok_or_else(|| format!("`{entry}` has no version"))?;
            let (valkey, since) = since.strip_prefix("valkey ").map_or((false, since), |since| (true, since));
            Ok(format!("({valkey}, {}, {})", number(since)?, expression(value)?))
        })
        .collect::<Result<_, String>>()?;
    Ok(entries.join(", "))
}

/// How many words a `sentinel` statement takes; directives of redis.conf leave the cell empty, as their type says it.
fn words(cell: &str) -> Result<(u8, u8), String> {
    let number = |text: &str| text.parse::<u8>().map_err(|_| format!("`{text}` is no number of words"));
    match cell.split_once("..") {
        _ if cell.is_empty() => Ok((1, 1)),
        Some((least, most)) => Ok((number(least)?, number(most)?)),
        None => Ok((number(cell)?, number(cell)?)),
    }
}

fn kind(cell: &str) -> Result<String, String> {
    if let Some(words) = cell.strip_prefix("enum:") {
        let words: Vec<String> = (words.split('|'))
            .map(|word| {
                let (word, since) = word.split_once('@').unwrap_or((word, "0.0"));
                Ok(format!("({word:?}, {})", number(since)?))
            })
            .collect::<Result<_, String>>()?;
        return Ok(format!("Kind::Enum(&[{}])", words.join(", ")));
    }
    for (prefix, variant) in [("int[", "Int"), ("memory[", "Memory")] {
        if let Some((min, max)) =
            cell.strip_prefix(prefix).and_then(|range| range.strip_suffix(']')).and_then(|range| range.split_once(','))
        {
            return Ok(format!("Kind::{variant} {{ min: {min}, max: {max} }}"));
        }
    }
    let variant = match cell {
        "bool" => "Bool",
        "text" => "Text",
        "octal" => "Octal",
        "memory-or-percent" => "MemoryOrPercent",
        "bind" => "Bind",
        "save" => "Save",
        "buffer-limit" => "BufferLimit",
        "include" => "Include",
        "percentiles" => "Percentiles",
        "module-path" => "ModulePath",
        "events" => "Events",
        "oom-values" => "OomValues",
        "rename" => "Rename",
        "replica-of" => "ReplicaOf",
        "sentinel" => "Sentinel",
        "user" => "User",
        "signals" => "Signals",
        "module" => "Module",
        "obsolete" => "Obsolete",
        "atoi" => "Atoi",
        "atoi-positive" => "AtoiPositive",
        "monitor" => "Monitor",
        "id" => "RunId",
        _ => return Err(format!("`{cell}` is no type")),
    };
    Ok(format!("Kind::{variant}"))
}
