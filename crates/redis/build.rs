//! Turns the tables of directives and commands into static sorted arrays.

#[path = "src/slots.rs"]
mod slots;

use confvet_tables::{Row, Table, TableError, version, write_output};
use slots::{SLOTS, first_slot};

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
    write_slots("key_slots.rs", "KEY_SLOTS", &names)?;
    let parameters =
        Table::read("src/tables/parameters.tsv", &["parameter", "default", "type", "allowed", "modifiable", "former"])?;
    parameters.write_sorted("parameters.rs", "PARAMETERS", "ParameterInfo", |row| {
        Ok(format!(
            "ParameterInfo {{ key: {:?}, default: {:?}, is_number: {}, allowed: {:?}, modifiable: {}, former: {} }}",
            row.get("parameter"),
            row.get("default"),
            row.get("type") == "int",
            row.get("allowed"),
            row.get("modifiable") == "yes",
            row.optional("former"),
        ))
    })?;
    let nodes = Table::read("src/tables/nodes.tsv", &["type", "maxmemory"])?;
    nodes.write_sorted("nodes.rs", "NODE_TYPES", "(&str, u64)", |row| {
        Ok(format!("({:?}, {})", row.get("type"), row.get("maxmemory")))
    })?;
    let commands = Table::read("src/tables/commands.tsv", &["name", "since", "until", "valkey"])?;
    commands.write_sorted("commands.rs", "COMMANDS", "Command", |row| {
        Ok(format!(
            "Command {{ name: {:?}, since: {}, until: {}, in_valkey: {} }}",
            row.get("name"),
            number(row.get("since"))?,
            version(row.get("until"))?,
            row.get("valkey") == "yes",
        ))
    })?;
    write_slots("command_slots.rs", "COMMAND_SLOTS", &sorted(&commands, "name"))
}

/// The names of a table in the order in which it is written.
fn sorted<'a>(table: &'a Table, column: &str) -> Vec<&'a str> {
    let mut names: Vec<&str> = table.rows().map(|row| row.get(column)).collect();
    names.sort_unstable();
    names
}

/// Leads out of every table: no name has this slot.
const EMPTY: u16 = u16::MAX;

/// A table that leads from a name to its index; whoever finds the slot taken moves on to the next one.
fn write_slots(file: &str, name: &str, names: &[&str]) -> Result<(), TableError> {
    let mut slots = vec![EMPTY; SLOTS];
    for (index, name) in (0..).zip(names) {
        let mut slot = first_slot(name.as_bytes());
        while slots[slot] != EMPTY {
            slot = (slot + 1) % SLOTS;
        }
        slots[slot] = index;
    }
    write_output(file, &format!("static {name}: &[u16; {SLOTS}] = &{slots:?};\n"))
}

/// The Rust expression of a version that must be there: `(7, 2, 0)`.
fn number(cell: &str) -> Result<String, String> {
    let expression = version(cell)?;
    let bare = expression.strip_prefix("Some(").and_then(|rest| rest.strip_suffix(')'));
    bare.map(str::to_owned).ok_or_else(|| "a version is missing".to_owned())
}

fn key(row: Row<'_>, names: &[&str]) -> Result<String, String> {
    let canonical = if row.get("alias").is_empty() { row.get("key") } else { row.get("alias") };
    let target = names.binary_search(&canonical).map_err(|_| format!("`{canonical}` is no directive"))?;
    let defaults = history(row.get("defaults"), |value| Ok(format!("{value:?}")))?;
    let kinds = history(row.get("kinds"), kind)?;
    let (least, most) = words(row.get("words"))?;
    Ok(format!(
        "Key {{ target: {target}, name: {:?}, kind: {}, words: ({least}, {most}), default: {:?}, redis: {}, valkey: {}, removed: {}, \
         ignored: {}, again: {}, alias_of: {}, defaults: &[{defaults}], kinds: &[{kinds}] }}",
        row.get("key"),
        kind(row.get("type"))?,
        row.get("default"),
        version(row.get("redis"))?,
        version(row.get("valkey"))?,
        version(row.get("removed"))?,
        version(row.get("ignored"))?,
        version(row.get("again"))?,
        row.optional("alias"),
    ))
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
