//! Build-time help: turns a tab-separated table, such as a system's `keys.tsv`, into a sorted array of structs that takes little
//! room in the program.
//!
//! A system's `build.rs` reads its table and says for each row what its fields are; the crate includes the result and finds
//! rows by binary search. An array of structs as such would be mostly pointers, lengths and padding. What is written instead
//! are columns: texts one after the other, and of everything else the distinct values once and a byte for each row that
//! says which. The array is laid out when it is first asked for, which takes a few microseconds, so that only tables of
//! systems in use ever are.
//!
//! ```no_run
//! // build.rs
//! use confvet_tables::{Table, text, value, version};
//! fn main() -> Result<(), confvet_tables::TableError> {
//!     let table = Table::read("src/keys.tsv", &["key", "type", "since"])?;
//!     table.write_sorted("keys.rs", "KEYS", "Key", |row| {
//!         let since = version(row.get("since"))?;
//!         Ok(vec![
//!             text("name", row.get("key")),
//!             text("kind", row.get("type")),
//!             value("since", "Option<(u16, u16, u16)>", since),
//!         ])
//!     })
//! }
//! // lib.rs: include!(concat!(env!("OUT_DIR"), "/keys.rs"));
//! ```
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Why a table cannot be turned into code.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A row or the header is not as it should be.
    #[error("{path}, line {line}: {message}")]
    Row {
        /// The table.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

/// A tab-separated table with a header line.
#[derive(Debug)]
pub struct Table {
    path: PathBuf,
    columns: Vec<String>,
    rows: Vec<(usize, Vec<String>)>,
}

/// One row of a [`Table`].
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    table: &'a Table,
    cells: &'a [String],
}

impl Table {
    /// Reads a table, relative to the crate that is being built, and tells cargo to run the build script again when it
    /// changes. The header must name exactly these columns: a column that no code uses does not belong in the tree.
    ///
    /// # Errors
    /// If the file cannot be read, the header differs, or a row has another number of cells.
    pub fn read(path: impl AsRef<Path>, columns: &[&str]) -> Result<Self, TableError> {
        let path = path.as_ref().to_path_buf();
        println!("cargo::rerun-if-changed={}", path.display());
        let text = std::fs::read_to_string(&path).map_err(|source| TableError::Io { path: path.clone(), source })?;
        let row_error = |line: usize, message: String| TableError::Row { path: path.clone(), line, message };
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty());
        let header: Vec<String> =
            lines.next().map(|(_, line)| line.split('\t').map(str::to_owned).collect()).unwrap_or_default();
        if header != columns {
            return Err(row_error(1, format!("the columns are {header:?}; expected {columns:?}")));
        }
        let mut rows = Vec::new();
        for (index, line) in lines {
            let mut cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
            if cells.len() > header.len() {
                return Err(row_error(index + 1, format!("{} cells; expected {}", cells.len(), header.len())));
            }
            cells.resize(header.len(), String::new());
            rows.push((index + 1, cells));
        }
        Ok(Self { path, columns: header, rows })
    }

    /// All rows, in the order of the file.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(_, cells)| Row { table: self, cells })
    }

    /// Writes `static NAME: LazyLock<Vec<TYPE>>` to `file` in the build's output directory. `fields` gives the fields of a
    /// row, always the same ones; the rows are sorted by their first column, bytewise, so that the array can be searched by
    /// halving.
    ///
    /// # Errors
    /// If `fields` gives a message, which is reported with its line, or the file cannot be written.
    pub fn write_sorted(
        &self,
        file: &str,
        name: &str,
        type_name: &str,
        fields: impl Fn(Row<'_>) -> Result<Vec<Field>, String>,
    ) -> Result<(), TableError> {
        let mut rows: Vec<&(usize, Vec<String>)> = self.rows.iter().collect();
        rows.sort_by(|(_, a), (_, b)| a[0].cmp(&b[0]));
        let mut written = Vec::new();
        for (line, cells) in rows {
            let fields = fields(Row { table: self, cells }).map_err(|message| TableError::Row {
                path: self.path.clone(),
                line: *line,
                message,
            })?;
            written.push(fields);
        }
        write_output(file, &array(name, type_name, &written))
    }
}

