//! The console exporter.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use otelrs_exporter::Stats;
use otelrs_exporter::config::{Config, ExporterKind, Privacy, Protocol};
use otelrs_sdk::span::{Exception, Identity, KeyValue, Span, Status, Value};

use crate::collector::{Collector, Reply};
use crate::harness::{Exporter, config, span};

/// A console in memory, or a broken one.
#[derive(Clone, Default)]
struct Console {
    written: Arc<Mutex<Vec<u8>>>,
    broken: bool,
}

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.written.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn to_console(console: &Console) -> Config {
    Config {
        exporters: vec![ExporterKind::Console],
        console: Box::new(console.clone()),
        ..config(Protocol::HttpProtobuf, String::new())
    }
}

fn shown(span: Span<'static>, privacy: Privacy) -> String {
    let console = Console::default();
    let exporter = Exporter::start(Config { privacy, ..to_console(&console) });
    exporter.send([span]);
    exporter.stats_when(|stats| stats.exported == 1);
    String::from_utf8(console.written.lock().unwrap().clone()).unwrap()
}

#[test]
fn a_span_is_one_line() {
    let attributes = vec![
        KeyValue { key: "http.route".into(), value: Value::String("/x\n/y".into()) },
        KeyValue { key: "n".into(), value: Value::Int(-1) },
        KeyValue { key: "l".into(), value: Value::Strings(vec!["a".to_owned()]) },
    ];
    let request = span("GET /x");
    let identity = Identity { parent_span_id: 1, ..request.identity };
    let shown = shown(Span { identity, attributes, ..request }, Privacy::default());
    assert_eq!(
        shown,
        "span 'GET /x' 0102030405060708090a0b0c0d0e0f10 1112131415161718 SERVER 2.500ms \
         parent=0000000000000001 [otelrs.test] {http.route=\"/x\\n/y\", n=-1, l=[\"a\"]}\n"
    );
}

#[test]
fn an_error_and_its_exception_are_shown_and_the_message_only_when_allowed() {
    let exception = Exception {
        time_unix_nano: 1,
        class: "a.B".to_owned(),
        message: Some("secret".to_owned()),
        stack_trace: None,
    };
    let failed = Span { status: Status::Error(String::new()), exceptions: vec![exception], ..span("x") };
    let closed = shown(failed.clone(), Privacy::default());
    assert!(closed.contains(" ERROR ") && closed.ends_with(" exception=a.B\n"), "{closed}");
    let open = shown(failed, Privacy { exception_messages: true });
    assert!(open.ends_with(" exception=a.B \"secret\"\n"), "{open}");
}

#[test]
fn the_console_may_stand_beside_a_collector() {
    let (collector, console) = (Collector::http([Reply::http(200)]), Console::default());
    let exporter = Exporter::start(Config {
        exporters: vec![ExporterKind::Otlp, ExporterKind::Console],
        console: Box::new(console.clone()),
        ..config(Protocol::HttpProtobuf, collector.endpoint())
    });
    exporter.send([span("x")]);
    assert_eq!(exporter.stats_when(|stats| stats.exported > 0), Stats { exported: 1, ..Stats::default() });
    assert!(!console.written.lock().unwrap().is_empty());
}

#[test]
fn a_broken_console_is_said_and_the_loss_counted() {
    let console = Console { broken: true, ..Console::default() };
    let exporter = Exporter::start(to_console(&console));
    exporter.send([span("x")]);
    exporter.stats_when(|stats| stats.failed == 1);
    assert!(exporter.line_of("console").contains("broken pipe"));
}
