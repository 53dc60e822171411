//! The table of `java-fixtures/context`: every way of running work elsewhere, and the span tree that is due for each.

pub mod forest;
pub mod report;
pub mod session;
pub mod verdict;
mod wire;

use anyhow::{Context, Result};

use forest::Forest;

/// A row of the table.
#[derive(Clone, Debug)]
pub struct Cell {
    /// `construct/form/outcome`.
    pub id: String,
    /// The trees that are due.
    pub expected: Forest,
}

/// What the fixture says of its table on the JDK that it runs on.
#[derive(Debug, Default)]
pub struct Table {
    /// The cells that this JDK can do.
    pub cells: Vec<Cell>,
    /// The id of each that it cannot, and why.
    pub inapplicable: Vec<(String, String)>,
}

impl Table {
    /// Reads `id TAB expected` and `id TAB - TAB reason`.
    ///
    /// # Errors
    /// When a line has another form.
    pub fn parse(text: &str) -> Result<Table> {
        let mut table = Table::default();
        for line in text.lines() {
            let (id, rest) = line.split_once('\t').with_context(|| format!("no cell: {line:?}"))?;
            match rest.split_once('\t') {
                Some((_, reason)) => table.inapplicable.push((id.to_owned(), reason.to_owned())),
                None => table.cells.push(Cell { id: id.to_owned(), expected: Forest::parse(rest)? }),
            }
        }
        Ok(table)
    }
}

/// What became of a cell.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The cell.
    pub cell: Cell,
    /// The trees received.
    pub received: Forest,
    /// What the fixture said of it, when that was not "ok".
    pub complaint: Option<String>,
}

impl Outcome {
    /// Whether the trees are those that are due, and the fixture was content.
    pub fn is_right(&self) -> bool {
        self.complaint.is_none() && self.received == self.cell.expected
    }
}
