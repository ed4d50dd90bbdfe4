//! Build-time help: turns a tab-separated table, such as a system's `keys.tsv`, into a static sorted array.
//!
//! A system's `build.rs` reads its table, says for each row which Rust expression stands for it, and writes the array;
//! the crate includes the result and finds rows by binary search. Nothing is parsed or hashed at run time.
//!
//! ```no_run
//! // build.rs
//! fn main() -> Result<(), confvet_tables::TableError> {
//!     let table = confvet_tables::Table::read("src/keys.tsv", &["key", "type", "since"])?;
//!     table.write_sorted("keys.rs", "KEYS", "Key", |row| {
//!         let since = confvet_tables::version(row.get("since"))?;
//!         Ok(format!("Key {{ name: {:?}, kind: {:?}, since: {since} }}", row.get("key"), row.get("type")))
//!     })
//! }
//! // lib.rs: include!(concat!(env!("OUT_DIR"), "/keys.rs"));
//! ```
#![forbid(unsafe_code)]

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

    /// Writes `static NAME: &[TYPE]` to `file` in the build's output directory. `expression` gives the Rust expression of a
    /// row; the rows are sorted by their first column, bytewise, so that the array can be searched by halving.
    ///
    /// # Errors
    /// If `expression` gives a message, which is reported with its line, or the file cannot be written.
    pub fn write_sorted(
        &self,
        file: &str,
        name: &str,
        type_name: &str,
        expression: impl Fn(Row<'_>) -> Result<String, String>,
    ) -> Result<(), TableError> {
        let mut rows: Vec<&(usize, Vec<String>)> = self.rows.iter().collect();
        rows.sort_by(|(_, a), (_, b)| a[0].cmp(&b[0]));
        let mut code = String::new();
        let _ = writeln!(code, "static {name}: &[{type_name}] = &[");
        for (line, cells) in rows {
            let expression = expression(Row { table: self, cells }).map_err(|message| TableError::Row {
                path: self.path.clone(),
                line: *line,
                message,
            })?;
            let _ = writeln!(code, "    {expression},");
        }
        code.push_str("];\n");
        write_output(file, &code)
    }
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

    /// The cell of a column, `None` when it is empty, as a Rust expression of type `Option<&'static str>`.
    pub fn optional(&self, column: &str) -> String {
        match self.get(column) {
            "" => "None".to_owned(),
            cell => format!("Some({cell:?})"),
        }
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
