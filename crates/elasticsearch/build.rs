//! Turns the key table and the table of JVM flags into sorted arrays.

use confvet_tables::{Field, Row, Table, TableError, optional_text, text, value, version};

fn main() -> Result<(), TableError> {
    let columns = ["key", "type", "absent_before", "since", "deprecated", "removed", "replacement", "rename"];
    Table::read("src/keys.tsv", &columns)?.write_sorted("keys.rs", "KEYS", "Key", key)?;
    Table::read("src/jvm-flags.tsv", &["flag", "jdks"])?.write_sorted("jvm_flags.rs", "FLAGS", "JvmFlag", flag)
}

fn key(row: Row<'_>) -> Result<Vec<Field>, String> {
    let release = |column| Ok::<_, String>(value(column, "Option<VersionTriple>", version(row.get(column))?));
    Ok(vec![
        text("name", row.get("key")),
        value("kind", "Kind", kind(row.get("type"))?),
        release("absent_before")?,
        release("since")?,
        release("deprecated")?,
        release("removed")?,
        optional_text("replacement", row.get("replacement")),
        optional_text("rename", row.get("rename")),
    ])
}

fn kind(word: &str) -> Result<String, String> {
    if let Some(names) = word.strip_prefix("enum(").and_then(|rest| rest.strip_suffix(')')) {
        return Ok(format!("Kind::Enum(&{:?})", names.split('|').collect::<Vec<_>>()));
    }
    let kind = match word {
        "auto-create" => "AutoCreate",
        "bool" => "Bool",
        "bytesize" => "Bytes",
        "float" => "Float",
        "group" => "Group",
        "int" => "Int",
        "list" => "List",
        "long" => "Long",
        "memsize" => "Memory",
        "port-range" => "Ports",
        "prefix" => "Prefix",
        "prefix-index" => "IndexPrefix",
        "prefix-open" => "OpenPrefix",
        "prefix-open-ge8" => "OpenPrefixFrom8",
        "prefix-removed" => "RemovedPrefix",
        "rate" => "Rate",
        "ratio-or-bytesize" => "RatioOrBytes",
        "removed" => "Removed",
        "secure" => "Secure",
        "secure-legacy" => "LegacySecret",
        "string" => "Text",
        "time" => "Time",
        other => return Err(format!("`{other}` is no type")),
    };
    Ok(format!("Kind::{kind}"))
}

fn flag(row: Row<'_>) -> Result<Vec<Field>, String> {
    let states = row.get("jdks").chars().map(|state| {
        Ok(match state {
            '-' => "Refused",
            'p' => "Accepted",
            'e' => "Experimental",
            'd' => "Diagnostic",
            'D' => "Deprecated",
            'i' => "Ignored",
            '?' => "Unmeasured",
            other => return Err(format!("`{other}` is no state")),
        })
    });
    let states: Vec<&str> = states.collect::<Result<_, _>>()?;
    let states: Vec<String> = states.into_iter().map(|state| format!("FlagState::{state}")).collect();
    Ok(vec![text("name", row.get("flag")), value("states", "[FlagState; 5]", format!("[{}]", states.join(", ")))])
}
