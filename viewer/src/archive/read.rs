//! Rows to traces.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rusqlite::{Connection, Row};
use serde_json::Value as Json;

use super::ArchiveError;
use super::json::{attributes_of, events_of, id, links_of, value_of};
use crate::logs::LogRecord;
use crate::span::{Dropped, Kind, Resource, Scope, Span, SpanId, Status, Trace, TraceId};

const SPANS: &str = "SELECT span.*, resource.attributes AS resource, scope.name AS scope_name, scope.version
    FROM span JOIN resource ON resource.id = resource_id JOIN scope ON scope.id = scope_id
    WHERE trace_id = ?1 ORDER BY span.id";
const LOGS: &str = "SELECT log.*, resource.attributes AS resource, scope.name AS scope_name, scope.version
    FROM log JOIN resource ON resource.id = resource_id JOIN scope ON scope.id = scope_id
    WHERE trace_id = ?1 ORDER BY log.id";

type Result<T> = std::result::Result<T, ArchiveError>;

pub(super) fn trace(connection: &Connection, trace_id: TraceId) -> Result<Option<Trace>> {
    Reader { connection, resources: HashMap::new(), scopes: HashMap::new() }.trace(trace_id)
}

pub(super) fn newest(connection: &Connection, mut enough: impl FnMut(&Trace) -> bool) -> Result<Vec<Trace>> {
    let mut reader = Reader { connection, resources: HashMap::new(), scopes: HashMap::new() };
    let mut statement = connection.prepare("SELECT id, trace_id FROM span ORDER BY id DESC")?;
    let mut rows = statement.query([])?;
    let (mut seen, mut traces) = (HashSet::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let trace_id = TraceId(Columns { row, table: "span" }.id("trace_id")?);
        if !seen.insert(trace_id) {
            continue;
        }
        if let Some(trace) = reader.trace(trace_id)? {
            let enough = enough(&trace);
            traces.push(trace);
            if enough {
                break;
            }
        }
    }
    Ok(traces)
}

/// Rows of one origin share it.
struct Reader<'c> {
    connection: &'c Connection,
    resources: HashMap<i64, Arc<Resource>>,
    scopes: HashMap<i64, Arc<Scope>>,
}

impl Reader<'_> {
    fn trace(&mut self, trace_id: TraceId) -> Result<Option<Trace>> {
        let connection = self.connection;
        let mut trace = Trace { trace_id, spans: Vec::new(), logs: Vec::new() };
        let mut statement = connection.prepare_cached(SPANS)?;
        let mut rows = statement.query([trace_id.to_string()])?;
        while let Some(row) = rows.next()? {
            trace.spans.push(Arc::new(self.span(&Columns { row, table: "span" })?));
        }
        let mut statement = connection.prepare_cached(LOGS)?;
        let mut rows = statement.query([trace_id.to_string()])?;
        while let Some(row) = rows.next()? {
            trace.logs.push(Arc::new(self.log(&Columns { row, table: "log" })?));
        }
        Ok((!trace.spans.is_empty()).then_some(trace))
    }

    fn span(&mut self, columns: &Columns<'_, '_>) -> Result<Span> {
        let parent: Option<String> = columns.get("parent_span_id")?;
        let kind: String = columns.get("kind")?;
        Ok(Span {
            trace_id: TraceId(columns.id("trace_id")?),
            span_id: SpanId(columns.id("span_id")?),
            parent_span_id: match parent {
                None => None,
                Some(text) => Some(SpanId(columns.fits("parent_span_id", id(&text))?)),
            },
            trace_state: columns.get("trace_state")?,
            flags: columns.get("flags")?,
            name: columns.get("name")?,
            kind: columns.fits("kind", Kind::from_name(&kind))?,
            start_time_unix_nano: columns.get::<i64>("start_time_unix_nano")?.cast_unsigned(),
            end_time_unix_nano: columns.get::<i64>("end_time_unix_nano")?.cast_unsigned(),
            attributes: columns.json("attributes", attributes_of)?,
            events: columns.json("events", events_of)?,
            links: columns.json("links", links_of)?,
            status: match columns.get::<String>("status")?.as_str() {
                "UNSET" => Status::Unset,
                "OK" => Status::Ok,
                "ERROR" => {
                    Status::Error(columns.get::<Option<String>>("status_message")?.unwrap_or_default())
                }
                _ => columns.fits("status", None)?,
            },
            dropped: Dropped {
                attributes: columns.get("dropped_attributes")?,
                events: columns.get("dropped_events")?,
                links: columns.get("dropped_links")?,
            },
            resource: self.resource(columns)?,
            scope: self.scope(columns)?,
        })
    }

    fn log(&mut self, columns: &Columns<'_, '_>) -> Result<LogRecord> {
        let span_id: Option<String> = columns.get("span_id")?;
        Ok(LogRecord {
            time_unix_nano: columns.get::<i64>("time_unix_nano")?.cast_unsigned(),
            trace_id: Some(TraceId(columns.id("trace_id")?)),
            span_id: match span_id {
                None => None,
                Some(text) => Some(SpanId(columns.fits("span_id", id(&text))?)),
            },
            severity_number: columns.get("severity_number")?,
            severity_text: columns.get("severity_text")?,
            body: columns.json("body", value_of)?,
            event_name: columns.get("event_name")?,
            attributes: columns.json("attributes", attributes_of)?,
            dropped_attributes: columns.get("dropped_attributes")?,
            resource: self.resource(columns)?,
            scope: self.scope(columns)?,
        })
    }

    fn resource(&mut self, columns: &Columns<'_, '_>) -> Result<Arc<Resource>> {
        let id = columns.get("resource_id")?;
        if let Some(resource) = self.resources.get(&id) {
            return Ok(Arc::clone(resource));
        }
        let resource = Arc::new(Resource { attributes: columns.json("resource", attributes_of)? });
        self.resources.insert(id, Arc::clone(&resource));
        Ok(resource)
    }

    fn scope(&mut self, columns: &Columns<'_, '_>) -> Result<Arc<Scope>> {
        let id = columns.get("scope_id")?;
        if let Some(scope) = self.scopes.get(&id) {
            return Ok(Arc::clone(scope));
        }
        let scope = Arc::new(Scope { name: columns.get("scope_name")?, version: columns.get("version")? });
        self.scopes.insert(id, Arc::clone(&scope));
        Ok(scope)
    }
}

/// A row whose faults are named.
struct Columns<'r, 's> {
    row: &'r Row<'s>,
    table: &'static str,
}

impl Columns<'_, '_> {
    fn get<T: rusqlite::types::FromSql>(&self, column: &'static str) -> Result<T> {
        Ok(self.row.get(column)?)
    }

    fn fits<T>(&self, column: &'static str, value: Option<T>) -> Result<T> {
        let row = self.row.get("id")?;
        value.ok_or(ArchiveError::Row { table: self.table, row, column })
    }

    fn id<const N: usize>(&self, column: &'static str) -> Result<[u8; N]> {
        let text: String = self.get(column)?;
        self.fits(column, id(&text))
    }

    fn json<T>(&self, column: &'static str, read: impl Fn(&Json) -> Option<T>) -> Result<T> {
        let text: String = self.get(column)?;
        let json: Option<Json> = serde_json::from_str(&text).ok();
        self.fits(column, json.as_ref().and_then(read))
    }
}
