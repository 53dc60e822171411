//! `./x bench soak`: resident memory over ten million requests, with otelrs and without.

use anyhow::{Context, Result};
use clap::Args;
use otelrs_test_support::{FixtureProcess, paths};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

use crate::account::Account;
use crate::common::CommonOptions;
use crate::environment::{Environment, jdk_name};
use crate::interrupt;
use crate::jvm::Jvm;
use crate::load::Load;
use crate::process::Process;
use crate::report::{self, Table};
use crate::run::Collector;
use crate::samples::Unit;
use crate::scenario::Endpoint;
use crate::server::SERVER_ARGUMENTS;
use crate::sink::Sink;
use crate::variant::{Agents, Variant};

/// The command line.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: CommonOptions,
    /// To each of the two servers
    #[arg(long, default_value_t = 10_000_000)]
    requests: u64,
    /// Looks at the memory
    #[arg(long, default_value_t = 10)]
    looks: u64,
    /// No look later than so many minutes after a server's start, however many requests are missing
    #[arg(long)]
    minutes: Option<f64>,
}

const ENDPOINT: Endpoint = Endpoint::Order;
/// No load takes longer: its number of requests ends it.
const DAY: f64 = 86_400.0;

/// Resident memory after so many requests.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Look {
    variant: Variant,
    requests: u64,
    mebibytes: f64,
}

/// All that `soak.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Results {
    environment: Environment,
    jdk: String,
    looks: Vec<Look>,
    /// Of the spans of ours.
    account: Account,
}

impl Options {
    /// Measures, writes the results and shows them.
    ///
    /// # Errors
    /// When something is missing, a request is not answered with 200, or a span is neither received nor counted.
    pub(crate) fn run(&self) -> Result<()> {
        interrupt::end_children_when_interrupted()?;
        let jdk = self.common.jdk()?;
        let sink = Sink::start(None)?;
        let (environment, jdk_name) = (Environment::read(), jdk_name(&jdk));
        let jvm = Jvm {
            jdk,
            collector: Collector::G1,
            agents: Agents::found(None),
            endpoint: sink.endpoint(),
            // Or the heap's pages, of which more and more are touched, would be what is seen.
            options: vec!["-XX:+AlwaysPreTouch".to_owned()],
            archive: None,
        };
        let mut looks = Vec::new();
        let mut measure =
            |variant| self.measure(&jvm, variant, &sink, &mut looks).with_context(|| variant.label());
        measure(Variant::None)?;
        let account = measure(Variant::Ours)?;
        let results = Results { environment, jdk: jdk_name, looks, account };
        report::publish(&self.common.folder(), "soak", &results, &results.report())
    }

    fn measure(&self, jvm: &Jvm, variant: Variant, sink: &Sink, looks: &mut Vec<Look>) -> Result<Account> {
        let jar = paths::fixture_jar("boot35");
        let (arguments, mut environment) = (jvm.arguments(variant)?, jvm.environment(variant));
        // What became of its spans, the agent says at its end.
        environment.push(("OTEL_JAVAAGENT_DEBUG", "true"));
        let server = FixtureProcess::start(&jvm.jdk, &jar, &arguments, &environment, &SERVER_ARGUMENTS)?;
        let process = Process::new(server.id());
        let (started, before) = (Instant::now(), sink.spans()?);
        let patience = self.minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0));
        let each = (self.requests / self.looks.max(1)).max(1);
        let mut requests = 0;
        while requests < self.requests && patience.is_none_or(|patience| started.elapsed() < patience) {
            let load = Load { requests: Some(each), ..Load::saturating(server.port(), ENDPOINT.path(), DAY) };
            requests += load.run_in_process()?.count;
            let mebibytes = process.resident_mebibytes()?;
            eprintln!("bench: {}, {requests} requests: {mebibytes:.1} MiB", variant.label());
            looks.push(Look { variant, requests, mebibytes });
        }
        let made = requests * variant.spans_a_request(ENDPOINT);
        // What is queued when the load ends is sent.
        sink.drained(before + made)?;
        let ended = server.stop()?;
        Account::of(variant, made, sink.spans()? - before, &ended.stderr)
    }
}

impl Results {
    fn report(&self) -> String {
        let mut table = Table::new(&["requests", "no agent", "otelrs", "difference"]);
        let of = |variant| self.looks.iter().filter(move |look| look.variant == variant);
        for (without, with) in of(Variant::None).zip(of(Variant::Ours)) {
            let show = |value| Unit::Mebibytes.show(value);
            table.row([
                with.requests.to_string(),
                show(without.mebibytes),
                show(with.mebibytes),
                show(with.mebibytes - without.mebibytes),
            ]);
        }
        format!(
            "# Resident memory over many requests\n\n{}.{}\n\n{}, G1, a heap of 256 MiB that is resident from the start, one \
             query a request. Of {} spans {} were received and {} dropped and counted.\n\n{table}",
            report::machine(&self.environment),
            report::warning(&self.environment),
            self.jdk,
            self.account.made,
            self.account.received,
            self.account.reported.dropped,
        )
    }
}
