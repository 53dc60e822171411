//! `./x demo`: two instances of a Spring Boot application under the agent, some requests, and the traces they made.
//!
//! `orders` runs under `otelrs run`, as a newcomer would start it; it calls `stock`, which is given the agent by
//! `-agentpath` and the address of the same receiver, so that one trace goes through both.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{IsTerminal, Read};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use otelrs_test_support::child::{Child, Stream};
use otelrs_test_support::fixture::QUICK_JVM;
use otelrs_test_support::{Jdk, Unavailable, fixture, http, jdk, net, paths, postgres};
use serde_json::Value;

use crate::run::{line, say, while_saying};
use crate::{build, fixtures};

const START_PATIENCE: Duration = Duration::from_secs(120);
/// A JVM's exit status after SIGTERM, which `otelrs run` passes on.
const STOPPED: i32 = 143;
/// What `boot35` needs.
const OLDEST_JDK: u16 = 17;

/// A request to `orders`.
struct Request {
    path: &'static str,
    /// The status that it is answered with.
    status: u16,
    /// How many services its trace goes through.
    services: usize,
    /// What it shows.
    shows: &'static str,
}

const REQUESTS: [Request; 8] = [
    Request { path: "/orders/2", status: 200, services: 1, shows: "one query (slow: a JVM's first request)" },
    Request { path: "/fanout", status: 200, services: 1, shows: "three queries on an ExecutorService" },
    Request {
        path: "/call/3",
        status: 200,
        services: 2,
        shows: "calls stock over HTTP, for its first request",
    },
    Request { path: "/call-async/1", status: 200, services: 2, shows: "calls it again, asynchronously" },
    Request { path: "/fail", status: 500, services: 1, shows: "throws" },
    Request { path: "/async/1", status: 200, services: 1, shows: "is answered by another thread" },
    Request { path: "/batch", status: 200, services: 1, shows: "a batch of three inserts" },
    Request { path: "/callable", status: 200, services: 1, shows: "a stored function" },
];

/// Which database the application uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    /// In the memory of each instance.
    H2,
    /// A real server, of this demo's own.
    Postgresql,
}

impl Database {
    /// From the command line.
    ///
    /// # Errors
    /// When an option or a name is not known.
    pub(crate) fn of(options: &[&str]) -> Result<Self> {
        let name = match options {
            [] => return Ok(Self::H2),
            ["--database", name] => name,
            [option] => option.strip_prefix("--database=").unwrap_or(option),
            _ => bail!("demo takes --database h2 or --database postgresql"),
        };
        match name {
            "h2" => Ok(Self::H2),
            "postgresql" => Ok(Self::Postgresql),
            other => bail!("no database {other:?}: demo takes --database h2 or --database postgresql"),
        }
    }
}

/// Runs it all, and ends everything that it started.
///
/// # Errors
/// When something cannot be built or started, or a request is not answered as expected.
pub(crate) fn run(database: Database) -> Result<()> {
    build::run()?;
    fixtures::build(&["boot35"])?;
    let jdk = fixture_jdk()?;
    let server = match database {
        Database::H2 => None,
        Database::Postgresql => Some(start_postgres()?),
    };
    let datasource = server.as_ref().map(postgres::Server::spring_arguments);
    let datasource: Vec<&str> = datasource.iter().flatten().map(String::as_str).collect();

    let folder = tempfile::tempdir()?;
    let received = folder.path().join("traces.jsonl");
    let [receiver, stock_port] = net::free_ports()?;
    say(&format!("starting orders (Spring Boot 3.5, JDK {}) under otelrs run", jdk.feature));
    let mut orders = start_orders(&jdk, &received, receiver, stock_port, &datasource)?;
    say("starting stock, a second instance, with -agentpath");
    let mut stock = start_stock(&jdk, receiver, stock_port, &datasource)?;
    let port = while_saying("waiting for both to be ready", || ready(&mut stock).and(ready(&mut orders)))?;

    say(&format!("sending requests to http://127.0.0.1:{port}"));
    for Request { path, status: expected, shows, .. } in REQUESTS {
        let status = http::get(port, path, &[])?.status;
        say(&format!("  GET {path:<14} {status}  {shows}"));
        if status != expected {
            bail!("GET {path} was answered {status}, not {expected}\n{}", orders.stdout());
        }
    }
    wait_for_key(port);

    say("stopping both: each sends what it still holds, then otelrs shows the traces");
    say("  one row a span, what it caused below it: service, kind, name, status, when and how long");
    for instance in [stock, orders] {
        let ended = instance.stop()?;
        ensure!(ended.status.code() == Some(STOPPED), "an instance ended with {}", ended.status);
    }
    every_request_has_its_trace(&fs::read_to_string(received)?)?;
    say("that was the demo. Your own application: target/release/otelrs run -- java -jar app.jar");
    Ok(())
}

/// A JDK that the application runs on.
pub(crate) fn fixture_jdk() -> Result<Jdk> {
    let jdk = jdk::found().into_iter().find(|jdk| jdk.feature >= OLDEST_JDK);
    jdk.context("no JDK 17 or newer to run Spring Boot 3.5 on")
}

