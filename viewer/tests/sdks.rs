//! Official SDKs send traces, logs and metrics over each protocol they have, and the store holds what was sent.
//!
//! Their packages come from the registries, so this runs where `OTELRS_SDKS` is set: `./x test --full` sets it.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use otelrs_viewer::findings::{Finding, Setting, Thresholds};
use otelrs_viewer::metrics::{PointValue, Series};
use otelrs_viewer::receiver::{Receiver, ReceiverOptions};
use otelrs_viewer::span::Value;
use otelrs_viewer::store::TraceStore;
use otelrs_viewer::tree::{TreeOptions, render_tree};

const EXPECTED: &str = include_str!("sdks/expected.txt");

/// The sources of an SDK's program, and a place of its own for what is built and installed.
struct Sdk {
    sources: PathBuf,
    place: PathBuf,
}

impl Sdk {
    /// `None` where the suite is not asked for.
    fn of(language: &str) -> Option<Self> {
        if std::env::var_os("OTELRS_SDKS").is_none() {
            println!("skipped: OTELRS_SDKS is not set");
            return None;
        }
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdks").join(language);
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sdks").join(language);
        fs::create_dir_all(&place).unwrap();
        Some(Self { sources, place })
    }

    /// Copies a source to the place, for tools that write beside their input.
    fn copy(&self, name: &str) {
        fs::copy(self.sources.join(name), self.place.join(name)).unwrap();
    }

    /// Runs the program once for each protocol, plain and compressed, against a receiver of its own.
    fn check(&self, protocols: &[&str], program: impl Fn(&Self) -> Command) {
        for protocol in protocols {
            for compression in ["none", "gzip"] {
                let receiver = Receiver::start(ReceiverOptions::free_ports()).unwrap();
                let endpoint = match *protocol {
                    "grpc" => receiver.grpc_endpoint(),
                    _ => receiver.http_endpoint(),
                };
                let mut command = program(self);
                command
                    .env("OTEL_SERVICE_NAME", "shop")
                    .env("OTEL_TRACES_EXPORTER", "otlp")
                    .env("OTEL_LOGS_EXPORTER", "otlp")
                    .env("OTEL_METRICS_EXPORTER", "otlp")
                    .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
                    .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
                if compression != "none" {
                    command.env("OTEL_EXPORTER_OTLP_COMPRESSION", compression);
                }
                run(&mut command);
                let (notices, store) = (receiver.notices(), receiver.shutdown());
                assert_eq!(shown(&store), EXPECTED, "{protocol}, {compression}: {notices:?}");
            }
        }
    }
}

impl Sdk {
    /// What is wrong with what the program sends, as kind, route and subject.
    fn findings(&self, program: impl FnOnce(&Self) -> Command) -> Vec<String> {
        let settings =
            ["settle=0s", "missing-parent-wait=0s", "unaccounted-time=60s", "connection-wait=250ms"];
        let settings: Vec<Setting> = settings.iter().map(|text| text.parse().unwrap()).collect();
        let thresholds = Thresholds::with(&settings);
        let receiver =
            Receiver::start(ReceiverOptions { thresholds, ..ReceiverOptions::free_ports() }).unwrap();
        let mut command = program(self);
        command
            .env("OTEL_SERVICE_NAME", "shop")
            .env("OTEL_LOGS_EXPORTER", "none")
            .env("OTEL_METRICS_EXPORTER", "none")
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.http_endpoint())
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        run(&mut command);
        let findings = receiver.shutdown().findings();
        let line = |finding: &Finding| {
            let route = finding.route.as_deref().unwrap_or("-");
            format!("{} | {route} | {}", finding.kind, finding.subject)
        };
        findings.iter().map(line).collect()
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&text));
}

