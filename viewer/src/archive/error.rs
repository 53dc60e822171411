//! Why a file cannot be used.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It does not begin as a SQLite file does.
    #[error("{} is no SQLite file, and was left as it is: name a new file, or one that otelrs wrote", path.display())]
    NotSqlite {
        /// The file.
        path: PathBuf,
    },
    /// A SQLite file of somebody else.
    #[error(
        "{} belongs to another program, and was left as it is: name a new file, or one that otelrs wrote",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Written by a version of otelrs that is newer than this one.
    #[error(
        "{} has schema version {found}, this otelrs knows {}; the file was left as it is: use the newer otelrs, or name \
         another file",
        path.display(),
        super::SCHEMA_VERSION
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// SQLite's check found faults.
    #[error(
        "{} is damaged ({fault}), and was left as it is: name another file, or rescue what is in it with `sqlite3 {} \
         .recover`",
        path.display(),
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first fault.
        fault: String,
    },
    /// SQLite refused to open, read or write it.
    #[error("{}: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A query failed.
    #[error("cannot read the stored traces: {0}")]
    Query(#[from] rusqlite::Error),
    /// A value that otelrs does not write.
    #[error("table {table}, row {row}: {column} is not as otelrs writes it")]
    Row {
        /// `span` or `log`.
        table: &'static str,
        /// Its `id`.
        row: i64,
        /// Which column.
        column: &'static str,
    },
    /// No thread could be had.
    #[error("cannot start the thread that writes: {0}")]
    Thread(io::Error),
}

impl ArchiveError {
    pub(super) fn at(path: &Path) -> impl FnOnce(rusqlite::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Sqlite { path, source }
    }
}
