//! `./x bench flames`: where the time of a start and of requests goes under the agent, as flame graphs with the frames of
//! Java and of the agent.

mod graph;
mod profiler;
mod stacks;

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;
use otelrs_test_support::{FixtureProcess, paths};

use crate::common::CommonOptions;
use crate::environment::{Environment, jdk_name};
use crate::interrupt;
use crate::jvm::Jvm;
use crate::load::Load;
use crate::process::Process;
use crate::report::{self, Table};
use crate::run::Collector;
use crate::scenario::Endpoint;
use crate::server::SERVER_ARGUMENTS;
use crate::sink::Sink;
use crate::variant::{Agents, Variant};
use profiler::Profiler;
use stacks::{Shares, Stacks};

/// The command line.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: CommonOptions,
    /// The agent library with the names of its functions
    #[arg(long)]
    library: PathBuf,
    /// How long requests are sent before they are sampled
    #[arg(long, default_value_t = 20.0)]
    warm_up: f64,
    /// How long requests are sampled
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
}

const ENDPOINT: Endpoint = Endpoint::Order;
/// The name of the agent's own thread.
const OWN_THREAD: &str = "otelrs";
/// What a table of ours names; what is below is summed up.
const MOST_ROWS: usize = 14;

impl Options {
    /// Samples both, draws them, and says whose the samples are.
    ///
    /// # Errors
    /// When something is missing, or what was sampled has no frame of the agent.
    pub(crate) fn run(&self) -> Result<()> {
        interrupt::end_children_when_interrupted()?;
        let jdk = self.common.jdk()?;
        let profiler = Profiler::unpack(&jdk, &paths::target().join("bench/flames"))?;
        let sink = Sink::start(None)?;
        let environment = Environment::read();
        let jvm = Jvm {
            jdk,
            collector: Collector::G1,
            agents: Agents { ours: Some(self.library.clone()), hook_only: None, java_agent: None },
            endpoint: sink.endpoint(),
            options: profiler.jvm_options(),
            archive: None,
        };
        let mut text = format!(
            "# Where the time goes under the agent\n\n{}.{}\n\n{}, G1; {}, a sample for each millisecond of processor time.\n",
            report::machine(&environment),
            report::warning(&environment),
            jdk_name(&jvm.jdk),
            paths::ASYNC_PROFILER,
        );
        let folder = self.common.folder();
        fs::create_dir_all(&folder)?;
        let graphs = [
            ("flames-start", "Spring Boot, exec to first 200", self.start(&jvm, &profiler)?),
            ("flames-request", "A request with one query, saturated", self.requests(&jvm, &profiler)?),
        ];
        for (file, title, (stacks, own)) in graphs {
            let shares = stacks.shares();
            ensure!(!shares.native.is_empty(), "{title}: no frame of {}", self.library.display());
            fs::write(folder.join(file).with_extension("svg"), graph::draw(title, &stacks))?;
            text.push_str(&section(file, title, &shares, own));
        }
        fs::write(folder.join("flames.md"), &text)?;
        println!("{text}");
        eprintln!("bench: report and graphs are in {}", folder.display());
        Ok(())
    }

    /// From the start of the JVM to its first answer.
    fn start(&self, jvm: &Jvm, profiler: &Profiler) -> Result<(Stacks, Duration)> {
        eprintln!("bench: flames, a start");
        let server = server(jvm, &[profiler.agent_argument()])?;
        let answer = server.get(ENDPOINT.path())?;
        ensure!(answer.status == 200, "{answer:?}");
        let own = Process::new(server.id()).thread_time(OWN_THREAD)?;
        Ok((profiler.stop(server.id())?, own))
    }

    /// Under as many requests as are answered.
    fn requests(&self, jvm: &Jvm, profiler: &Profiler) -> Result<(Stacks, Duration)> {
        eprintln!("bench: flames, requests for {:.0} s", self.warm_up + self.seconds);
        let server = server(jvm, &[])?;
        let load = |seconds| Load::saturating(server.port(), ENDPOINT.path(), seconds).run_in_process();
        load(self.warm_up)?;
        profiler.start(server.id())?;
        let process = Process::new(server.id());
        let before = process.thread_time(OWN_THREAD)?;
        load(self.seconds)?;
        let own = process.thread_time(OWN_THREAD)?.saturating_sub(before);
        Ok((profiler.stop(server.id())?, own))
    }
}

fn server(jvm: &Jvm, more: &[String]) -> Result<FixtureProcess> {
    let arguments = [more, &jvm.arguments(Variant::Ours)?].concat();
    let environment = jvm.environment(Variant::Ours);
    FixtureProcess::start(
        &jvm.jdk,
        &paths::fixture_jar("boot35"),
        &arguments,
        &environment,
        &SERVER_ARGUMENTS,
    )
}

/// Shares of the samples, by the innermost of our frames.
fn section(file: &str, title: &str, shares: &Shares, own: Duration) -> String {
    let share = |samples: u64| format!("{:.2} %", samples as f64 * 100.0 / shares.total.max(1) as f64);
    let mut text = format!("\n## {title}\n\n![{title}]({file}.svg)\n\n{} samples. ", shares.total);
    for (what, functions) in [("libotelrs.so", &shares.native), ("bridge and glue", &shares.java)] {
        let _ = write!(text, "In {what}, and what that calls: {}. ", share(functions.values().sum()));
    }
    let _ = write!(
        text,
        "The agent's own thread is not in the graph, because it blocks the profiler's signal as all others: it took {} ms.\n\n\
         By the innermost of these frames:\n\n",
        own.as_millis()
    );
    let mut functions: Vec<(&String, u64)> =
        shares.native.iter().chain(&shares.java).map(|(name, samples)| (name, *samples)).collect();
    functions.sort_by_key(|(_, samples)| std::cmp::Reverse(*samples));
    let rest: u64 = functions.iter().skip(MOST_ROWS).map(|(_, samples)| samples).sum();
    let mut table = Table::new(&["function", "samples", "share"]);
    for (name, samples) in functions.into_iter().take(MOST_ROWS) {
        table.row([format!("`{name}`"), samples.to_string(), share(samples)]);
    }
    table.row(["all others".to_owned(), rest.to_string(), share(rest)]);
    let _ = write!(text, "{table}");
    text
}
