//! Turns `src/keys.tsv` into one sorted array of all contexts.

use confvet_tables::{
    Field, Row, Table, TableError, array, number, numbered_text, row_number, text, value, version, write_output,
};
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
    let fields: Vec<Vec<Field>> = rows.iter().map(|row| key(*row, keyword_number(&names, row.get("key")))).collect();
    code.push_str(&array("KEYS", "Key", &fields));
    let ends: Vec<usize> =
        contexts.iter().map(|context| rows.partition_point(|row| row.get("context") <= *context)).collect();
    let _ = writeln!(code, "/// Where the keys of each context end.\nstatic ENDS: [u16; {}] = {ends:?};", ends.len());
    code.push_str("impl Context {\n    /// Its place in the order of the table.\n");
    code.push_str("    fn number(self) -> usize {\n        match self {\n");
    for (number, context) in contexts.iter().enumerate() {
        let _ = writeln!(code, "            Context::{} => {number},", variant(context));
    }
    code.push_str("        }\n    }\n}\n");
    write_output("keys.rs", &code)?;
    write_output("keywords.rs", &keywords(&names))
}

fn keyword_number(names: &[&str], name: &str) -> u16 {
    let number = names.binary_search(&name).ok().and_then(|number| u16::try_from(number).ok());
    number.unwrap_or_else(|| panic!("keys.tsv: `{name}` has no number"))
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

fn key(row: Row<'_>, keyword: u16) -> Vec<Field> {
    let release = |column| {
        let release = version(row.get(column)).unwrap_or_else(|message| panic!("keys.tsv: {message}"));
        value(column, "Option<HaVersion>", release)
    };
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
    vec![
        numbered_text("name", row.get("key")),
        row_number("slot"),
        number("keyword", "Keyword", keyword),
        release("since"),
        release("deprecated"),
        release("removed"),
        value("places", "u8", places.to_string()),
        value("http_only", "bool", http_only.to_string()),
        value("negatable", "Negatable", format!("Negatable::{negatable}")),
        value("arguments", "Arguments", format!("Arguments::{arguments}")),
        value("build", "bool", (row.get("build") == "y").to_string()),
        text("replacement", row.get("replacement")),
        value("call", "Option<&CallShape>", call(row)),
    ]
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

/// `proxy-http-check` as the name of a variant: `ProxyHttpCheck`.
fn variant(context: &str) -> String {
    let capital = |part: &str| format!("{}{}", part[..1].to_uppercase(), &part[1..]);
    context.split(['-', '_']).map(capital).collect()
}