/// Compares the services of each trace received (OTLP JSON lines) with those that the requests go through.
fn every_request_has_its_trace(received: &str) -> Result<()> {
    let requests: Vec<Value> = received.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let mut traces: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for resource in requests.iter().flat_map(|request| items(request, "resourceSpans")) {
        let attributes = items(&resource["resource"], "attributes");
        let service =
            attributes.filter(|attribute| attribute["key"] == "service.name").map(|found| &found["value"]);
        let service: String = service.map(Value::to_string).collect();
        for span in items(resource, "scopeSpans").flat_map(|scope| items(scope, "spans")) {
            traces.entry(span["traceId"].to_string()).or_default().insert(service.clone());
        }
    }
    for services in [1, 2] {
        let expected = REQUESTS.iter().filter(|request| request.services == services).count();
        let found = traces.values().filter(|names| names.len() == services).count();
        // A person may have sent more.
        ensure!(found >= expected, "{found} traces through {services} services, {expected} were expected");
    }
    Ok(())
}

fn items<'a>(of: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    of[field].as_array().into_iter().flatten()
}

fn start_orders(jdk: &Jdk, received: &Path, receiver: u16, stock: u16, datasource: &[&str]) -> Result<Child> {
    let peer = format!("--peer.url=http://127.0.0.1:{stock}");
    let mut arguments = vec!["--server.port=0", "--server.address=127.0.0.1", &peer];
    arguments.extend(datasource);
    let application = fixture::java(jdk, &paths::fixture_jar("boot35"), &QUICK_JVM, &[], &arguments)?;
    let mut command = Command::new(paths::otelrs_program());
    command.args(["run", "--http-port", &receiver.to_string(), "--service", "orders", "--json"]);
    command.arg(received).arg("--").arg(application.get_program()).args(application.get_args());
    say(&format!("  {}", line(&command)));
    Child::start_showing_errors("orders", &mut command)
}

fn start_stock(jdk: &Jdk, receiver: u16, port: u16, datasource: &[&str]) -> Result<Child> {
    let port = format!("--server.port={port}");
    start_with_agent(jdk, "stock", receiver, &[&[port.as_str()], datasource].concat())
}

/// An instance of the application under the agent, sending to this port.
pub(crate) fn start_with_agent(jdk: &Jdk, service: &str, receiver: u16, options: &[&str]) -> Result<Child> {
    let arguments = [&["--server.address=127.0.0.1"], options].concat();
    let agent = format!("-agentpath:{}", paths::agent_library().display());
    let endpoint = format!("http://127.0.0.1:{receiver}");
    let environment = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_SERVICE_NAME", service)];
    let jvm = [&[agent.as_str()], &QUICK_JVM[..]].concat();
    let mut command = fixture::java(jdk, &paths::fixture_jar("boot35"), &jvm, &environment, &arguments)?;
    say(&format!("  OTEL_SERVICE_NAME={service} OTEL_EXPORTER_OTLP_ENDPOINT={endpoint} {}", line(&command)));
    Child::start_showing_errors(service, &mut command)
}

/// Its port, once it serves.
pub(crate) fn ready(instance: &mut Child) -> Result<u16> {
    instance.wait_for_line(Stream::Stdout, START_PATIENCE, |line| {
        line.strip_prefix("READY ").and_then(|port| port.trim().parse().ok())
    })
}

fn start_postgres() -> Result<postgres::Server> {
    say("starting a PostgreSQL server of its own (a temporary directory, a free loopback port)");
    let server = postgres::Server::start().map_err(|failure| match failure.is::<Unavailable>() {
        true => failure.context("./x demo --database postgresql"),
        false => failure,
    })?;
    say(&format!("  {}", server.jdbc_url()));
    Ok(server)
}

/// Lets a person at a terminal send requests of their own.
fn wait_for_key(port: u16) {
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        say(&format!("try your own: curl http://127.0.0.1:{port}/orders/1   Enter ends the demo."));
        let _ = std::io::stdin().read(&mut [0; 64]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_that_stops_at_the_first_service_is_noticed() {
        let span = |trace: usize, service: &str| {
            serde_json::json!({"resourceSpans": [{
                "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]},
                "scopeSpans": [{"spans": [{"traceId": trace.to_string()}]}],
            }]})
            .to_string()
        };
        let mut lines: Vec<String> = (0..REQUESTS.len()).map(|trace| span(trace, "orders")).collect();
        assert!(every_request_has_its_trace(&lines.join("\n")).is_err());
        lines.extend([span(2, "stock"), span(3, "stock")]);
        assert!(every_request_has_its_trace(&lines.join("\n")).is_ok());
        lines.remove(0);
        assert!(every_request_has_its_trace(&lines.join("\n")).is_err());
    }

    #[test]
    fn the_database_is_an_option() {
        for (options, expected) in [
            (&[][..], Some(Database::H2)),
            (&["--database", "postgresql"], Some(Database::Postgresql)),
            (&["--database=postgresql"], Some(Database::Postgresql)),
            (&["--database", "h2"], Some(Database::H2)),
            (&["--database", "oracle"], None),
            (&["--datebase"], None),
        ] {
            assert_eq!(Database::of(options).ok(), expected, "{options:?}");
        }
    }
}
