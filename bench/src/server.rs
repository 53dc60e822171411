//! The Spring Boot fixture: how long it takes to its first answer, and what its answers cost.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use otelrs_test_support::FixtureProcess;

use crate::affinity::{self, Cores};
use crate::jvm::Jvm;
use crate::load::Load;
use crate::process::Process;
use crate::samples::{Figure, Metric};
use crate::scenario::{Endpoint, Pace};
use crate::sink::Sink;
use crate::variant::Variant;

/// A port of its own, and connections that stay open: Tomcat closes each after 100 requests otherwise, and the figures
/// would be those of opening connections.
pub(crate) const SERVER_ARGUMENTS: [&str; 2] =
    ["--server.port=0", "--server.tomcat.max-keep-alive-requests=-1"];

/// How long requests are sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Durations {
    /// Before anything is measured, in seconds, shared by the endpoints.
    pub(crate) warm_up: f64,
    /// To each endpoint at each pace, in seconds.
    pub(crate) load: f64,
}

/// A server that has answered once.
#[derive(Debug)]
pub(crate) struct Server<'a> {
    fixture: FixtureProcess,
    process: Process,
    variant: Variant,
    sink: &'a Sink,
    cores: Option<Cores>,
}

impl<'a> Server<'a> {
    /// Starts `jar` and measures exec to the first 200, and the memory then. The JVM has all processors: that is how it
    /// starts elsewhere.
    ///
    /// # Errors
    /// When it does not start or does not answer.
    pub(crate) fn start(
        jvm: &Jvm,
        variant: Variant,
        jar: &Path,
        sink: &'a Sink,
        cores: Option<Cores>,
    ) -> Result<(Self, [(Metric, f64); 3])> {
        let (arguments, environment) = (jvm.arguments(variant)?, jvm.environment(variant));
        let received = sink.spans()?;
        let started = Instant::now();
        let fixture = FixtureProcess::start(&jvm.jdk, jar, &arguments, &environment, &SERVER_ARGUMENTS)
            .with_context(|| variant.label())?;
        let answer = fixture.get(Endpoint::Hello.path())?;
        let wall = started.elapsed();
        let process = Process::new(fixture.id());
        let cpu = process.cpu_time()?.total;
        ensure!(answer.status == 200, "{}: {answer:?}", variant.label());
        let figures = [
            (Metric::FirstAnswerWall, wall.as_secs_f64() * 1e3),
            (Metric::FirstAnswerCpu, cpu.as_secs_f64() * 1e3),
            (Metric::IdleMemory, process.resident_mebibytes()?),
        ];
        let server = Self { fixture, process, variant, sink, cores };
        // Its spans must not be counted with those of what comes next.
        sink.drained(received + variant.spans_a_request(Endpoint::Hello))?;
        Ok((server, figures))
    }

    /// Warms it up with all processors, then gives it one alone and measures every endpoint at every pace, and the memory
    /// and threads in the end.
    ///
    /// # Errors
    /// When a request is not answered with 200.
    pub(crate) fn measure(&self, durations: Durations) -> Result<Vec<(Metric, f64)>> {
        for endpoint in Endpoint::ALL {
            self.load(endpoint, Pace::Saturated, durations.warm_up / Endpoint::ALL.len() as f64)?;
        }
        if let Some(cores) = self.cores {
            affinity::pin_process(self.process, cores.server)?;
        }
        let mut figures = Vec::new();
        for pace in Pace::ALL {
            for endpoint in Endpoint::ALL {
                let measured = self.load(endpoint, pace, durations.load)?;
                figures
                    .extend(measured.map(|(figure, value)| (Metric::Request(endpoint, pace, figure), value)));
            }
        }
        figures.push((Metric::LoadedMemory, self.process.resident_mebibytes()?));
        figures.push((Metric::Threads, self.process.steady_threads()? as f64));
        Ok(figures)
    }

    /// Sends requests for so long, and waits for their spans: the processor time that these take belongs to the requests.
    fn load(&self, endpoint: Endpoint, pace: Pace, seconds: f64) -> Result<[(Figure, f64); 6]> {
        let load = Load {
            rate: pace.rate(),
            core: self.cores.map(|cores| cores.others),
            ..Load::saturating(self.fixture.port(), endpoint.path(), seconds)
        };
        let (spans, before) = (self.sink.spans()?, self.process.cpu_time()?);
        let answers = load.run_in_process().with_context(|| self.variant.label())?;
        let expected = spans + answers.count * self.variant.spans_a_request(endpoint);
        let received = self.sink.drained(expected)? - spans;
        let used = self.process.cpu_time()?.since(before);
        ensure!(answers.count > 0, "{}: no request to {} was sent", self.variant.label(), endpoint.path());
        let count = answers.count as f64;
        Ok([
            (Figure::Cpu, used.without_compile().as_secs_f64() * 1e6 / count),
            (Figure::CompileCpu, used.compile.as_secs_f64() * 1e6 / count),
            (Figure::Throughput, count / answers.seconds),
            (Figure::MedianLatency, answers.median_micros),
            (Figure::TailLatency, answers.tail_micros),
            (Figure::SpansReceived, received as f64 / count),
        ])
    }
}
