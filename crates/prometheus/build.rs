//! Turns the tables of keys and of discovery labels into static sorted arrays.

use confvet_tables::{Table, TableError, version, write_output};
use std::fmt::Write;

fn main() -> Result<(), TableError> {
    let keys = Table::read("src/keys.tsv", &["context", "key", "type", "since", "removed", "default", "secret"])?;
    let mut rows: Vec<_> = keys.rows().collect();
    rows.sort_by_key(|row| (row.get("context"), row.get("key")));
    let mut code = String::from("static KEYS: &[KeyRow] = &[\n");
    let mut details = String::from("static DETAILS: &[Detail] = &[\n");
    for row in rows {
        let since = version(row.get("since")).unwrap_or_default();
        let since = since.strip_prefix("Some(").and_then(|since| since.strip_suffix(')')).unwrap_or_default();
        let _ = writeln!(
            code,
            "    KeyRow {{ since: &[{since}], removed: {}, ..KeyRow::new({:?}, {:?}, {}) }},",
            version(row.get("removed")).unwrap_or_default(),
            row.get("context"),
            row.get("key"),
            kind(row.get("type")),
        );
        let _ = writeln!(
            details,
            "    Detail {{ context: {:?}, key: {:?}, default: {}, secret: {} }},",
            row.get("context"),
            row.get("key"),
            row.optional("default"),
            row.get("secret") == "yes",
        );
    }
    code.push_str("];\n");
    details.push_str("];\n");
    write_output("keys.rs", &(code + &details))?;

    let meta = Table::read("src/meta.tsv", &["label", "kind", "sd", "roles", "since", "removed", "needs"])?;
    meta.write_sorted("meta.rs", "LABELS", "MetaLabel", |row| {
        let roles: Vec<&str> = row.get("roles").split(',').filter(|role| !role.is_empty()).collect();
        let kind = match row.get("kind") {
            "exact" => "Exact",
            "prefix" => "Prefix",
            "never-emitted" => "NeverEmitted",
            other => return Err(format!("`{other}` is no kind")),
        };
        // "after 3.14" is on no release yet.
        let since = row.get("since").strip_prefix("after ").map_or(row.get("since"), |_| "3.15");
        Ok(format!(
            "MetaLabel {{ name: {:?}, kind: MetaKind::{kind}, sd: {:?}, roles: &{roles:?}, since: {}, removed: {}, needs: {} }}",
            row.get("label"),
            row.get("sd"),
            version(since)?,
            version(row.get("removed"))?,
            row.optional("needs"),
        ))
    })
}

/// The type of a value, as an expression: `list:@static_configs` is a list of mappings with the keys of that context.
fn kind(cell: &str) -> String {
    if let Some(inner) = cell.strip_prefix("list:") {
        return format!("Type::List(&{})", kind(inner));
    }
    if let Some(inner) = cell.strip_prefix("map:") {
        return format!("Type::Map(&{})", kind(inner));
    }
    if let Some(context) = cell.strip_prefix('@') {
        return format!("Type::Mapping({context:?})");
    }
    for (prefix, variant) in [("enum:", "Enum"), ("enumci:", "EnumAnyCase")] {
        if let Some(words) = cell.strip_prefix(prefix) {
            let words: Vec<&str> = words.split('|').collect();
            return format!("Type::{variant}(&{words:?})");
        }
    }
    match cell {
        "text" => "Type::Text",
        "bool" => "Type::Bool",
        "int" => "Type::Int",
        "uint" => "Type::Uint",
        "float" => "Type::Float",
        "any" => "Type::Any",
        "duration" => "Type::Scalar(\"duration\")",
        "size" => "Type::Scalar(\"size\")",
        _ => "Type::Scalar(\"url\")",
    }
    .to_owned()
}
