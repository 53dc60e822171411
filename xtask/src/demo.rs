//! `./x demo`: two instances of a Spring Boot application under the agent, some requests, and the traces they made.
//!
//! `orders` runs under `otelrs run`, as a newcomer would start it; it calls `stock`, which is given the agent by
//! `-agentpath` and the address of the same receiver, so that one trace goes through both.

use std::io::{IsTerminal, Read};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use otelrs_test_support::child::{Child, Stream};
use otelrs_test_support::fixture::QUICK_JVM;
use otelrs_test_support::{Jdk, Unavailable, fixture, http, jdk, net, paths, postgres};

use crate::run::{line, say, while_saying};
use crate::{build, fixtures};

const START_PATIENCE: Duration = Duration::from_secs(120);
/// What `boot35` needs.
const OLDEST_JDK: u16 = 17;

/// What is asked of `orders`: path, expected status, what it shows.
const REQUESTS: [(&str, u16, &str); 8] = [
    ("/orders/2", 200, "one prepared statement"),
    ("/fanout", 200, "three statements on an ExecutorService"),
    ("/call/3", 200, "calls the second instance over HTTP"),
    ("/call-async/1", 200, "the same, asynchronously"),
    ("/fail", 500, "throws"),
    ("/async/1", 200, "answered by another thread"),
    ("/batch", 200, "a batch of three inserts"),
    ("/callable", 200, "a stored function"),
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
    let jdk = jdk::found()
        .into_iter()
        .find(|jdk| jdk.feature >= OLDEST_JDK)
        .context("no JDK 17 or newer to run Spring Boot 3.5 on")?;
    let server = match database {
        Database::H2 => None,
        Database::Postgresql => Some(start_postgres()?),
    };
    let datasource = server.as_ref().map(postgres::Server::spring_arguments);
    let datasource: Vec<&str> = datasource.iter().flatten().map(String::as_str).collect();

    let [receiver, stock_port] = net::free_ports()?;
    say(&format!("starting orders (Spring Boot 3.5, JDK {}) under otelrs run", jdk.feature));
    let mut orders = start_orders(&jdk, receiver, stock_port, &datasource)?;
    say("starting stock, a second instance, with -agentpath");
    let mut stock = start_stock(&jdk, receiver, stock_port, &datasource)?;
    let port = while_saying("waiting for both to be ready", || ready(&mut stock).and(ready(&mut orders)))?;

    say(&format!("sending requests to http://127.0.0.1:{port}"));
    for (path, expected, shows) in REQUESTS {
        let status = http::get(port, path, &[])?.status;
        say(&format!("  GET {path:<14} {status}  {shows}"));
        if status != expected {
            bail!("GET {path} was answered {status}, not {expected}\n{}", orders.stdout());
        }
    }
    wait_for_key(port);

    say("stopping both; each sends what it still holds, then otelrs shows the traces");
    stock.stop()?;
    orders.stop()?;
    say("that was the demo. Your own application: target/release/otelrs run -- java -jar app.jar");
    Ok(())
}

fn start_orders(jdk: &Jdk, receiver: u16, stock: u16, datasource: &[&str]) -> Result<Child> {
    let peer = format!("--peer.url=http://127.0.0.1:{stock}");
    let mut arguments = vec!["--server.port=0", "--server.address=127.0.0.1", &peer];
    arguments.extend(datasource);
    let application = fixture::java(jdk, &paths::fixture_jar("boot35"), &QUICK_JVM, &[], &arguments)?;
    let mut command = Command::new(paths::otelrs_program());
    command.args(["run", "--http-port", &receiver.to_string(), "--service", "orders", "--"]);
    command.arg(application.get_program()).args(application.get_args());
    say(&format!("  {}", line(&command)));
    Child::start_showing_errors("orders", &mut command)
}

fn start_stock(jdk: &Jdk, receiver: u16, port: u16, datasource: &[&str]) -> Result<Child> {
    let port = format!("--server.port={port}");
    let mut arguments = vec!["--server.address=127.0.0.1", &port];
    arguments.extend(datasource);
    let agent = format!("-agentpath:{}", paths::agent_library().display());
    let endpoint = format!("http://127.0.0.1:{receiver}");
    let environment = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_SERVICE_NAME", "stock")];
    let jvm = [&[agent.as_str()], &QUICK_JVM[..]].concat();
    let mut command = fixture::java(jdk, &paths::fixture_jar("boot35"), &jvm, &environment, &arguments)?;
    say(&format!("  OTEL_SERVICE_NAME=stock OTEL_EXPORTER_OTLP_ENDPOINT={endpoint} {}", line(&command)));
    Child::start_showing_errors("stock", &mut command)
}

fn ready(instance: &mut Child) -> Result<u16> {
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