/// Everything that the program sent: what an SDK says about itself is left out.
fn shown(store: &TraceStore) -> String {
    let mut text = String::new();
    for trace in store.traces() {
        text += &render_tree(&trace, &TreeOptions::default().hide(&["thread.*", "code.*"]).with_scope());
        for log in &trace.logs {
            let span = trace.spans.iter().find(|span| Some(span.span_id) == log.span_id);
            let name = span.map_or("nothing", |span| &span.name);
            let (severity, words, attributes) =
                (log.severity(), &log.severity_text, Value::Map(log.attributes.clone()));
            text += &format!("log of {name}: {severity} {words} {} {attributes}\n", log.body);
        }
    }
    let series = store.metrics();
    let ours = series.iter().filter(|series| series.scope.name == "sdk-test");
    text + &ours.map(|series| series_line(series)).collect::<String>()
}

fn series_line(series: &Series) -> String {
    let value = match &series.point.value {
        PointValue::Histogram { count, sum: Some(sum), min: Some(min), max: Some(max), bounds, buckets } => {
            format!(
                "{count} measurements, sum {sum}, least {min}, greatest {max}, bounds {bounds:?}, buckets {buckets:?}"
            )
        }
        PointValue::Int(number) => number.to_string(),
        // JavaScript has no integers.
        PointValue::Double(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let attributes = Value::Map(series.attributes.clone());
    format!("{} ({}) {:?} {attributes}: {value}\n", series.name, series.unit, series.kind)
}

#[test]
fn python() {
    let Some(sdk) = Sdk::of("python") else { return };
    let python = sdk.place.join("bin/python");
    run(Command::new("python3").args(["-m", "venv"]).arg(&sdk.place));
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--requirement"])
        .arg(sdk.sources.join("requirements.txt")));
    let program = |sdk: &Sdk, name: &str| {
        let mut command = Command::new(&python);
        command.arg(sdk.sources.join(name));
        command
    };
    sdk.check(&["grpc", "http/protobuf"], |sdk| program(sdk, "send.py"));
    assert_eq!(
        sdk.findings(|sdk| program(sdk, "findings.py")),
        [
            "missing-parent | below forgotten | below forgotten",
            "exploding-cardinality | - | span names from users",
            "duplicate-server-span | GET /twice | middleware and framework",
        ]
    );
}

#[test]
fn node() {
    let Some(sdk) = Sdk::of("node") else { return };
    ["package.json", "package-lock.json", "send.js"].iter().for_each(|name| sdk.copy(name));
    run(Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
        .current_dir(&sdk.place));
    sdk.check(&["grpc", "http/protobuf", "http/json"], |sdk| {
        let mut command = Command::new("node");
        command.arg(sdk.place.join("send.js"));
        command
    });
}

#[test]
fn go() {
    let Some(sdk) = Sdk::of("go") else { return };
    let program = sdk.place.join("sdk");
    run(Command::new("go").args(["build", "-o"]).arg(&program).arg(".").current_dir(&sdk.sources));
    sdk.check(&["grpc", "http/protobuf"], |_| Command::new(&program));
}

#[test]
fn java_agent() {
    let Some(sdk) = Sdk::of("java") else { return };
    run(Command::new("mvn")
        .args(["-q", "-B", "package", "-f"])
        .arg(sdk.sources.join("pom.xml"))
        .arg(format!("-Dplace={}", sdk.place.display())));
    let program = |sdk: &Sdk, arguments: &[&str]| {
        let library = sdk.place.join("lib");
        let mut agent = std::ffi::OsString::from("-javaagent:");
        agent.push(library.join("opentelemetry-javaagent.jar"));
        let class_path = std::env::join_paths([sdk.place.join("classes"), library.join("*")]).unwrap();
        let mut command = Command::new("java");
        command.arg(agent).arg("-Dotel.instrumentation.jdbc-datasource.enabled=true");
        command.arg("-cp").arg(class_path).args(arguments);
        command
    };
    sdk.check(&["grpc", "http/protobuf"], |sdk| program(sdk, &["sdk.Send"]));
    let slow = ["slow-connection-acquisition | GET /orders | HikariDataSource.getConnection"];
    assert_eq!(sdk.findings(|sdk| program(sdk, &["sdk.Pool", "1"])), slow, "one connection for two requests");
    assert_eq!(sdk.findings(|sdk| program(sdk, &["sdk.Pool", "2"])), [""; 0], "one for each");
}
