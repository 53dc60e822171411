//! The real OpenTelemetry Collector: receives OTLP on free ports, writes what it received to a file as OTLP JSON.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::Unavailable;
use crate::child::{Child, Stream};
use crate::{net, paths};

const START_PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at the output file, which the Collector flushes as often.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A running Collector. Killed when dropped.
#[derive(Debug)]
pub struct Collector {
    /// OTLP over HTTP, on 127.0.0.1.
    pub http_port: u16,
    /// OTLP over gRPC, on 127.0.0.1.
    pub grpc_port: u16,
    /// The file that receives one JSON object (`ExportTraceServiceRequest`) a line.
    pub output: PathBuf,
    child: Child,
}

impl Collector {
    /// Starts the Collector that `./x collector` built, with its files in `workdir`.
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
        let output = workdir.join("received.jsonl");
        let config = workdir.join("collector.yaml");
        let [http_port, grpc_port] = net::free_ports()?;
        fs::write(&config, configuration(http_port, grpc_port, &output))?;
        let mut child =
            Child::start("otelcol", Command::new(program).arg("--config").arg(&config).current_dir(workdir))?;
        child.wait_for_line(Stream::Stderr, START_PATIENCE, |line| {
            line.contains("Everything is ready").then_some(())
        })?;
        Ok(Self { http_port, grpc_port, output, child })
    }

    /// What was received so far, a JSON object a line.
    pub fn lines(&self) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(&self.output).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Every span received so far, with no regard to resource and scope.
    pub fn spans(&self) -> Vec<serde_json::Value> {
        fn items<'a>(of: &'a serde_json::Value, field: &str) -> impl Iterator<Item = &'a serde_json::Value> {
            of.get(field).and_then(serde_json::Value::as_array).into_iter().flatten()
        }
        let lines = self.lines();
        let resources = lines.iter().flat_map(|line| items(line, "resourceSpans"));
        let scopes = resources.flat_map(|resource| items(resource, "scopeSpans"));
        scopes.flat_map(|scope| items(scope, "spans")).cloned().collect()
    }

    /// Waits until the spans received satisfy `enough`, and returns them.
    ///
    /// # Errors
    /// When `patience` ends first; the message holds what was received.
    pub fn wait_for_spans(
        &self,
        patience: Duration,
        enough: impl Fn(&[serde_json::Value]) -> bool,
    ) -> Result<Vec<serde_json::Value>> {
        let deadline = Instant::now() + patience;
        loop {
            let spans = self.spans();
            if enough(&spans) {
                return Ok(spans);
            }
            if Instant::now() >= deadline {
                bail!("the Collector received only {spans:#?}\n{}", self.child.stderr());
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// Stops it; everything received is in the file then.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(self) -> Result<PathBuf> {
        self.child.stop().context("stopping the Collector")?;
        Ok(self.output)
    }
}

fn configuration(http_port: u16, grpc_port: u16, output: &Path) -> String {
    format!(
        "receivers:
  otlp:
    protocols:
      http: {{ endpoint: '127.0.0.1:{http_port}' }}
      grpc: {{ endpoint: '127.0.0.1:{grpc_port}' }}
exporters:
  file: {{ path: '{}', flush_interval: 50ms }}
service:
  telemetry:
    metrics: {{ level: none }}
  pipelines:
    traces: {{ receivers: [otlp], exporters: [file] }}
",
        output.display()
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
        let spans = collector.wait_for_spans(START_PATIENCE, |spans| spans.len() == 1).unwrap();
        assert_eq!(spans[0]["name"], "a span");
        collector.stop().unwrap();
    }
}
