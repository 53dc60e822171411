//! `./x bench advice`: what advice costs the thread that runs it, as the JVM's compilers see it.

mod jmh;
mod report;
mod results;
mod workload;
mod workshop;

use anyhow::Result;
use clap::Args;
use otelrs_test_support::paths;

pub(crate) use report::is_comparable;
pub(crate) use results::{Quantity, Results};
pub(crate) use workload::{Cell, Situation, Workload};

use crate::common::CommonOptions;
use crate::environment::{Environment, jdk_name};
use crate::interrupt;
use crate::jvm::Jvm;
use crate::order;
use crate::progress::Progress;
use crate::run::Collector;
use crate::sink::Sink;
use crate::variant::{Agents, Variant};
use results::Sample;
use workload::variants;
use workshop::{Bursts, Workshop};

/// The command line.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: CommonOptions,
    /// Rounds of what the targets are about: inlined, without an agent and with otelrs
    #[arg(long, default_value_t = 4)]
    rounds: u32,
    /// Rounds of the rest: megamorphic, interpreter, the OpenTelemetry Java agent
    #[arg(long, default_value_t = 1)]
    other_rounds: u32,
    /// Bursts that a JVM makes before those that count
    #[arg(long, default_value_t = 150)]
    warm_up: u32,
    /// Bursts that count
    #[arg(long, default_value_t = 150)]
    bursts: u32,
    /// Requests with few queries that a JVM serves before all bursts with many
    #[arg(long, default_value_t = 20_000)]
    warm_up_requests: u32,
    /// Variants, separated by commas; `none` is always one
    #[arg(long, value_enum, value_delimiter = ',')]
    variants: Option<Vec<Variant>>,
    /// Workloads, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Workload::ALL)]
    workloads: Vec<Workload>,
    /// States of the compilers, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Situation::ALL)]
    situations: Vec<Situation>,
    /// One more argument for every JVM that is measured (repeatable)
    #[arg(long, allow_hyphen_values = true)]
    jvm_option: Vec<String>,
}

/// About how many seconds a cell takes on a machine of two cores: to start JMH and the JVM that it forks, and for a burst.
const START_SECONDS: f64 = 2.0;
const BURST_SECONDS: f64 = 0.008;
/// What the Java agent adds to a start.
const JAVA_AGENT_SECONDS: f64 = 4.0;
/// Bursts without compilers, none of which has to wait for them.
const INTERPRETED: Bursts = Bursts { warm_up_requests: 0, warm_up: 5, measured: 30 };

impl Options {
    /// Measures, writes the results and shows them.
    ///
    /// # Errors
    /// When something is missing, or a program does not do what it should.
    pub(crate) fn run(&self) -> Result<()> {
        interrupt::end_children_when_interrupted()?;
        let jdk = self.common.jdk()?;
        let mut results =
            Results { environment: Environment::read(), jdk: jdk_name(&jdk), samples: Vec::new() };
        if results.environment.is_busy() {
            eprintln!("bench: others are using this machine: the figures will mean little");
        }
        let sink = Sink::start(None)?;
        let agents = Agents::found(None);
        let jvm = Jvm {
            jdk,
            collector: Collector::G1,
            agents: agents.clone(),
            endpoint: sink.endpoint(),
            options: self.jvm_option.clone(),
            archive: None,
        };
        let workshop = Workshop::new(jvm, &sink, &paths::target().join("bench"))?;
        let folder = self.common.folder();
        let cells = self.planned(&agents);
        let mut progress = Progress::begin(cells.iter().map(|(_, cell)| self.seconds(*cell)).sum());
        for (round, cell) in cells {
            let step = format!("{}, round {}", cell.label(), round + 1);
            progress.step(&step, self.seconds(cell));
            results.samples.push(Sample::new(cell, round, workshop.measure(cell, self.bursts(cell))?));
            // What is measured is kept, whatever comes of the next cell.
            results.write(&folder)?;
        }
        println!("{}", report::render(&results));
        eprintln!("bench: report and samples are in {}", folder.display());
        Ok(())
    }

