//! Plain tables for the terminal: columns as wide as their widest cell, numbers to the right.

use std::fmt;

/// Rows under a heading.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new<const N: usize>(heading: [&str; N]) -> Self {
        Self { rows: vec![heading.map(str::to_owned).to_vec()] }
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// Does every filled cell of the column, heading aside, start with a digit or a dash?
    fn is_numeric(&self, column: usize) -> bool {
        let mut cells = self.rows.iter().skip(1).filter_map(|row| row.get(column));
        cells.all(|cell| cell.starts_with(|c: char| c.is_ascii_digit() || c == '–') || cell.is_empty())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let shape: Vec<(usize, bool)> = (0..columns).map(|column| (width(column), self.is_numeric(column))).collect();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, &(width, numeric)) in row.iter().zip(&shape) {
                let padded = if numeric { format!("{cell:>width$}  ") } else { format!("{cell:<width$}  ") };
                line.push_str(&padded);
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_to_the_right() {
        let mut table = Table::new(["system", "files"]);
        table.row(["redis".to_owned(), "7".to_owned()]);
        table.row(["elasticsearch".to_owned(), "120".to_owned()]);
        assert_eq!(table.to_string(), "system         files\nredis              7\nelasticsearch    120\n");
    }
}
