//! A run of the fixture: cells are sent to it, and when it has ended their trees are looked at.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Result, ensure};
use otelrs_test_support::fixture::{FixtureProcess, QUICK_JVM};
use otelrs_test_support::http;
use otelrs_test_support::jdk::Jdk;
use otelrs_test_support::paths;
use otelrs_viewer::receiver::{Receiver, ReceiverOptions};

use super::wire::Runs;
use super::{Cell, Outcome, Table};

/// All spans of a pass are kept until its end.
const STORE_BYTES: usize = 1 << 30;

/// Where the spans go, for whichever agent: its arguments for the JVM and its variables are made of this.
pub struct Collector {
    receiver: Receiver,
}

impl Collector {
    /// Starts one on free ports.
    ///
    /// # Errors
    /// When there is no port.
    pub fn start() -> Result<Collector> {
        let options = ReceiverOptions { max_store_bytes: STORE_BYTES, ..ReceiverOptions::free_ports() };
        Ok(Collector { receiver: Receiver::start(options)? })
    }

    /// Its address for OTLP over HTTP.
    pub fn endpoint(&self) -> String {
        self.receiver.http_endpoint()
    }

    /// Our agent's options that send to it.
    pub fn agent_options(&self) -> String {
        format!("otel.exporter.otlp.endpoint={};otel.bsp.schedule.delay=100", self.endpoint())
    }
}

/// The fixture, running.
pub struct Session {
    process: FixtureProcess,
    collector: Collector,
    table: Table,
    sent: Vec<Sent>,
}

struct Sent {
    run: u64,
    cell: Cell,
    complaint: Option<String>,
}

/// How the cells of one pass are sent.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    /// How many at once.
    pub clients: usize,
    /// Whether requests are answered without waiting for the work that they submitted.
    pub early: bool,
}

/// One after the other, each answered when its work is done.
pub const ALONE: Pass = Pass { clients: 1, early: false };

impl Session {
    /// Starts the fixture with these arguments and variables, which attach an agent that sends to `collector`.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(jdk: &Jdk, collector: Collector, jvm: &[&str], env: &[(&str, &str)]) -> Result<Session> {
        let mut arguments: Vec<&str> = QUICK_JVM.to_vec();
        if jdk.feature >= 21 {
            arguments.push("--enable-preview");
        }
        arguments.extend(jvm);
        let jar = paths::fixture_jar("context");
        let process = FixtureProcess::start(jdk, &jar, &arguments, env, &[])?;
        let answer = process.get("/cells")?;
        ensure!(answer.status == 200, "{answer:?}");
        let table = Table::parse(&answer.body)?;
        Ok(Session { process, collector, table, sent: Vec::new() })
    }

    /// The table, as this JDK has it.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Where it answers on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.process.port()
    }

    /// The answer to a request that is no cell.
    ///
    /// # Errors
    /// When the fixture is not content.
    pub fn ask(&self, path: &str) -> Result<String> {
        let answer = self.process.get(path)?;
        ensure!(answer.status == 200, "{path}: {}", answer.body);
        Ok(answer.body)
    }

    /// Runs cells.
    pub fn run(&mut self, cells: &[Cell], pass: Pass) {
        let first = self.sent.len();
        let next = AtomicUsize::new(0);
        let sent = Mutex::new(Vec::new());
        let port = self.process.port();
        thread::scope(|scope| {
            for _ in 0..pass.clients {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(cell) = cells.get(index) else { break };
                        let run = (first + index + 1) as u64;
                        let complaint =
                            run_one(port, run, cell, pass).err().map(|failure| format!("{failure:#}"));
                        let mut sent = sent.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                        sent.push(Sent { run, cell: cell.clone(), complaint });
                    }
                });
            }
        });
        self.sent.extend(sent.into_inner().unwrap_or_default());
    }

    /// A cell that has gone wrong already, as far as its spans have arrived.
    pub fn first_wrong(&self) -> Option<Outcome> {
        let runs = Runs::of(&self.collector.receiver.store().traces());
        let size = |outcome: &Outcome| (outcome.received.all().len(), outcome.cell.expected.all().len());
        self.sent.iter().map(|sent| sent.outcome(&runs)).find(|outcome| {
            let (received, due) = size(outcome);
            received >= due && !outcome.is_right()
        })
    }

    /// Ends the fixture, and compares.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(self) -> Result<Vec<Outcome>> {
        self.process.stop()?;
        let traces = self.collector.receiver.shutdown().traces();
        let runs = Runs::of(&traces);
        Ok(self.sent.iter().map(|sent| sent.outcome(&runs)).collect())
    }
}

impl Sent {
    fn outcome(&self, runs: &Runs) -> Outcome {
        Outcome {
            cell: self.cell.clone(),
            received: runs.forest(self.run),
            complaint: self.complaint.clone(),
        }
    }
}

fn run_one(port: u16, run: u64, cell: &Cell, pass: Pass) -> Result<()> {
    let parent = format!("00-{run:032x}-{run:016x}-01");
    let baggage = format!("run={run}");
    let path = format!("/cell?id={}&run={run}&early={}", cell.id, pass.early);
    let answer = http::get(port, &path, &[("traceparent", &parent), ("baggage", &baggage)]);
    let over = http::get(port, &format!("/over?run={run}"), &[])?;
    for answer in [answer?, over] {
        ensure!(answer.status == 200, "{}", answer.body);
    }
    Ok(())
}
