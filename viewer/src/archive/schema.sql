CREATE TABLE resource (
  id INTEGER PRIMARY KEY,
  service TEXT NOT NULL,
  attributes TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE scope (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  UNIQUE (name, version)
) STRICT;

CREATE TABLE span (
  id INTEGER PRIMARY KEY,
  trace_id TEXT NOT NULL,
  span_id TEXT NOT NULL,
  parent_span_id TEXT,
  trace_state TEXT NOT NULL,
  flags INTEGER NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  start_time_unix_nano INTEGER NOT NULL,
  end_time_unix_nano INTEGER NOT NULL,
  status TEXT NOT NULL,
  status_message TEXT,
  attributes TEXT NOT NULL,
  events TEXT NOT NULL,
  links TEXT NOT NULL,
  dropped_attributes INTEGER NOT NULL,
  dropped_events INTEGER NOT NULL,
  dropped_links INTEGER NOT NULL,
  resource_id INTEGER NOT NULL REFERENCES resource (id),
  scope_id INTEGER NOT NULL REFERENCES scope (id)
) STRICT;

CREATE INDEX span_by_trace ON span (trace_id);

CREATE TABLE log (
  id INTEGER PRIMARY KEY,
  time_unix_nano INTEGER NOT NULL,
  trace_id TEXT,
  span_id TEXT,
  severity_number INTEGER NOT NULL,
  severity_text TEXT NOT NULL,
  body TEXT NOT NULL,
  event_name TEXT NOT NULL,
  attributes TEXT NOT NULL,
  dropped_attributes INTEGER NOT NULL,
  resource_id INTEGER NOT NULL REFERENCES resource (id),
  scope_id INTEGER NOT NULL REFERENCES scope (id)
) STRICT;

CREATE INDEX log_by_trace ON log (trace_id) WHERE trace_id IS NOT NULL;

CREATE VIEW trace AS
SELECT
  span.trace_id,
  min(span.start_time_unix_nano) AS start_time_unix_nano,
  (max(span.end_time_unix_nano) - min(span.start_time_unix_nano)) / 1e6 AS duration_ms,
  count(*) AS spans,
  sum(span.status = 'ERROR') AS errors,
  group_concat(DISTINCT resource.service) AS services
FROM span JOIN resource ON resource.id = span.resource_id
GROUP BY span.trace_id;
