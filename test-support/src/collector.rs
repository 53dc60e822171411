//! The real OpenTelemetry Collector: receives OTLP on free ports and sends on what it received as OTLP JSON, which a
//! [`Sink`] of ours keeps. (Its file exporter would be shorter; it is not part of the core modules, and not every module
//! proxy serves all that its build asks for.)

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::Unavailable;
use crate::child::{Child, Stream};
use crate::sink::Sink;
use crate::{net, paths};

const START_PATIENCE: Duration = Duration::from_secs(60);

/// A running Collector. Killed when dropped.
#[derive(Debug)]
pub struct Collector {
    /// OTLP over HTTP, on 127.0.0.1.
    pub http_port: u16,
    /// OTLP over gRPC, on 127.0.0.1.
    pub grpc_port: u16,
    /// Its configuration.
    pub configuration: PathBuf,
    child: Child,
    sink: Sink,
}

impl Collector {
    /// Starts the Collector that `./x collector` built, with its configuration in `workdir`.
    ///
    /// # Errors
    /// [`Unavailable`] when it is not built; anything else when it does not start.
    pub fn start(workdir: &Path) -> Result<Self> {
        let program = paths::collector_program();
        if !program.is_file() {
            bail!(Unavailable(
                "the OpenTelemetry Collector is not built (./x collector; needs Go)".to_owned()
            ));
        }
        let sink = Sink::start()?;
        let configuration = workdir.join("collector.yaml");
        let [http_port, grpc_port] = net::free_ports()?;
        fs::write(&configuration, configuration_text(http_port, grpc_port, sink.port()))?;
        let mut child = Child::start("otelcol", Command::new(program).arg("--config").arg(&configuration))?;
        child.wait_for_line(Stream::Stderr, START_PATIENCE, |line| {
            line.contains("Everything is ready").then_some(())
        })?;
        Ok(Self { http_port, grpc_port, configuration, child, sink })
    }

    /// What was received so far: one OTLP JSON `ExportTraceServiceRequest` each.
    pub fn lines(&self) -> Vec<Value> {
        self.sink.bodies().iter().filter_map(|body| serde_json::from_slice(body).ok()).collect()
    }

    /// Every span received so far, with no regard to resource and scope.
    pub fn spans(&self) -> Vec<Value> {
        spans_of(&self.lines())
    }

    /// Waits until the requests received satisfy `enough`, and returns them.
    ///
    /// # Errors
    /// When `patience` ends first; the message holds what was received.
    pub fn wait_for(&self, patience: Duration, enough: impl Fn(&[Value]) -> bool) -> Result<Vec<Value>> {
        self.sink.wait(patience, |_| enough(&self.lines()));
        let lines = self.lines();
        if !enough(&lines) {
            bail!("the Collector received only {lines:#?}\n{}", self.child.stderr());
        }
        Ok(lines)
    }

    /// Stops it, and returns what it had received.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(self) -> Result<Vec<Value>> {
        self.child.stop().context("stopping the Collector")?;
        Ok(self.sink.bodies().iter().filter_map(|body| serde_json::from_slice(body).ok()).collect())
    }
}

/// Every span of OTLP JSON trace requests, with no regard to resource and scope.
pub fn spans_of(requests: &[Value]) -> Vec<Value> {
    fn items<'a>(of: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
        of.get(field).and_then(Value::as_array).into_iter().flatten()
    }
    let resources = requests.iter().flat_map(|request| items(request, "resourceSpans"));
    let scopes = resources.flat_map(|resource| items(resource, "scopeSpans"));
    scopes.flat_map(|scope| items(scope, "spans")).cloned().collect()
}

fn configuration_text(http_port: u16, grpc_port: u16, sink_port: u16) -> String {
    format!(
        "receivers:
  otlp:
    protocols:
      http: {{ endpoint: '127.0.0.1:{http_port}' }}
      grpc: {{ endpoint: '127.0.0.1:{grpc_port}' }}
exporters:
  otlphttp:
    endpoint: 'http://127.0.0.1:{sink_port}'
    encoding: json
    compression: none
service:
  telemetry:
    metrics: {{ level: none }}
  pipelines:
    traces: {{ receivers: [otlp], exporters: [otlphttp] }}
"
    )
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::http;

    const ONE_SPAN: &str = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{
        "traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"a span","kind":1,
        "startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]}"#;

    #[test]
    fn what_is_sent_is_read_back() {
        let workdir = TempDir::new().unwrap();
        let collector = match Collector::start(workdir.path()) {
            Ok(collector) => collector,
            Err(failure) if failure.is::<Unavailable>() => {
                eprintln!("skipped: {failure}");
                return;
            }
            Err(failure) => panic!("{failure:?}"),
        };
        let answer = http::request(
            collector.http_port,
            "POST",
            "/v1/traces",
            &[("Content-Type", "application/json")],
            ONE_SPAN.as_bytes(),
        )
        .unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        collector.wait_for(START_PATIENCE, |requests| spans_of(requests).len() == 1).unwrap();
        let received = collector.stop().unwrap();
        assert_eq!(spans_of(&received)[0]["name"], "a span");
    }
}
