//! `./x bench pauses`: how long the JVM stops the threads of an application that answers requests at a steady rate, under
//! each garbage collector, with otelrs from the start, attached later, and without.

mod results;

use std::fs;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use otelrs_test_support::{FixtureProcess, Jdk, operator, paths, safepoints};
use tempfile::TempDir;

use crate::affinity::{self, Cores};
use crate::common::CommonOptions;
use crate::environment::{Environment, jdk_name};
use crate::interrupt;
use crate::jvm::Jvm;
use crate::load::Load;
use crate::order;
use crate::process::Process;
use crate::progress::Progress;
use crate::report;
use crate::run::Collector;
use crate::samples::LOST_AND_COMPARED;
use crate::scenario::{Endpoint, PACED_RATE};
use crate::server::SERVER_ARGUMENTS;
use crate::sink::Sink;
use crate::variant::Agents;
use results::{Presence, Results, Sample};

/// The command line.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: CommonOptions,
    /// Servers of each kind under each collector, in turn
    #[arg(long, default_value_t = 4)]
    rounds: u32,
    /// How long pauses are listened to
    #[arg(long, default_value_t = 6.0)]
    seconds: f64,
    /// Requests are sent before that until the compilers rest, which take the processor from the collector too, but no
    /// longer than so many seconds, and after an attachment for as long again
    #[arg(long, default_value_t = 40.0)]
    warm_up: f64,
    /// Garbage collectors, separated by commas; all that the JDK has when none is given
    #[arg(long, value_enum, value_delimiter = ',')]
    collectors: Vec<Collector>,
    /// One more argument for every JVM (repeatable)
    #[arg(long, allow_hyphen_values = true)]
    jvm_option: Vec<String>,
}

/// A small heap with a smaller young generation, in which most of what a request allocates dies, so that a few seconds
/// have many pauses; and no warning for what is attached.
const JVM_OPTIONS: [&str; 4] = ["-Xms128m", "-Xmx128m", "-Xmn8m", "-XX:+EnableDynamicAgentLoading"];
const ENDPOINT: Endpoint = Endpoint::Order;
/// About how many seconds a server takes to start, to be attached to and to end.
const START_SECONDS: f64 = 6.0;
/// About how many seconds compilers take to rest.
const WARM_UP_SECONDS: f64 = 24.0;
/// Compilers that use less of the processor rest.
const RESTING: f64 = 0.01;
/// Seconds between two looks at them.
const LOOK: f64 = 2.0;

impl Options {
    /// Measures, writes the results and shows them.
    ///
    /// # Errors
    /// When something is missing, a request is not answered with 200, or more spans are lost than may be.
    pub(crate) fn run(&self) -> Result<()> {
        interrupt::end_children_when_interrupted()?;
        let jdk = self.common.jdk()?;
        let cores = Cores::choose()?;
        let sink = Sink::start(cores.map(|cores| cores.others))?;
        let collectors = self.collectors_of(&jdk)?;
        let mut results = Results {
            environment: Environment::read(),
            jdk: jdk_name(&jdk),
            warm_up_seconds: self.warm_up,
            seconds: self.seconds,
            pinned: cores.is_some(),
            samples: Vec::new(),
        };
        let seconds = START_SECONDS + WARM_UP_SECONDS.min(self.warm_up) + self.seconds;
        let servers = self.rounds * u32::try_from(collectors.len() * Presence::ALL.len())?;
        let mut progress = Progress::begin(f64::from(servers) * seconds);
        for collector in collectors {
            let jvm = Jvm {
                jdk: jdk.clone(),
                collector,
                agents: Agents::found(None),
                endpoint: sink.endpoint(),
                options: [&JVM_OPTIONS.map(str::to_owned)[..], &self.jvm_option].concat(),
                archive: None,
            };
            for round in 0..self.rounds {
                for presence in order::of_round(&Presence::ALL, round) {
                    let (collector, kind) = (collector.label(), presence.label());
                    let step = format!("pauses, {collector}, {kind}, round {} of {}", round + 1, self.rounds);
                    progress.step(&step, seconds);
                    let sample = self.measure(&jvm, presence, round, &sink, cores);
                    results.samples.push(sample.with_context(|| format!("{collector}, {kind}"))?);
                }
            }
        }
        report::publish(&self.common.folder(), "pauses", &results, &results.report())
    }

    fn collectors_of(&self, jdk: &Jdk) -> Result<Vec<Collector>> {
        if !self.collectors.is_empty() {
            return Ok(self.collectors.clone());
        }
        let mut found = Vec::new();
        for collector in Collector::value_variants() {
            if collector.is_in(jdk)? {
                found.push(*collector);
            } else {
                eprintln!("bench: left out: {}: JDK {} has none", collector.label(), jdk.feature);
            }
        }
        Ok(found)
    }

    fn measure(
        &self,
        jvm: &Jvm,
        presence: Presence,
        round: u32,
        sink: &Sink,
        cores: Option<Cores>,
    ) -> Result<Sample> {
        let folder = TempDir::new()?;
        let log = folder.path().join("safepoints");
        let mut arguments = jvm.arguments(presence.at_the_start())?;
        arguments.push(format!("-Xlog:{}:file={}::filesize=0", safepoints::LOGGING, log.display()));
        let environment = jvm.environment(presence.in_the_end());
        let jar = paths::fixture_jar("boot35");
        let server = FixtureProcess::start(&jvm.jdk, &jar, &arguments, &environment, &SERVER_ARGUMENTS)?;
        let process = Process::new(server.id());
        let load = Load {
            core: cores.map(|cores| cores.others),
            ..Load::saturating(server.port(), ENDPOINT.path(), LOOK.min(self.warm_up))
        };
        self.warm_up(&load, process)?;
        if presence == Presence::Attached {
            operator::attach(server.id(), &[])?;
            // The compilers begin anew with each method that it changed.
            self.warm_up(&load, process)?;
        }
        sink.drained(u64::MAX)?;
        if let Some(cores) = cores {
            affinity::pin_process(process, cores.server)?;
        }
        let read = || -> Result<_> { Ok(safepoints::read(&fs::read_to_string(&log)?)) };
        let (spans, before, compiled) = (sink.spans()?, read()?.len(), process.cpu_time()?.compile);
        let steady = Load { rate: Some(PACED_RATE), seconds: self.seconds, ..load };
        let answers = steady.run_in_process()?;
        let compiled = process.cpu_time()?.compile.saturating_sub(compiled);
        let mut pauses = read()?;
        pauses.drain(..before);
        let made = answers.count * presence.in_the_end().spans_a_request(ENDPOINT);
        let received = sink.drained(spans + made)? - spans;
        ensure!(
            received as f64 >= made as f64 * (1.0 - LOST_AND_COMPARED) && received <= made,
            "{received} of {made} spans were received"
        );
        Ok(Sample::of(jvm.collector, presence, round, answers, compiled, &pauses))
    }

    /// Sends requests until the compilers rest, or for as long as was asked for.
    fn warm_up(&self, load: &Load, process: Process) -> Result<()> {
        let mut sent = 0.0;
        while sent < self.warm_up {
            let before = process.cpu_time()?.compile;
            sent += load.run_in_process()?.seconds;
            let compiled = process.cpu_time()?.compile.saturating_sub(before);
            if compiled.as_secs_f64() < load.seconds * RESTING {
                return Ok(());
            }
        }
        eprintln!("bench: the compilers are still at work after {sent:.0} s");
        Ok(())
    }
}
