//! The writing thread: one transaction for whatever has come since the last one.

use rusqlite::{Connection, Result, Transaction, params};

use super::json::{attributes_to_json, events_to_json, links_to_json, value_to_json};
use super::queue::{Batch, Queue};
use super::{APPLICATION_ID, SCHEMA, SCHEMA_VERSION};
use crate::logs::LogRecord;
use crate::span::{Resource, Scope, Span, Status};

/// Makes the connection ready to write, and the schema where there is none.
pub(super) fn prepare(connection: &Connection, is_new: bool) -> Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    if is_new {
        // Before there is a write-ahead log, so that the file itself says whose it is from the first moment on.
        connection.execute_batch(&format!(
            "BEGIN; {SCHEMA} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
        ))?;
    }
    // Readers go on while a batch is written, and a viewer that is killed loses at most the batch under way.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")
}

/// Writes until the queue is closed and empty, then leaves one file behind.
pub(super) fn run(mut connection: Connection, queue: &Queue) {
    while let Some(batch) = queue.take() {
        let result = write(&mut connection, &batch);
        queue.done(batch, result);
    }
    // Closing the last connection does the same, but somebody else may read; failing leaves the -wal file, which is read.
    let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
}

fn write(connection: &mut Connection, batch: &Batch) -> Result<()> {
    let transaction = connection.transaction()?;
    let mut origin = Origin::default();
    for span in &batch.spans {
        let (resource, scope) = origin.of(&transaction, &span.resource, &span.scope)?;
        write_span(&transaction, span, resource, scope)?;
    }
    for record in &batch.logs {
        let (resource, scope) = origin.of(&transaction, &record.resource, &record.scope)?;
        write_log(&transaction, record, resource, scope)?;
    }
    transaction.commit()
}

/// Row ids of the resource and the scope written last: spans come in runs of one origin.
#[derive(Default)]
struct Origin {
    last: Option<(*const Resource, *const Scope, i64, i64)>,
}

impl Origin {
    fn of(
        &mut self,
        transaction: &Transaction<'_>,
        resource: &Resource,
        scope: &Scope,
    ) -> Result<(i64, i64)> {
        if let Some((last_resource, last_scope, resource_id, scope_id)) = self.last
            && std::ptr::eq(last_resource, resource)
            && std::ptr::eq(last_scope, scope)
        {
            return Ok((resource_id, scope_id));
        }
        // An update that changes nothing makes the id of a row that is there already be returned.
        let resource_id = transaction
            .prepare_cached(
                "INSERT INTO resource (service, attributes) VALUES (?1, ?2)
                 ON CONFLICT (attributes) DO UPDATE SET service = service RETURNING id",
            )?
            .query_row(
                params![resource.service(), attributes_to_json(&resource.attributes).to_string()],
                |row| row.get(0),
            )?;
        let scope_id = transaction
            .prepare_cached(
                "INSERT INTO scope (name, version) VALUES (?1, ?2)
                 ON CONFLICT (name, version) DO UPDATE SET name = name RETURNING id",
            )?
            .query_row(params![scope.name, scope.version], |row| row.get(0))?;
        self.last = Some((resource, scope, resource_id, scope_id));
        Ok((resource_id, scope_id))
    }
}

fn write_span(transaction: &Transaction<'_>, span: &Span, resource: i64, scope: i64) -> Result<()> {
    let (status, message) = match &span.status {
        Status::Unset => ("UNSET", None),
        Status::Ok => ("OK", None),
        Status::Error(message) => ("ERROR", Some(message)),
    };
    let mut statement = transaction.prepare_cached(
        "INSERT INTO span (trace_id, span_id, parent_span_id, trace_state, flags, name, kind, start_time_unix_nano,
            end_time_unix_nano, status, status_message, attributes, events, links, dropped_attributes, dropped_events,
            dropped_links, resource_id, scope_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
    )?;
    statement.execute(params![
        span.trace_id.to_string(),
        span.span_id.to_string(),
        span.parent_span_id.map(|id| id.to_string()),
        span.trace_state,
        span.flags,
        span.name,
        span.kind.name(),
        span.start_time_unix_nano.cast_signed(),
        span.end_time_unix_nano.cast_signed(),
        status,
        message,
        attributes_to_json(&span.attributes).to_string(),
        events_to_json(&span.events).to_string(),
        links_to_json(&span.links).to_string(),
        span.dropped.attributes,
        span.dropped.events,
        span.dropped.links,
        resource,
        scope,
    ])?;
    Ok(())
}

fn write_log(transaction: &Transaction<'_>, record: &LogRecord, resource: i64, scope: i64) -> Result<()> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO log (time_unix_nano, trace_id, span_id, severity_number, severity_text, body, event_name, attributes,
            dropped_attributes, resource_id, scope_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    statement.execute(params![
        record.time_unix_nano.cast_signed(),
        record.trace_id.map(|id| id.to_string()),
        record.span_id.map(|id| id.to_string()),
        record.severity_number,
        record.severity_text,
        value_to_json(&record.body).to_string(),
        record.event_name,
        attributes_to_json(&record.attributes).to_string(),
        record.dropped_attributes,
        resource,
        scope,
    ])?;
    Ok(())
}
