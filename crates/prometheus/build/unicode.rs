//! Turns the tables of characters into a few bytes a run: how long it is, and what it is.

use confvet_tables::{Row, Table, TableError, write_output};
use std::fmt::Write;

/// The general categories, in the order of their numbers.
const CATEGORIES: &[&str] = &[
    "Cc", "Cf", "Cn", "Co", "Cs", "Ll", "Lm", "Lo", "Lt", "Lu", "Mc", "Me", "Mn", "Nd", "Nl", "No", "Pc", "Pd", "Pe",
    "Pf", "Pi", "Po", "Ps", "Sc", "Sk", "Sm", "So", "Zl", "Zp", "Zs",
    // Upper and lower case take turns, which they do all over the Latin and Cyrillic alphabets.
    "Lu Ll", "Ll Lu",
];

fn hex(row: Row<'_>, column: &str) -> u32 {
    u32::from_str_radix(row.get(column), 16)
        .unwrap_or_else(|_| panic!("`{}` is no hexadecimal number", row.get(column)))
}

/// Seven bits a byte, the lowest first; the last byte is below 128.
fn put(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Lengths and values of runs that cover everything; what the table leaves out is `gap`.
fn runs(code: &mut String, table: &Table, name: &str, gap: u8, value: impl Fn(Row<'_>) -> u8) {
    let (mut lengths, mut values) = (Vec::new(), Vec::new());
    let mut next = 0;
    for row in table.rows() {
        let (first, last) = (hex(row, "first"), hex(row, "last"));
        assert!(next <= first && first <= last, "{name}: {first:X} is out of order");
        if next < first {
            put(&mut lengths, first - next);
            values.push(gap);
        }
        put(&mut lengths, last + 1 - first);
        values.push(value(row));
        next = last + 1;
    }
    put(&mut lengths, 0x11_0000 - next);
    values.push(gap);
    let _ = writeln!(code, "static {name}: Runs = Runs {{ lengths: &{lengths:?}, values: &{values:?} }};");
}

pub(crate) fn write() -> Result<(), TableError> {
    let mut code = String::new();
    let categories = Table::read("src/relabel/regex/unicode/categories.tsv", &["first", "last", "category"])?;
    let number = |row: Row<'_>| {
        let known = CATEGORIES.iter().position(|category| *category == row.get("category"));
        known.unwrap_or_else(|| panic!("`{}` is no category", row.get("category"))) as u8
    };
    runs(&mut code, &categories, "CATEGORY_RUNS", 2, number);
    let _ = writeln!(code, "static CATEGORIES: &str = {:?};", CATEGORIES[..30].join(" "));

    let scripts = Table::read("src/relabel/regex/unicode/scripts.tsv", &["first", "last", "script"])?;
    let mut names: Vec<&str> = scripts.rows().map(|row| row.get("script")).collect();
    names.sort_unstable();
    names.dedup();
    let number = |row: Row<'_>| names.binary_search(&row.get("script")).unwrap_or_default() as u8;
    runs(&mut code, &scripts, "SCRIPT_RUNS", u8::MAX, number);
    let _ = writeln!(code, "static SCRIPTS: &str = {:?};", names.join(" "));

    let folding = Table::read("src/relabel/regex/unicode/folding.tsv", &["first", "last", "step", "distance"])?;
    let mut bytes = Vec::new();
    let mut before = 0;
    for row in folding.rows() {
        let (first, step) = (hex(row, "first"), hex(row, "step"));
        put(&mut bytes, first - before);
        put(&mut bytes, (hex(row, "last") - first) / step * 2 + step - 1);
        put(&mut bytes, hex(row, "distance"));
        before = first;
    }
    let _ = writeln!(code, "static FOLDING: &[u8] = &{bytes:?};");
    write_output("unicode.rs", &code)
}
