//! Turns the key table and the table of JVM flags into static sorted arrays.

use confvet_tables::{Row, Table, TableError, version};

fn main() -> Result<(), TableError> {
    let columns = ["key", "type", "absent_before", "since", "deprecated", "removed", "replacement", "rename"];
    Table::read("src/keys.tsv", &columns)?.write_sorted("keys.rs", "KEYS", "Key", key)?;
    Table::read("src/jvm-flags.tsv", &["flag", "jdks"])?.write_sorted("jvm_flags.rs", "FLAGS", "JvmFlag", flag)
}

fn key(row: Row<'_>) -> Result<String, String> {
    Ok(format!(
        "Key {{ name: {:?}, kind: {}, absent_before: {}, since: {}, deprecated: {}, removed: {}, replacement: {}, \
         rename: {} }}",
        row.get("key"),
        kind(row.get("type"))?,
        version(row.get("absent_before"))?,
        version(row.get("since"))?,
        version(row.get("deprecated"))?,
        version(row.get("removed"))?,
        row.optional("replacement"),
        row.optional("rename"),
    ))
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

fn flag(row: Row<'_>) -> Result<String, String> {
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
    Ok(format!("JvmFlag {{ name: {:?}, states: [{}] }}", row.get("flag"), states.join(", ")))
}
