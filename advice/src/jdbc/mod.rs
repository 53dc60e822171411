//! CLIENT spans of JDBC: the stable database semantic conventions.
//! <https://opentelemetry.io/docs/specs/semconv/database/database-spans/>

pub(crate) mod rule;

pub mod dialect;
mod memo;
pub mod sql;
pub mod url;

use std::borrow::Cow;

use otelrs_sdk::span::SpanKind;

use crate::attributes::Attributes;
use crate::finish::{Finished, Values};
use crate::keys;
use crate::text::{MAX_NAME, cut, looks_generated};
use dialect::Dialect;
pub use memo::Memo;
use sql::Statement;
use url::Database;

/// The longest query text sent, in bytes.
const MAX_TEXT: usize = 32 * 1024;

/// Systems whose own error codes say more than SQLSTATE does, as the conventions list them.
const VENDOR_CODES: &[&str] = &["mysql", "mariadb", "microsoft.sql_server", "oracle.db", "ibm.db2", "sqlite"];

/// The span of a statement.
pub(crate) fn finish(values: &Values<'_>) -> Finished {
    let payload = &values.payload;
    let database = match payload.text(keys::JDBC_URL) {
        Some(url) => values.memo.database(&url),
        None => Database::of_product_name(&payload.text(keys::DB_PRODUCT).unwrap_or_default()),
    };
    let batch_size = payload.int(keys::BATCH_SIZE).filter(|size| *size >= 0 && *size != 1);
    let statement = statement(values, Dialect::of(database.system), batch_size.is_some());
    let error = error(values, database.system);

    let name = name(&statement, &database);
    let mut attributes = Attributes::new();
    attributes.text("db.system.name", database.system);
    attributes.some_text("db.namespace", database.namespace);
    attributes.some_text("server.address", database.host);
    attributes.some_int("server.port", database.port);
    attributes.some_text("db.query.text", Some(statement.text).filter(|text| !text.is_empty()));
    attributes.some_text("db.query.summary", Some(statement.summary).filter(|summary| !summary.is_empty()));
    attributes.some_text("db.stored_procedure.name", statement.procedure);
    attributes.some_int("db.operation.batch.size", batch_size);
    let failed = error.is_some();
    if let Some(Error { code, kind }) = error {
        attributes.some_text("db.response.status_code", code);
        attributes.text("error.type", kind);
    }
    Finished { name, kind: SpanKind::Client, attributes, failed }
}

/// What was run: one statement, or the statements of a batch as one.
fn statement(values: &Values<'_>, dialect: Dialect, batch: bool) -> Statement {
    let as_written = values.options.prepared_query_text && values.payload.int(keys::PREPARED) == Some(1);
    let read = |text: &str| {
        let statement = values.memo.statement(text, dialect);
        if as_written { Statement { text: cut(text, MAX_TEXT).to_owned(), ..statement } } else { statement }
    };
    let mut texts = values.payload.texts(keys::SQL);
    let Some(first) = texts.next() else {
        return Statement {
            summary: if batch { "BATCH".to_owned() } else { String::new() },
            ..Statement::default()
        };
    };
    let first = read(&first);
    if !batch {
        return first;
    }
    let mut summary = format!("BATCH {}", first.summary);
    let mut procedure = first.procedure.clone();
    let mut whole = first.text.clone();
    let mut alike = true;
    for next in texts.map(|text| read(&text)) {
        if whole.len() + next.text.len() > MAX_TEXT {
            break;
        }
        alike &= next.text == first.text;
        whole.push_str("; ");
        whole.push_str(&next.text);
        if next.summary != first.summary {
            summary.truncate("BATCH".len());
        }
        procedure = procedure.filter(|name| next.procedure.as_ref() == Some(name));
    }
    summary.truncate(summary.trim_end().len());
    Statement { text: if alike { first.text } else { whole }, summary, procedure }
}

/// The summary, else what the statement ran on, from the most telling to the least.
fn name(statement: &Statement, database: &Database) -> Cow<'static, str> {
    if !statement.summary.is_empty() {
        return Cow::Owned(statement.summary.clone());
    }
    // A name made for one run (a test's database in memory) would give each run span names of its own.
    if let Some(namespace) = database.namespace.as_ref().filter(|name| !looks_generated(name)) {
        return Cow::Owned(namespace.clone());
    }
    match (&database.host, database.port) {
        (Some(host), Some(port)) => Cow::Owned(format!("{host}:{port}")),
        (Some(host), None) => Cow::Owned(host.clone()),
        (None, _) => Cow::Borrowed(database.system),
    }
}

/// Why a statement failed.
struct Error {
    /// `db.response.status_code`.
    code: Option<String>,
    /// `error.type`: the code, else what the exception was.
    kind: String,
}

fn error(values: &Values<'_>, system: &str) -> Option<Error> {
    let state = values.text(keys::SQL_STATE, MAX_NAME);
    let state = state.filter(|state| state.len() <= 8 && state.bytes().all(|b| b.is_ascii_alphanumeric()));
    let code = values.payload.int(keys::SQL_ERROR_CODE).filter(|code| *code != 0).map(|code| match system {
        "oracle.db" if code > 0 => format!("ORA-{code:05}"),
        _ => code.to_string(),
    });
    let code = if VENDOR_CODES.contains(&system) { code.or(state) } else { state.or(code) };
    let kind = code.clone().or_else(|| values.error())?;
    Some(Error { code, kind })
}

#[cfg(test)]
mod tests;
