//! Turns the tables of keys and algorithms into static sorted arrays.

use confvet_tables::{Row, Table, TableError, optional_text, text, value, version, words, write_output};

fn main() -> Result<(), TableError> {
    let keys = ["key", "dialect", "context", "type", "words", "words5", "since", "removed", "obsolete", "alias"];
    let table = Table::read("src/keys.tsv", &keys)?;
    let mut names: Vec<&str> = table.rows().map(|row| row.get("key")).collect();
    names.sort_unstable();
    table.write_sorted("keys.rs", "ROWS", "KeyRow", |row| {
        let contexts = row.get("context");
        // Rows of one name know each other by the index of the first.
        let first = names.partition_point(|name| *name < row.get("key"));
        let has = |letter| contexts.contains(letter).to_string();
        Ok(vec![
            text("name", row.get("key")),
            value("first", "u16", first.to_string()),
            value("dialect", "Dialect", dialect(row)?),
            value("setup", "bool", has('s')),
            value("conn", "bool", has('c')),
            value("ca", "bool", has('a')),
            value("kind", "ValueType", format!("ValueType::{}", row.get("type"))),
            words("words", row.get("words")),
            words("words5", row.get("words5")),
            value("since", VERSION, version(row.get("since"))?),
            value("removed", VERSION, version(row.get("removed"))?),
            value("obsolete", VERSION, version(row.get("obsolete"))?),
            optional_text("alias", row.get("alias")),
        ])
    })?;
    let constants = format!(
        "/// For constants: at run time nothing uses it, so that the program does not hold it.\n\
         const CONSTANT_NAMES: &[&str] = &{names:?};\n"
    );
    write_output("names.rs", &constants)?;
    let swanctl = ["section", "key", "type", "words", "since", "removed"];
    Table::read("src/swanctl.tsv", &swanctl)?.write_sorted("swanctl.rs", "OPTIONS", "OptionRow", |row| {
        Ok(vec![
            text("section", row.get("section")),
            text("name", row.get("key")),
            value("kind", "OptionType", format!("OptionType::{}", row.get("type"))),
            words("words", row.get("words")),
            value("since", VERSION, version(row.get("since"))?),
            value("removed", VERSION, version(row.get("removed"))?),
        ])
    })?;
    let algorithms =
        ["token", "dialect", "kind", "algorithm", "bits", "aead", "ike", "esp", "ah", "strength", "since", "removed"];
    Table::read("src/algorithms.tsv", &algorithms)?.write_sorted("algorithms.rs", "ALGORITHMS", "Algorithm", |row| {
        let bits: Vec<&str> = row.get("bits").split('/').filter(|bits| !bits.is_empty()).collect();
        let support = |field| value(field, "Support", format!("Support::{}", row.get(field)));
        Ok(vec![
            text("token", row.get("token")),
            value("dialect", "Dialect", dialect(row)?),
            value("kind", "Kind", format!("Kind::{}", camel(row.get("kind")))),
            text("name", row.get("algorithm")),
            value("bits", "&[u16]", format!("&[{}]", bits.join(", "))),
            value("aead", "bool", (row.get("aead") == "yes").to_string()),
            support("ike"),
            support("esp"),
            support("ah"),
            value("strength", "Strength", format!("Strength::{}", camel(row.get("strength")))),
            value("since", VERSION, version(row.get("since"))?),
            value("removed", VERSION, version(row.get("removed"))?),
        ])
    })
}

/// The type of a version that need not be there.
const VERSION: &str = "Option<ShortVersion>";

fn dialect(row: Row<'_>) -> Result<&'static str, String> {
    match row.get("dialect") {
        "S" => Ok("Dialect::Strongswan"),
        "L" => Ok("Dialect::Libreswan"),
        other => Err(format!("`{other}` is no dialect")),
    }
}

fn camel(cell: &str) -> String {
    cell.split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
        })
        .collect()
}
