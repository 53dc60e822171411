//! A fixture under the agent, with a receiver of its own.

use std::time::Duration;

use anyhow::{Context, Result};
use otelrs_test_support::child::Ended;
use otelrs_test_support::fixture::{FixtureProcess, QUICK_JVM};
use otelrs_test_support::http::Response;
use otelrs_test_support::jdk::Jdk;
use otelrs_test_support::{net, paths};
use otelrs_viewer::findings::{Setting, Thresholds};
use otelrs_viewer::receiver::{Receiver, ReceiverOptions};
use otelrs_viewer::span::{Trace, TraceId};

use otelrs_test_support::operator;

/// The argument that attaches the agent with these options (`key=value;key2=value2`).
pub fn agent_argument(options: &str) -> String {
    let library = paths::agent_library();
    if options.is_empty() {
        format!("-agentpath:{}", library.display())
    } else {
        format!("-agentpath:{}={options}", library.display())
    }
}

/// The Spring Boot fixture for a JDK: 2.7 where 3.5 does not run.
pub fn spring_boot_for(jdk: &Jdk) -> &'static str {
    if jdk.feature < 17 { "boot27" } else { "boot35" }
}

/// A fixture that is traced.
pub struct Traced {
    receiver: Receiver,
    process: FixtureProcess,
    /// `key=value;key2=value2`.
    options: String,
    requests: u64,
}

/// A request that was sent, and the trace that it belongs to because its `traceparent` said so.
pub struct Sent {
    /// What came back.
    pub response: Response,
    /// Its trace.
    pub trace_id: TraceId,
}

/// How a fixture is started.
#[derive(Default)]
pub struct Launch<'a> {
    /// More arguments for the JVM.
    pub jvm: &'a [&'a str],
    /// More arguments for the program.
    pub program: &'a [&'a str],
    /// More variables.
    pub env: &'a [(&'a str, &'a str)],
    /// More options of the agent: `;key=value`.
    pub options: &'a str,
    /// From when on something is a finding: `name=value`.
    pub thresholds: &'a [&'a str],
    /// The agent comes with [`Traced::attach`], not at the start.
    pub later: bool,
}

impl Traced {
    /// Starts a fixture under the agent. Spring Boot fixtures call themselves where they call a peer.
    ///
    /// # Errors
    /// When it does not start; the message holds its output.
    pub fn start(jdk: &Jdk, fixture: &str, launch: &Launch<'_>) -> Result<Traced> {
        let settings: Vec<Setting> =
            launch.thresholds.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        let thresholds = Thresholds::with(&settings);
        let receiver = Receiver::start(ReceiverOptions { thresholds, ..ReceiverOptions::free_ports() })?;
        let options = format!(
            "otel.exporter.otlp.endpoint={};otel.service.name=shop;otel.bsp.schedule.delay=100{}",
            receiver.http_endpoint(),
            launch.options
        );
        let agent = agent_argument(&options);
        let port = net::free_port()?;
        let (server_port, peer) =
            (format!("--server.port={port}"), format!("--peer.url=http://127.0.0.1:{port}"));
        let mut program = launch.program.to_vec();
        if fixture.starts_with("boot") {
            program.extend([server_port.as_str(), peer.as_str()]);
        }
        let mut jvm = QUICK_JVM.to_vec();
        if !launch.later {
            jvm.push(&agent);
        }
        jvm.extend(launch.jvm);
        let jar = paths::fixture_jar(fixture);
        let process = FixtureProcess::start(jdk, &jar, &jvm, launch.env, &program)?;
        Ok(Traced { receiver, process, options, requests: 0 })
    }

    /// Attaches the agent to the fixture as it runs, with the options that it has otherwise from the start.
    ///
    /// # Errors
    /// When `otelrs attach` says no.
    pub fn attach(&self) -> Result<()> {
        let options: Vec<String> = self.options.split(';').map(str::to_owned).collect();
        operator::attach(self.process.id(), &options)
    }

    /// The fixture.
    pub fn process(&self) -> &FixtureProcess {
        &self.process
    }

    /// The receiver.
    pub fn receiver(&self) -> &Receiver {
        &self.receiver
    }

    /// Sends a request in a trace of its own.
    ///
    /// # Errors
    /// When there is no complete answer.
    pub fn get(&mut self, path: &str) -> Result<Sent> {
        self.get_with(path, &[])
    }

    /// As [`Traced::get`], with more headers.
    ///
    /// # Errors
    /// When there is no complete answer.
    pub fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> Result<Sent> {
        self.requests += 1;
        let number = self.requests;
        let parent = format!("00-{number:032x}-{number:016x}-01");
        let mut all = vec![("traceparent", parent.as_str())];
        all.extend(headers);
        let response = self.process.get_with(path, &all).with_context(|| format!("GET {path}"))?;
        Ok(Sent { response, trace_id: trace_id(number) })
    }

    /// Ends the fixture, whose exit flushes what it still has, and gives all traces received.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(self) -> Result<(Ended, Vec<Trace>)> {
        let ended = self.process.stop()?;
        let store = self.receiver.shutdown();
        Ok((ended, store.traces()))
    }

    /// Waits until the traces received satisfy `enough`.
    ///
    /// # Errors
    /// When they do not within half a minute; the message shows what is there.
    pub fn wait(&self, enough: impl FnMut(&[Trace]) -> bool) -> Result<Vec<Trace>> {
        Ok(self.receiver.store().wait_until(Duration::from_secs(30), enough)?)
    }
}

fn trace_id(number: u64) -> TraceId {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    TraceId(bytes)
}
