//! Turns `src/keys.tsv` into one static sorted array per context, and a hash table of its places beside it.

#[path = "src/table/hash.rs"]
mod hash;

use confvet_tables::{Row, Table, TableError, version, write_output};
use std::fmt::Write;

const COLUMNS: &[&str] = &[
    "key",
    "context",
    "since",
    "deprecated",
    "removed",
    "places",
    "modes",
    "negatable",
    "args",
    "build",
    "replacement",
    "arguments",
    "types",
    "phases",
];

fn main() -> Result<(), TableError> {
    let table = Table::read("src/keys.tsv", COLUMNS)?;
    let mut rows: Vec<Row<'_>> = table.rows().collect();
    rows.sort_by_key(|row| (row.get("context"), row.get("key")));
    let mut code = String::new();
    let mut contexts: Vec<&str> = rows.iter().map(|row| row.get("context")).collect();
    contexts.dedup();
    let mut names: Vec<&str> = rows.iter().map(|row| row.get("key")).collect();
    names.sort_unstable();
    names.dedup();
    let _ = writeln!(code, "static KEYS: [Key; {}] = [", rows.len());
    for (slot, row) in rows.iter().enumerate() {
        let _ = writeln!(code, "    {},", key(*row, slot, number(&names, row.get("key"))));
    }
    code.push_str("];\n");
    for context in &contexts {
        let names = rows.iter().filter(|row| row.get("context") == *context).map(|row| row.get("key"));
        let places = places(&names.collect::<Vec<_>>());
        let _ = writeln!(code, "static {}_PLACES: [u16; {}] = {places:?};", constant(context), places.len());
    }
    code.push_str("impl Context {\n    /// The keys, sorted by name, and their places by hash.\n");
    code.push_str("    fn table(self) -> (&'static [Key], &'static [u16]) {\n        match self {\n");
    for context in &contexts {
        let first = rows.partition_point(|row| row.get("context") < *context);
        let end = rows.partition_point(|row| row.get("context") <= *context);
        let (variant, constant) = (variant(context), constant(context));
        let _ = writeln!(code, "            Context::{variant} => (&KEYS[{first}..{end}], &{constant}_PLACES),");
    }
    code.push_str("        }\n    }\n}\n");
    write_output("keys.rs", &code)?;
    write_output("keywords.rs", &keywords(&names))
}

fn number(names: &[&str], name: &str) -> usize {
    names.binary_search(&name).unwrap_or_else(|_| panic!("keys.tsv: `{name}` has no number"))
}

/// A constant for every name, by which code tells statements apart without comparing texts.
fn keywords(names: &[&str]) -> String {
    let plain: Vec<String> = names.iter().map(|name| identifier(name, "_", "_")).collect();
    let mut code = String::new();
    for (number, (name, plain_name)) in names.iter().zip(&plain).enumerate() {
        let is_shared = plain.iter().filter(|other| *other == plain_name).count() > 1;
        let constant = if is_shared { identifier(name, "_DOT_", "_DASH_") } else { plain_name.clone() };
        let _ = writeln!(code, "pub(crate) const {constant}: Keyword = Keyword({number});");
    }
    code
}

/// `http-request` is `HTTP_REQUEST`, `set-var(` is `SET_VAR_CALL`.
fn identifier(name: &str, dot: &str, dash: &str) -> String {
    let first = if name.starts_with(|c: char| c.is_ascii_digit()) { "N" } else { "" };
    let words = name.replace('(', "_CALL").replace('.', dot).replace('-', dash).replace([' ', '+'], "_");
    format!("{first}{}", words.replace("__", "_").to_uppercase())
}

/// Where each name is found: its number plus one, at its hash or the next free place behind it; 0 where nothing is.
fn places(names: &[&str]) -> Vec<u16> {
    let mut places = vec![0; (names.len() * 4 / 3 + 1).next_power_of_two()];
    let mask = places.len() - 1;
    for (number, name) in (1..).zip(names) {
        let mut at = hash::hash(name.as_bytes()) & mask;
        while places[at] != 0 {
            at = (at + 1) & mask;
        }
        places[at] = number;
    }
    places
}

fn key(row: Row<'_>, slot: usize, keyword: usize) -> String {
    let version = |column| version(row.get(column)).unwrap_or_else(|message| panic!("keys.tsv: {message}"));
    let places: u8 = (row.get("places").chars())
        .map(|place| match place {
            'd' => 1,
            'n' => 2,
            'f' => 4,
            'l' => 8,
            'b' => 16,
            's' => 32,
            other => panic!("keys.tsv: `{other}` is no place"),
        })
        .sum();
    let http_only = row.get("modes") == "http";
    let negatable = match row.get("negatable") {
        "" => "Never",
        "no" => "No",
        _ => "NoAndDefault",
    };
    let arguments = match row.get("args") {
        "1" => "One",
        "*" => "Several",
        _ => "None",
    };
    format!(
        "Key {{ name: {:?}, slot: {slot}, keyword: Keyword({keyword}), since: {}, deprecated: {}, removed: {}, places: {places}, http_only: \
         {http_only}, negatable: Negatable::{negatable}, arguments: Arguments::{arguments}, build: {}, replacement: {:?}, call: {} }}",
        row.get("key"),
        version("since"),
        version("deprecated"),
        version("removed"),
        row.get("build") == "y",
        row.get("replacement"),
        call(row),
    )
}

/// What a sample fetch or a converter takes and gives: `i?t` is an integer and maybe a table, `-` is nothing.
fn call(row: Row<'_>) -> String {
    let arguments = row.get("arguments");
    if arguments.is_empty() {
        return "None".to_owned();
    }
    let (required, optional) = arguments.trim_start_matches('-').split_once('?').unwrap_or((arguments, ""));
    let required = required.trim_start_matches('-');
    let kinds: Vec<&str> = (required.chars().chain(optional.chars()))
        .map(|letter| match letter {
            'i' => "Argument::Integer",
            's' => "Argument::Text",
            't' => "Argument::Table",
            'b' => "Argument::Backend",
            'f' => "Argument::Frontend",
            'v' => "Argument::Server",
            'u' => "Argument::Userlist",
            'r' => "Argument::Regex",
            'm' => "Argument::Mask4",
            'n' => "Argument::Mask6",
            '4' => "Argument::Ipv4",
            '6' => "Argument::Ipv6",
            'p' => "Argument::Field",
            other => panic!("keys.tsv: `{other}` is no argument of a fetch"),
        })
        .collect();
    let (input, output) = row.get("types").split_once('>').unwrap_or_default();
    let kind = |text: &str| match text {
        "" | "any" => "Any".to_owned(),
        text => variant(text),
    };
    let phases = row.get("phases").bytes().rev().fold(0_u32, |bits, letter| bits << 1 | u32::from(letter == b'Y'));
    format!(
        "Some(&CallShape {{ required: {}, arguments: &[{}], input: Kind::{}, output: Kind::{}, phases: {phases} }})",
        required.len(),
        kinds.join(", "),
        kind(input),
        kind(output)
    )
}

/// `proxy-http-check` as the name of a static: `PROXY_HTTP_CHECK`.
fn constant(context: &str) -> String {
    context.replace('-', "_").to_uppercase()
}

/// `proxy-http-check` as the name of a variant: `ProxyHttpCheck`.
fn variant(context: &str) -> String {
    let capital = |part: &str| format!("{}{}", part[..1].to_uppercase(), &part[1..]);
    context.split(['-', '_']).map(capital).collect()
}
