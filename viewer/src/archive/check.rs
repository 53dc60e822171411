//! Whether a file is one of ours and whole, found out without writing to it.
//!
//! Source: "Database File Format" (sqlite.org/fileformat2.html), section 1.3.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::{APPLICATION_ID, ArchiveError, SCHEMA, SCHEMA_VERSION};

const MAGIC: &[u8] = b"SQLite format 3\0";
const HEADER: usize = 100;
const USER_VERSION: usize = 60;
const APPLICATION: usize = 68;

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing, or a file without a byte.
    Absent,
    /// A whole file of ours.
    Ours,
}

pub(super) fn state_of(path: &Path) -> Result<State, ArchiveError> {
    let Some(header) = header_of(path)? else { return Ok(State::Absent) };
    if !header.starts_with(MAGIC) {
        return Err(ArchiveError::NotSqlite { path: path.to_owned() });
    }
    let number = |offset: usize| {
        let bytes = header.get(offset..offset + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u32::from_be_bytes)
    };
    let (Some(application), Some(version)) = (number(APPLICATION), number(USER_VERSION)) else {
        return Err(ArchiveError::NotSqlite { path: path.to_owned() });
    };
    if application != APPLICATION_ID {
        return Err(ArchiveError::Foreign { path: path.to_owned() });
    }
    if version > SCHEMA_VERSION {
        return Err(ArchiveError::Newer { path: path.to_owned(), found: version });
    }
    match fault_of(path) {
        Ok(None) => Ok(State::Ours),
        Ok(Some(fault)) => Err(ArchiveError::Damaged { path: path.to_owned(), fault }),
        Err(error) => Err(ArchiveError::Damaged { path: path.to_owned(), fault: error.to_string() }),
    }
}

/// The first bytes; `None` when there are none.
fn header_of(path: &Path) -> Result<Option<Vec<u8>>, ArchiveError> {
    let mut header = Vec::with_capacity(HEADER);
    let read = File::open(path).and_then(|file| file.take(HEADER as u64).read_to_end(&mut header));
    match read {
        Ok(0) => Ok(None),
        Ok(_) => Ok(Some(header)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ArchiveError::Unreadable { path: path.to_owned(), source }),
    }
}

fn fault_of(path: &Path) -> Result<Option<String>, rusqlite::Error> {
    let connection = open_to_look(path)?;
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Ok(Some(verdict.lines().last().unwrap_or_default().to_owned()));
    }
    let mut statement = connection.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")?;
    let found: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let missing = statements(SCHEMA).find(|expected| !found.iter().any(|found| found == expected));
    Ok(missing.map(|expected| format!("its schema lacks {}", expected.lines().next().unwrap_or_default())))
}

fn statements(schema: &str) -> impl Iterator<Item = &str> {
    schema.split(';').map(str::trim).filter(|statement| !statement.is_empty())
}

/// A connection that cannot write. What a viewer that was killed left in the `-wal` file belongs to the database and is
/// looked at as well; without such a file `immutable` keeps SQLite from making one.
fn open_to_look(path: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    if PathBuf::from(wal).exists() {
        return Connection::open_with_flags(path, flags);
    }
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                uri.push(char::from(*byte))
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)
}
