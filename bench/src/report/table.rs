//! A Markdown table whose columns are aligned, so that it can be read in a terminal.

use std::fmt;

/// Rows of cells under their heads.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(heads: &[&str]) -> Self {
        Self { heads: heads.iter().map(|&head| head.to_owned()).collect(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = || std::iter::once(&self.heads).chain(&self.rows);
        let width = |column| {
            let cells = all().filter_map(|row| row.get(column));
            cells.map(|cell: &String| cell.chars().count()).max().unwrap_or_default().max(1)
        };
        let widths: Vec<usize> = (0..self.heads.len()).map(width).collect();
        for (number, row) in all().enumerate() {
            f.write_str("|")?;
            for (cell, width) in row.iter().zip(&widths) {
                write!(f, " {cell:width$} |")?;
            }
            writeln!(f)?;
            if number == 0 {
                let rule: String = widths.iter().map(|width| format!("{}|", "-".repeat(width + 2))).collect();
                writeln!(f, "|{rule}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["", "cost"]);
        assert!(table.is_empty());
        table.row(["none", "1"]);
        table.row(["otelrs", "1.10 µs"]);
        assert_eq!(
            table.to_string(),
            "|        | cost    |\n|--------|---------|\n| none   | 1       |\n| otelrs | 1.10 µs |\n"
        );
    }
}