    /// What is to be measured, in this order: variants of the same workload one after another, beginning with another one
    /// each round.
    fn planned(&self, agents: &Agents) -> Vec<(u32, Cell)> {
        let mut planned = Vec::new();
        for round in 0..self.rounds.max(self.other_rounds) {
            for &situation in &self.situations {
                for &workload in &self.workloads {
                    let mut variants = variants(workload, situation);
                    variants
                        .retain(|variant| self.is_wanted(*variant) && variant.agent_argument(agents).is_ok());
                    let cells = order::of_round(&variants, round).into_iter().map(|variant| Cell {
                        workload,
                        situation,
                        variant,
                    });
                    planned
                        .extend(cells.filter(|cell| round < self.rounds_of(*cell)).map(|cell| (round, cell)));
                }
            }
        }
        planned
    }

    fn is_wanted(&self, variant: Variant) -> bool {
        variant == Variant::None || self.variants.as_ref().is_none_or(|wanted| wanted.contains(&variant))
    }

    fn rounds_of(&self, cell: Cell) -> u32 {
        let is_other = cell.situation != Situation::Inlined || cell.variant == Variant::JavaAgent;
        if is_other { self.other_rounds } else { self.rounds }
    }

    fn bursts(&self, cell: Cell) -> Bursts {
        let asked =
            Bursts { warm_up_requests: self.warm_up_requests, warm_up: self.warm_up, measured: self.bursts };
        match cell.situation {
            Situation::Interpreter => Bursts {
                warm_up_requests: INTERPRETED.warm_up_requests,
                warm_up: asked.warm_up.min(INTERPRETED.warm_up),
                measured: asked.measured.min(INTERPRETED.measured),
            },
            // Every other burst runs without advice.
            _ if cell.variant.changes_classes() => Bursts { measured: 2 * asked.measured, ..asked },
            _ => asked,
        }
    }

    fn seconds(&self, cell: Cell) -> f64 {
        let Bursts { warm_up, measured, .. } = self.bursts(cell);
        let agent = if cell.variant == Variant::JavaAgent { JAVA_AGENT_SECONDS } else { 0.0 };
        START_SECONDS + agent + f64::from(warm_up + measured) * BURST_SECONDS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::parsed;

    fn all_agents() -> Agents {
        let file = || Some("/agent".into());
        Agents { ours: file(), hook_only: file(), java_agent: file() }
    }

    #[test]
    fn all_that_targets_ask_for_is_planned_and_fits_the_time_that_is_promised() {
        let options = parsed::<Options>(&[]);
        let planned = options.planned(&all_agents());
        let seconds: f64 = planned.iter().map(|(_, cell)| options.seconds(*cell)).sum();
        assert!(seconds < 7.0 * 60.0, "{seconds} s");
        for workload in Workload::ALL {
            for situation in Situation::ALL {
                for variant in [Variant::None, Variant::Ours] {
                    let cell = Cell { workload, situation, variant };
                    let rounds = planned.iter().filter(|(_, planned)| *planned == cell).count();
                    let expected = if situation == Situation::Inlined { 4 } else { 1 };
                    assert_eq!(rounds, expected, "{}", cell.label());
                }
            }
        }
    }

    #[test]
    fn variants_take_turns_in_being_the_first_and_those_of_missing_agents_are_left_out() {
        let options = parsed::<Options>(&["--rounds=3", "--other-rounds=0"]);
        let firsts = |agents: &Agents| -> Vec<Variant> {
            let planned = options.planned(agents);
            let first = |round| {
                let of_round = planned.iter().find(|(planned, _)| *planned == round);
                of_round.map(|(_, cell)| cell.variant)
            };
            (0..3).filter_map(first).collect()
        };
        assert_eq!(firsts(&all_agents()), [Variant::None, Variant::NoneAgain, Variant::Ours]);
        let none = Agents { ours: None, hook_only: None, java_agent: None };
        assert_eq!(firsts(&none), [Variant::None, Variant::NoneAgain, Variant::None]);
    }
}
