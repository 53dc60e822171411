//! What the real OpenTelemetry Collector makes of what the agent sends, over each protocol.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use otelrs_jvm_tests::traced::agent_argument;
use otelrs_test_support::collector::spans_of;
use otelrs_test_support::fixture::{FixtureProcess, QUICK_JVM, jdks_for};
use otelrs_test_support::{Collector, Jdk, Unavailable, paths};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);
const FIXTURE: &str = "boot35";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

#[test]
fn the_collector_receives_over_http() -> Result<()> {
    received_whole("http/protobuf", "none")
}

#[test]
fn the_collector_receives_over_http_compressed() -> Result<()> {
    received_whole("http/protobuf", "gzip")
}

#[test]
fn the_collector_receives_over_grpc() -> Result<()> {
    received_whole("grpc", "none")
}

#[test]
fn the_collector_receives_over_grpc_compressed() -> Result<()> {
    received_whole("grpc", "gzip")
}

fn received_whole(protocol: &str, compression: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let collector = match Collector::start(folder.path()) {
        Ok(collector) => collector,
        Err(failure) if failure.is::<Unavailable>() => {
            eprintln!("skipped: {failure}");
            return Ok(());
        }
        Err(failure) => return Err(failure),
    };
    let Some(jdk) = jdks_for(FIXTURE).pop() else { return Ok(()) };
    let port = if protocol == "grpc" { collector.grpc_port } else { collector.http_port };
    let application = start(&jdk, protocol, compression, port)?;
    let parent = format!("00-{TRACE}-{PARENT}-01");
    let answer =
        application.get_with("/orders/1", &[("traceparent", &parent), ("tracestate", "vendor=1")])?;
    ensure!(answer.status == 200, "{answer:?}");
    collector.wait_for(PATIENCE, |requests| spans_of(requests).len() >= 2)?;
    let (id, served) = (application.id(), application.port());
    let ended = application.stop()?;
    ensure!(ended.stderr.is_empty(), "the agent has nothing to say: {}", ended.stderr);

    let requests = collector.stop()?;
    let spans = spans_of(&requests);
    ensure!(spans.len() == 2, "two spans and no more: {requests:#?}");
    let of_kind = |kind: u64| {
        spans.iter().find(|span| span["kind"] == kind).with_context(|| format!("no kind {kind}: {spans:#?}"))
    };
    let (server, client) = (of_kind(2)?, of_kind(3)?);
    for (span, name, parent) in
        [(server, "GET /orders/{id}", json!(PARENT)), (client, "SELECT orders", server["spanId"].clone())]
    {
        assert_eq!(span["name"], name);
        assert_eq!(span["traceId"], TRACE, "{name}");
        assert_eq!(span["traceState"], "vendor=1", "{name}");
        assert_eq!(span["parentSpanId"], parent, "{name}");
        let (start, end) = (nanoseconds(span, "startTimeUnixNano")?, nanoseconds(span, "endTimeUnixNano")?);
        assert!(start < end, "{name}: {start} to {end}");
    }
    assert_eq!(attribute(server, "http.route"), json!({"stringValue": "/orders/{id}"}));
    assert_eq!(attribute(server, "http.response.status_code"), json!({"intValue": "200"}));
    assert_eq!(attribute(server, "server.port"), json!({"intValue": served.to_string()}));
    assert_eq!(attribute(client, "db.system.name"), json!({"stringValue": "h2database"}));

    let host = fs::read_to_string("/proc/sys/kernel/hostname")?;
    for request in &requests {
        let resource = &request["resourceSpans"][0]["resource"];
        for (key, value) in [
            ("service.name", json!({"stringValue": "shop"})),
            ("telemetry.sdk.language", json!({"stringValue": "java"})),
            ("telemetry.sdk.name", json!({"stringValue": "otelrs"})),
            ("process.pid", json!({"intValue": id.to_string()})),
            ("host.name", json!({"stringValue": host.trim()})),
            ("os.type", json!({"stringValue": "linux"})),
            ("deployment.environment.name", json!({"stringValue": "test"})),
        ] {
            assert_eq!(attribute(resource, key), value, "{key}");
        }
        assert_ne!(attribute(resource, "telemetry.sdk.version"), Value::Null);
    }
    Ok(())
}

fn start(jdk: &Jdk, protocol: &str, compression: &str, port: u16) -> Result<FixtureProcess> {
    let agent = agent_argument(&format!(
        "otel.exporter.otlp.endpoint=http://127.0.0.1:{port};otel.exporter.otlp.protocol={protocol};\
         otel.exporter.otlp.compression={compression};otel.service.name=shop;otel.bsp.schedule.delay=100;\
         otel.resource.attributes=deployment.environment.name=test"
    ));
    let jvm = [&QUICK_JVM[..], &[&agent]].concat();
    FixtureProcess::start(jdk, &paths::fixture_jar(FIXTURE), &jvm, &[], &["--server.port=0"])
}

/// The OTLP JSON value of an attribute; null where there is none.
fn attribute(of: &Value, key: &str) -> Value {
    let attributes = of["attributes"].as_array().into_iter().flatten();
    attributes
        .filter(|attribute| attribute["key"] == key)
        .map(|found| found["value"].clone())
        .next()
        .unwrap_or_default()
}

fn nanoseconds(span: &Value, field: &str) -> Result<u64> {
    Ok(span[field].as_str().with_context(|| format!("no {field}"))?.parse()?)
}
