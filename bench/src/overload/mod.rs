//! `./x bench overload`: 100 virtual users become 1,000 within two seconds while the collector takes its time. Every request
//! is answered as without an agent, or it fails; every span is accounted for, or it fails.

mod results;

use anyhow::{Context, Result, ensure};
use clap::Args;
use otelrs_test_support::{FixtureProcess, paths};

use crate::account::Account;
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
use crate::scenario::Endpoint;
use crate::server::SERVER_ARGUMENTS;
use crate::sink::Sink;
use crate::users::Users;
use crate::variant::{Agents, Variant};
use results::{Results, Sample};

/// The command line.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: CommonOptions,
    /// Servers of each variant, in turn
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// How long 1,000 users and those who become them ask
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// How long 100 users ask before that
    #[arg(long, default_value_t = 5.0)]
    warm_up: f64,
    /// Milliseconds that the collector takes for a batch
    #[arg(long, default_value_t = 1000)]
    delay: u64,
    /// One more argument for every JVM (repeatable)
    #[arg(long, allow_hyphen_values = true)]
    jvm_option: Vec<String>,
}

const CALM: Users = Users { first: 100, more: 0, joining: 0.0 };
const CROWD: Users = Users { first: 100, more: 900, joining: 2.0 };
const ENDPOINT: Endpoint = Endpoint::Order;
/// What that is answered with when no agent is there.
const BODY: &str = "tea";
const VARIANTS: [Variant; 2] = [Variant::None, Variant::Ours];
/// About how many seconds a server takes to start and to end.
const START_SECONDS: f64 = 8.0;

impl Options {
    /// Measures, checks, writes the results and shows them.
    ///
    /// # Errors
    /// When something is missing, a request is not answered as without an agent, or a span is neither received nor counted.
    pub(crate) fn run(&self) -> Result<()> {
        interrupt::end_children_when_interrupted()?;
        let jdk = self.common.jdk()?;
        let cores = Cores::choose()?;
        let sink = Sink::start_slow(cores.map(|cores| cores.others), self.delay)?;
        let mut results = Results {
            environment: Environment::read(),
            jdk: jdk_name(&jdk),
            delay_milliseconds: self.delay,
            seconds: self.seconds,
            samples: Vec::new(),
        };
        let jvm = Jvm {
            jdk,
            collector: Collector::G1,
            agents: Agents::found(None),
            endpoint: sink.endpoint(),
            // All of the heap is resident from the start: what is resident beyond it is not the heap's.
            options: [&["-XX:+AlwaysPreTouch".to_owned()][..], &self.jvm_option].concat(),
            archive: None,
        };
        let seconds = START_SECONDS + self.warm_up + self.seconds;
        let mut progress = Progress::begin(2.0 * f64::from(self.rounds) * seconds);
        for round in 0..self.rounds {
            for variant in order::of_round(&VARIANTS, round) {
                progress.step(
                    &format!("overload, {}, round {} of {}", variant.label(), round + 1, self.rounds),
                    seconds,
                );
                let sample = self.measure(&jvm, variant, round, &sink, cores);
                results.samples.push(sample.with_context(|| variant.label())?);
            }
        }
        report::publish(&self.common.folder(), "overload", &results, &results.report())
    }

    fn measure(
        &self,
        jvm: &Jvm,
        variant: Variant,
        round: u32,
        sink: &Sink,
        cores: Option<Cores>,
    ) -> Result<Sample> {
        let received_before = sink.spans()?;
        let mut environment = jvm.environment(variant);
        // What became of its spans, the agent says at its end.
        environment.push(("OTEL_JAVAAGENT_DEBUG", "true"));
        let jar = paths::fixture_jar("boot35");
        let arguments = jvm.arguments(variant)?;
        let server = FixtureProcess::start(&jvm.jdk, &jar, &arguments, &environment, &SERVER_ARGUMENTS)?;
        let port = server.port();
        let first = server.get(ENDPOINT.path())?;
        ensure!(first.status == 200, "{first:?}");
        let process = Process::new(server.id());
        if let Some(cores) = cores {
            affinity::pin_process(process, cores.server)?;
        }
        let load = |users, seconds| {
            Load {
                core: cores.map(|cores| cores.others),
                body: Some(BODY.to_owned()),
                users,
                ..Load::saturating(port, ENDPOINT.path(), seconds)
            }
            .run_in_process()
        };
        let calm = load(CALM, self.warm_up)?;
        let calm_memory = process.resident_mebibytes()?;
        let crowd = load(CROWD, self.seconds)?;
        let peak_memory = process.peak_mebibytes()?;
        let requests = 1 + calm.count + crowd.count;
        let made = requests * variant.spans_a_request(ENDPOINT);
        // What is queued when the load ends is sent, batch by batch.
        sink.drained(u64::MAX)?;
        let ended = server.stop()?;
        let received = sink.spans()? - received_before;
        let account = Account::of(variant, made, received, &ended.stderr)?;
        Ok(Sample {
            variant,
            round,
            requests: crowd.count,
            calm_median_micros: calm.median_micros,
            calm_tail_micros: calm.tail_micros,
            median_micros: crowd.median_micros,
            tail_micros: crowd.tail_micros,
            calm_mebibytes: calm_memory,
            peak_mebibytes: peak_memory,
            account,
        })
    }
}
