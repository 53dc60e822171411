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
pub(crate) fn finish<'a>(values: &Values<'a>) -> Finished<'a> {
    let payload = &values.payload;
    let database = match payload.text(keys::JDBC_URL) {
        Some(url) => values.memo.database(&url),
        None => values.memo.product(&payload.text(keys::DB_PRODUCT).unwrap_or_default()),
    };
    let batch_size = payload.int(keys::BATCH_SIZE).filter(|size| *size >= 0 && *size != 1);
    let run = run(values, Dialect::of(database.system), batch_size.is_some());
    let error = error(values, database.system);

    let name = name(&run, database);
    let mut attributes = Attributes::new();
    attributes.text("db.system.name", database.system);
    attributes.some_text("db.namespace", database.namespace.as_deref());
    attributes.some_text("server.address", database.host.as_deref());
    attributes.some_int("server.port", database.port);
    attributes.some_text("db.query.text", Some(run.text).filter(|text| !text.is_empty()));
    attributes.some_text("db.query.summary", Some(run.summary).filter(|summary| !summary.is_empty()));
    attributes.some_text("db.stored_procedure.name", run.procedure);
    attributes.some_int("db.operation.batch.size", batch_size);
    let failed = error.is_some();
    if let Some(Error { code, kind }) = error {
        attributes.some_text("db.response.status_code", code);
        attributes.text("error.type", kind);
    }
    Finished { name, kind: SpanKind::Client, attributes, failed }
}
/// What was run, as it may leave: one statement, or the statements of a batch as one.
#[derive(Default)]
struct Run<'a> {
    text: Cow<'a, str>,
    summary: Cow<'a, str>,
    procedure: Option<&'a str>,
}

fn run<'a>(values: &Values<'a>, dialect: Dialect, batch: bool) -> Run<'a> {
    let as_written = values.options.prepared_query_text && values.payload.int(keys::PREPARED) == Some(1);
    let read = |text: Cow<'a, str>| {
        let Statement { text: masked, summary, procedure } = values.memo.statement(&text, dialect);
        let written = if as_written { bounded(text) } else { Cow::Borrowed(masked.as_str()) };
        Run { text: written, summary: Cow::Borrowed(summary), procedure: procedure.as_deref() }
    };
    let mut texts = values.payload.texts(keys::SQL);
    let Some(first) = texts.next() else {
        return Run { summary: Cow::Borrowed(if batch { "BATCH" } else { "" }), ..Run::default() };
    };
    let first = read(first);
    if !batch {
        return first;
    }
    let mut summary = format!("BATCH {}", first.summary);
    let mut procedure = first.procedure;
    let mut whole = first.text.clone().into_owned();
    let mut alike = true;
    for next in texts.map(read) {
        if whole.len() + next.text.len() > MAX_TEXT {
            break;
        }
        alike &= next.text == first.text;
        whole.push_str("; ");
        whole.push_str(&next.text);
        if next.summary != first.summary {
            summary.truncate("BATCH".len());
        }
        procedure = procedure.filter(|name| next.procedure == Some(*name));
    }
    summary.truncate(summary.trim_end().len());
    let text = if alike { first.text } else { Cow::Owned(whole) };
    Run { text, summary: Cow::Owned(summary), procedure }
}

/// At most [`MAX_TEXT`] bytes of a text.
fn bounded(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(cut(text, MAX_TEXT)),
        Cow::Owned(text) => Cow::Owned(cut(&text, MAX_TEXT).to_owned()),
    }
}

/// The summary, else what the statement ran on, from the most telling to the least.
fn name<'a>(run: &Run<'a>, database: &'a Database) -> Cow<'a, str> {
    if !run.summary.is_empty() {
        return run.summary.clone();
    }
    // A name made for one run (a test's database in memory) would give each run span names of its own.
    if let Some(namespace) = database.namespace.as_deref().filter(|name| !looks_generated(name)) {
        return Cow::Borrowed(namespace);
    }
    match (database.host.as_deref(), database.port) {
        (Some(host), Some(port)) => Cow::Owned(format!("{host}:{port}")),
        (Some(host), None) => Cow::Borrowed(host),
        (None, _) => Cow::Borrowed(database.system),
    }
}

/// Why a statement failed.
struct Error<'a> {
    /// `db.response.status_code`.
    code: Option<Cow<'a, str>>,
    /// `error.type`: the code, else what the exception was.
    kind: Cow<'a, str>,
}

fn error<'a>(values: &Values<'a>, system: &str) -> Option<Error<'a>> {
    let state = values.text(keys::SQL_STATE, MAX_NAME);
    let state = state.filter(|state| state.len() <= 8 && state.bytes().all(|b| b.is_ascii_alphanumeric()));
    let code = values.payload.int(keys::SQL_ERROR_CODE).filter(|code| *code != 0).map(|code| match system {
        "oracle.db" if code > 0 => Cow::Owned(format!("ORA-{code:05}")),
        _ => Cow::Owned(code.to_string()),
    });
    let code = if VENDOR_CODES.contains(&system) { code.or(state) } else { state.or(code) };
    let kind = code.clone().or_else(|| values.error())?;
    Some(Error { code, kind })
}

#[cfg(test)]
mod tests;