/// One field of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    name: &'static str,
    kind: FieldKind,
    /// The text; the words with bars between them; the expression.
    cell: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FieldKind {
    Text,
    OptionalText,
    Words,
    Value(&'static str),
    NumberedText,
    Number(&'static str),
    RowNumber,
}

/// A field of type `&'static str`.
pub fn text(name: &'static str, cell: &str) -> Field {
    Field { name, kind: FieldKind::Text, cell: cell.to_owned() }
}

/// As [`text`], with every distinct text once and in order. Its position may be a [`number`] of the row beside it, for nothing.
pub fn numbered_text(name: &'static str, cell: &str) -> Field {
    Field { name, kind: FieldKind::NumberedText, cell: cell.to_owned() }
}

/// A field made from a `u16` by a function or a tuple struct.
pub fn number(name: &'static str, constructor: &'static str, number: u16) -> Field {
    Field { name, kind: FieldKind::Number(constructor), cell: number.to_string() }
}

/// A field of type `u16`: the position of the row.
pub fn row_number(name: &'static str) -> Field {
    Field { name, kind: FieldKind::RowNumber, cell: String::new() }
}

/// A field of type `Option<&'static str>`: an empty cell is `None`.
pub fn optional_text(name: &'static str, cell: &str) -> Field {
    Field { name, kind: FieldKind::OptionalText, cell: cell.to_owned() }
}

/// A field of type `&'static [&'static str]`, from words with bars between them.
pub fn words(name: &'static str, cell: &str) -> Field {
    Field { name, kind: FieldKind::Words, cell: cell.to_owned() }
}

/// A field of any other type, which is `Copy`, from the Rust expression of its value: worth it where few values are
/// distinct.
pub fn value(name: &'static str, type_name: &'static str, expression: impl Into<String>) -> Field {
    Field { name, kind: FieldKind::Value(type_name), cell: expression.into() }
}

/// The code of `static NAME: LazyLock<Vec<TYPE>>`, from the fields of all rows, which are the same ones in each.
///
/// # Panics
/// If a text holds a line break, or a table has no rows.
pub fn array(name: &str, type_name: &str, rows: &[Vec<Field>]) -> String {
    let mut columns: Vec<Vec<usize>> = Vec::new();
    let mut before = String::new();
    let mut fields = String::new();
    for (at, Field { name, kind, .. }) in rows[0].iter().enumerate() {
        let cells: Vec<&str> = rows.iter().map(|row| row[at].cell.as_str()).collect();
        assert!(cells.iter().all(|cell| !cell.contains('\n')), "`{name}` holds a line break");
        let mut distinct: Vec<&str> = cells.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        // The bytes of a wide number would be a column each.
        let few = distinct.len() <= 256 && distinct.len() * 2 < cells.len();
        if *kind == FieldKind::Text && !few {
            let _ = writeln!(before, "    let mut {name} = confvet_core::table::texts({:?});", cells.join("\n"));
            let _ = writeln!(fields, "        {name}: {name}.next().unwrap_or_default(),");
            continue;
        }
        if *kind == FieldKind::OptionalText && !few {
            let _ = writeln!(before, "    let mut {name} = confvet_core::table::texts({:?});", cells.join("\n"));
            let _ = writeln!(fields, "        {name}: {name}.next().filter(|text| !text.is_empty()),");
            continue;
        }
        if *kind == FieldKind::RowNumber {
            let _ = writeln!(fields, "        {name}: row as u16,");
            continue;
        }
        if *kind == FieldKind::Value("bool") {
            distinct = vec!["false", "true"];
        }
        let place = |cell: &&str| match kind {
            FieldKind::Number(_) => cell.parse().unwrap_or_default(),
            _ => distinct.iter().position(|other| other == cell).unwrap_or_default(),
        };
        let places: Vec<usize> = cells.iter().map(place).collect();
        let mut column = |bytes: Vec<usize>| {
            let known = columns.iter().position(|other| *other == bytes).unwrap_or(columns.len());
            if known == columns.len() {
                columns.push(bytes);
            }
            known
        };
        let low = column(places.iter().map(|place| place & 0xff).collect());
        let index = if places.iter().all(|place| *place < 256) {
            format!("usize::from(COLUMNS[{low}][row])")
        } else {
            let high = column(places.iter().map(|place| place >> 8).collect());
            format!("usize::from(COLUMNS[{high}][row]) << 8 | usize::from(COLUMNS[{low}][row])")
        };
        let joined = distinct.join("\n");
        let _ = match kind {
            FieldKind::Number(constructor) => {
                writeln!(fields, "        {name}: {constructor}({}),", index.replace("usize", "u16"))
            }
            FieldKind::RowNumber => Ok(()),
            FieldKind::Text | FieldKind::NumberedText => {
                let _ =
                    writeln!(before, "    let {name} = confvet_core::table::texts({joined:?}).collect::<Vec<_>>();");
                writeln!(fields, "        {name}: {name}[{index}],")
            }
            FieldKind::OptionalText => {
                let _ =
                    writeln!(before, "    let {name} = confvet_core::table::texts({joined:?}).collect::<Vec<_>>();");
                writeln!(fields, "        {name}: Some({name}[{index}]).filter(|text| !text.is_empty()),")
            }
            FieldKind::Words => {
                let _ = writeln!(before, "    let {name} = confvet_core::table::words({joined:?});");
                writeln!(fields, "        {name}: {name}[{index}],")
            }
            FieldKind::Value("bool") => {
                writeln!(fields, "        {name}: COLUMNS[{low}][row] == 1,")
            }
            FieldKind::Value(type_name) => {
                let constant = name.to_uppercase();
                let _ = writeln!(
                    before,
                    "    static {constant}: [{type_name}; {}] = [{}];",
                    distinct.len(),
                    distinct.join(", ")
                );
                writeln!(fields, "        {name}: {constant}[{index}],")
            }
        };
    }
    let (count, width) = (rows.len(), columns.len());
    let (columns, row) = match width {
        0 => (String::new(), "_"),
        _ => (format!("    static COLUMNS: [[u8; {count}]; {width}] = {columns:?};\n"), "row"),
    };
    format!(
        "static {name}: std::sync::LazyLock<Vec<{type_name}>> = std::sync::LazyLock::new(|| {{\n{columns}{before}    \
         (0..{count}).map(|{row}| {type_name} {{\n{fields}    }}).collect()\n}});\n"
    )
}

/// The code of `static NAME: LazyLock<Vec<&'static str>>`, a column by itself.
///
/// # Panics
/// If a text holds a line break.
pub fn texts(name: &str, cells: &[&str]) -> String {
    assert!(cells.iter().all(|cell| !cell.contains('\n')), "`{name}` holds a line break");
    format!(
        "static {name}: std::sync::LazyLock<Vec<&'static str>> = \
         std::sync::LazyLock::new(|| confvet_core::table::texts({:?}).collect());\n",
        cells.join("\n")
    )
}

/// Writes generated code to `file` in the build's output directory.
///
/// # Errors
/// If it cannot be written.
pub fn write_output(file: &str, code: &str) -> Result<(), TableError> {
    let path = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join(file);
    std::fs::write(&path, code).map_err(|source| TableError::Io { path, source })
}

impl<'a> Row<'a> {
    /// The cell of a column; empty when the table has no such column.
    pub fn get(&self, column: &str) -> &'a str {
        let index = self.table.columns.iter().position(|name| name == column);
        index.map_or("", |index| self.cells[index].as_str())
    }
}

/// A Rust expression of type `Option<(u16, u16, u16)>` for a version cell: empty is `None`, `7.2` is `Some((7, 2, 0))`.
///
/// # Errors
/// If the cell is anything else.
pub fn version(cell: &str) -> Result<String, String> {
    if cell.is_empty() {
        return Ok("None".to_owned());
    }
    let mut numbers = [0_u16; 3];
    for (index, part) in cell.split('.').enumerate() {
        let slot = numbers.get_mut(index).ok_or_else(|| format!("`{cell}` is no version"))?;
        *slot = part.parse().map_err(|_| format!("`{cell}` is no version"))?;
    }
    Ok(format!("Some(({}, {}, {}))", numbers[0], numbers[1], numbers[2]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_become_expressions() {
        assert_eq!(version("").unwrap(), "None");
        assert_eq!(version("7.2").unwrap(), "Some((7, 2, 0))");
        assert!(version("<=5.0").is_err());
        assert!(version("1.2.3.4").is_err());
    }

    #[test]
    fn distinct_values_stand_once_and_many_texts_one_after_the_other() {
        let row = |name: &str, kind: &str, secret: bool| {
            vec![text("name", name), value("kind", "Kind", kind), value("secret", "bool", secret.to_string())]
        };
        let rows = [row("a", "Kind::X", false), row("b", "Kind::X", true), row("c", "Kind::X", false)];
        let code = array("KEYS", "Key", &rows);
        assert!(code.contains(r#"texts("a\nb\nc")"#), "{code}");
        assert!(code.contains("KIND: [Kind; 1] = [Kind::X];"), "{code}");
        assert!(code.contains("COLUMNS: [[u8; 3]; 2] = [[0, 0, 0], [0, 1, 0]];"), "{code}");
    }

    #[test]
    fn a_wrong_header_or_a_row_too_long_is_an_error_that_names_the_line() {
        let path = std::env::temp_dir().join(format!("confvet-tables-{}.tsv", std::process::id()));
        std::fs::write(&path, "key\ttype\nport\tint\nx\ty\tz\n").unwrap();
        let error = Table::read(&path, &["key", "type"]).unwrap_err();
        assert!(error.to_string().ends_with("line 3: 3 cells; expected 2"), "{error}");
        let error = Table::read(&path, &["key"]).unwrap_err();
        assert!(error.to_string().contains("line 1"), "{error}");
        std::fs::remove_file(path).unwrap();
    }
}
