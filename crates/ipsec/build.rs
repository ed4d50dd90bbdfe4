//! Turns the tables of keys and algorithms into static sorted arrays.

use confvet_tables::{Row, Table, TableError, version};

fn main() -> Result<(), TableError> {
    let keys = ["key", "dialect", "context", "type", "words", "words5", "since", "removed", "obsolete", "alias"];
    let table = Table::read("src/keys.tsv", &keys)?;
    let mut names: Vec<&str> = table.rows().map(|row| row.get("key")).collect();
    names.sort_unstable();
    table.write_sorted("keys.rs", "ROWS", "KeyRow", |row| {
        let contexts = row.get("context");
        // Rows of one name know each other by the index of the first.
        let first = names.partition_point(|name| *name < row.get("key"));
        Ok(format!(
            "KeyRow {{ name: {:?}, first: {first}, dialect: {}, setup: {}, conn: {}, ca: {}, kind: ValueType::{}, words: &{:?}, \
             words5: &{:?}, since: {}, removed: {}, obsolete: {}, alias: {} }}",
            row.get("key"),
            dialect(row)?,
            contexts.contains('s'),
            contexts.contains('c'),
            contexts.contains('a'),
            row.get("type"),
            words(row.get("words")),
            words(row.get("words5")),
            version(row.get("since"))?,
            version(row.get("removed"))?,
            version(row.get("obsolete"))?,
            row.optional("alias"),
        ))
    })?;
    let swanctl = ["section", "key", "type", "words", "since", "removed"];
    Table::read("src/swanctl.tsv", &swanctl)?.write_sorted("swanctl.rs", "OPTIONS", "OptionRow", |row| {
        Ok(format!(
            "OptionRow {{ section: {:?}, name: {:?}, kind: OptionType::{}, words: &{:?}, since: {}, removed: {} }}",
            row.get("section"),
            row.get("key"),
            row.get("type"),
            words(row.get("words")),
            version(row.get("since"))?,
            version(row.get("removed"))?,
        ))
    })?;
    let algorithms =
        ["token", "dialect", "kind", "algorithm", "bits", "aead", "ike", "esp", "ah", "strength", "since", "removed"];
    Table::read("src/algorithms.tsv", &algorithms)?.write_sorted("algorithms.rs", "ALGORITHMS", "Algorithm", |row| {
        let bits: Vec<&str> = row.get("bits").split('/').filter(|bits| !bits.is_empty()).collect();
        Ok(format!(
            "Algorithm {{ token: {:?}, dialect: {}, kind: Kind::{}, name: {:?}, bits: &[{}], aead: {}, \
             ike: Support::{}, esp: Support::{}, ah: Support::{}, strength: Strength::{}, since: {}, removed: {} }}",
            row.get("token"),
            dialect(row)?,
            camel(row.get("kind")),
            row.get("algorithm"),
            bits.join(", "),
            row.get("aead") == "yes",
            row.get("ike"),
            row.get("esp"),
            row.get("ah"),
            camel(row.get("strength")),
            version(row.get("since"))?,
            version(row.get("removed"))?,
        ))
    })
}

fn dialect(row: Row<'_>) -> Result<&'static str, String> {
    match row.get("dialect") {
        "S" => Ok("Dialect::Strongswan"),
        "L" => Ok("Dialect::Libreswan"),
        other => Err(format!("`{other}` is no dialect")),
    }
}

fn words(cell: &str) -> Vec<&str> {
    cell.split('|').filter(|word| !word.is_empty()).collect()
}

fn camel(cell: &str) -> String {
    cell.split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
        })
        .collect()
}
