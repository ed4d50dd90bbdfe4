//! Turns the tables of keys and of discovery labels into static sorted arrays, and the keys into the typed model too.

use confvet_tables::{Row, Table, TableError, array, optional_text, text, value, version, words, write_output};
use std::collections::BTreeMap;
use std::fmt::Write;

#[path = "build/unicode.rs"]
mod unicode;

fn main() -> Result<(), TableError> {
    let columns = ["context", "key", "type", "since", "removed", "default", "null", "secret"];
    let keys = Table::read("src/keys.tsv", &columns)?;
    let mut rows: Vec<_> = keys.rows().collect();
    rows.sort_by_key(|row| (row.get("context"), row.get("key")));
    let mut written = Vec::new();
    for row in &rows {
        let version = |column| version(row.get(column)).unwrap_or_else(|message| panic!("keys.tsv: {message}"));
        let since = version("since");
        let since = since.strip_prefix("Some(").and_then(|since| since.strip_suffix(')')).unwrap_or_default();
        let resets = row.get("null") == "resets";
        written.push(vec![
            text("context", row.get("context")),
            text("key", row.get("key")),
            value("kind", "Type", kind(row.get("type"))),
            value("since", "&[Release]", format!("&[{since}]")),
            value("removed", "Option<Release>", version("removed")),
            optional_text("default", if resets { row.get("default") } else { "" }),
            value("secret", "bool", (row.get("secret") == "yes").to_string()),
        ]);
    }
    write_output("keys.rs", &array("DETAILS", "Detail", &written))?;
    write_output("config.rs", &config(&rows)?)?;
    unicode::write()?;

    let meta = Table::read("src/meta.tsv", &["label", "kind", "sd", "roles", "since", "removed", "needs"])?;
    meta.write_sorted("meta.rs", "LABELS", "MetaLabel", |row| {
        let kind = match row.get("kind") {
            "exact" => "Exact",
            "prefix" => "Prefix",
            "never-emitted" => "NeverEmitted",
            other => return Err(format!("`{other}` is no kind")),
        };
        // "after 3.14" is on no release yet.
        let since = row.get("since").strip_prefix("after ").map_or(row.get("since"), |_| "3.15");
        Ok(vec![
            text("name", row.get("label")),
            value("kind", "MetaKind", format!("MetaKind::{kind}")),
            text("sd", row.get("sd")),
            words("roles", &row.get("roles").replace(',', "|")),
            value("since", "Option<(u16, u16, u16)>", version(since)?),
            value("removed", "Option<(u16, u16, u16)>", version(row.get("removed"))?),
            optional_text("needs", row.get("needs")),
        ])
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

/// The typed model: a struct for each context of the key table, a field for each key.
fn config(rows: &[Row<'_>]) -> Result<String, TableError> {
    let sections = Table::read("src/config/sections.tsv", &["context", "type", "about", "source"])?;
    let words = Table::read("src/config/words.tsv", &["words", "type", "about"])?;
    let about = Table::read("src/config/about.tsv", &["context", "key", "about"])?;
    let sections: BTreeMap<&str, Row<'_>> = sections.rows().map(|row| (row.get("context"), row)).collect();
    let names: BTreeMap<&str, &str> = words.rows().map(|row| (row.get("words"), row.get("type"))).collect();
    let about: BTreeMap<(&str, &str), &str> =
        about.rows().map(|row| ((row.get("context"), row.get("key")), row.get("about"))).collect();
    let mut code = String::new();
    for (context, section) in &sections {
        let _ = writeln!(code, "/// {}", section.get("about"));
        if context.ends_with("_configs") || context.contains('.') || context.contains('_') {
            let _ = writeln!(code, "///\n/// `{context}`. Source: {}.", section.get("source"));
        } else {
            let _ = writeln!(code, "///\n/// Source: {}.", section.get("source"));
        }
        code.push_str("#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]\n#[serde(default)]\n");
        let _ = writeln!(code, "pub struct {} {{", section.get("type"));
        for row in rows.iter().filter(|row| row.get("context") == *context) {
            field(&mut code, row, &sections, &names, &about);
        }
        code.push_str("}\n\n");
    }
    for row in words.rows().filter(|row| !row.get("type").contains("::")) {
        let any_case = rows.iter().any(|key| key.get("type").ends_with(&format!("enumci:{}", row.get("words"))));
        let _ = writeln!(code, "words! {{\n    /// {}\n    {} {any_case} {{", row.get("about"), row.get("type"));
        for word in row.get("words").split('|') {
            let _ = writeln!(code, "        {} = {word:?},", variant(word));
        }
        code.push_str("    }\n}\n\n");
    }
    code.push_str("#[cfg(test)]\nconst SECTIONS: &[(&str, tests::Fields)] = &[\n");
    for (context, section) in &sections {
        let _ = writeln!(code, "    ({context:?}, tests::fields::<{}>),", section.get("type"));
    }
    code.push_str("];\n");
    Ok(code)
}

/// A field with what there is to say of it.
fn field(
    code: &mut String,
    row: &Row<'_>,
    sections: &BTreeMap<&str, Row<'_>>,
    words: &BTreeMap<&str, &str>,
    about: &BTreeMap<(&str, &str), &str>,
) {
    let (context, key, kind) = (row.get("context"), row.get("key"), row.get("type"));
    let text = about.get(&(context, key)).or_else(|| about.get(&("*", key))).copied().unwrap_or_default();
    let _ = writeln!(code, "    /// {text}");
    let mut facts = String::new();
    if let Some(unit) = unit(kind) {
        let _ = write!(facts, " {unit}.");
    }
    if !row.get("default").is_empty() {
        let _ = write!(facts, " Default: `{}`.", row.get("default"));
    }
    if !row.get("since").is_empty() {
        let _ = write!(facts, " Since {}.", row.get("since"));
    }
    if !row.get("removed").is_empty() {
        let _ = write!(facts, " Until {}.", row.get("removed"));
    }
    if !facts.is_empty() {
        let _ = writeln!(code, "    ///\n    ///{facts}");
    }
    let secret = row.get("secret") == "yes";
    let (type_name, attribute) = if kind.starts_with("list:") {
        (
            rust_type(kind, secret, sections, words),
            r#"deserialize_with = "list", skip_serializing_if = "Vec::is_empty""#,
        )
    } else if kind.starts_with("map:") {
        (
            rust_type(kind, secret, sections, words),
            r#"deserialize_with = "map", skip_serializing_if = "BTreeMap::is_empty""#,
        )
    } else {
        let inner = rust_type(kind, secret, sections, words);
        (format!("Option<{inner}>"), r#"skip_serializing_if = "Option::is_none""#)
    };
    let raw = if matches!(key, "for" | "type") { "r#" } else { "" };
    let _ = writeln!(code, "    #[serde({attribute})]\n    pub {raw}{key}: {type_name},");
}

/// The unit of a value, where its type does not say it.
fn unit(kind: &str) -> Option<&'static str> {
    match kind {
        "duration" => Some("A duration"),
        "size" => Some("A size in bytes; all units of it are powers of 1024"),
        "url" => Some("A URL"),
        _ => None,
    }
}

fn rust_type(cell: &str, secret: bool, sections: &BTreeMap<&str, Row<'_>>, words: &BTreeMap<&str, &str>) -> String {
    if let Some(inner) = cell.strip_prefix("list:") {
        return format!("Vec<{}>", rust_type(inner, secret, sections, words));
    }
    if let Some(inner) = cell.strip_prefix("map:") {
        return format!("BTreeMap<String, {}>", rust_type(inner, secret, sections, words));
    }
    if let Some(context) = cell.strip_prefix('@') {
        return sections.get(context).map_or("", |section| section.get("type")).to_owned();
    }
    let scalar = match cell.strip_prefix("enum:").or_else(|| cell.strip_prefix("enumci:")) {
        Some(cell) => words.get(cell).copied().unwrap_or_default(),
        None => match cell {
            "any" => return "AnyValue".to_owned(),
            "bool" => "bool",
            "int" => "i64",
            "uint" => "u64",
            "float" => "f64",
            "duration" => "Millis",
            "size" => "Size",
            _ if secret => "Secret",
            _ => "String",
        },
    };
    format!("Spanned<{scalar}>")
}

/// A word as the name of a variant: `allow-utf-8` is `AllowUtf8`.
fn variant(word: &str) -> String {
    let mut name = String::new();
    let mut previous = ' ';
    for c in word.chars() {
        let between = previous.is_ascii_digit() && c.is_ascii_digit() || !previous.is_ascii_alphanumeric();
        if c.is_ascii_alphanumeric() {
            name.push(if between || name.is_empty() { c.to_ascii_uppercase() } else { c });
        } else if c == '.' && previous.is_ascii_digit() {
            name.push('_');
        }
        previous = c;
    }
    name
}
