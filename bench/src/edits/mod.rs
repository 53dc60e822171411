//! `./x bench edits`: the same edit of the same class by otelrs, by ASM and by Byte Buddy.

mod ours;
mod results;
mod subject;
mod workshop;

use anyhow::Result;
use clap::Args;
use otelrs_test_support::paths;

pub(crate) use ours::Edit;

use crate::common::CommonOptions;
use crate::environment::{Environment, jdk_name};
use crate::interrupt;
use crate::order;
use crate::progress::Progress;
use crate::report;
use results::{Results, Sample};
use subject::{Editor, Subject, Temperature};
use workshop::{Count, Workshop};

/// The command line.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: CommonOptions,
    /// Fresh processes that make one edit, for each class and editor
    #[arg(long, default_value_t = 20)]
    cold_rounds: u32,
    /// Processes that make many
    #[arg(long, default_value_t = 3)]
    warm_rounds: u32,
    /// Edits that one of these makes before those that count, and that count
    #[arg(long, default_value_t = 10_000)]
    edits: u32,
}

/// About how many seconds a process takes on a machine of two cores: to start, and for one edit by the slowest.
const START_SECONDS: f64 = 0.5;
const EDIT_SECONDS: f64 = 0.000_5;

impl Options {
    /// Measures, writes the results and shows them.
    ///
    /// # Errors
    /// When something is missing, or an edited class is not what it should be.
    pub(crate) fn run(&self) -> Result<()> {
        interrupt::end_children_when_interrupted()?;
        let jdk = self.common.jdk()?;
        let mut results = Results {
            environment: Environment::read(),
            jdk: jdk_name(&jdk),
            edits: self.edits,
            samples: Vec::new(),
        };
        let workshop = Workshop::new(jdk, paths::target().join("bench/edits"))?;
        self.measure(&workshop, &mut results)?;
        // The last edit of each is what is verified: that of a warm process, whose compilers have been at it.
        Editor::ALL.into_iter().try_for_each(|editor| workshop.verify(editor))?;
        report::publish(&self.common.folder(), "edits", &results, &results.report())
    }

    fn measure(&self, workshop: &Workshop, results: &mut Results) -> Result<()> {
        let many = Count { warm_up: self.edits, times: self.edits };
        let rounds = |temperature| match temperature {
            Temperature::Cold => (self.cold_rounds, Count::FIRST, START_SECONDS),
            Temperature::Warm => {
                (self.warm_rounds, many, START_SECONDS + EDIT_SECONDS * f64::from(2 * self.edits))
            }
        };
        let processes = (Subject::ALL.len() * Editor::ALL.len()) as f64;
        let seconds = Temperature::ALL.map(|temperature| {
            let (rounds, _, seconds) = rounds(temperature);
            f64::from(rounds) * processes * seconds
        });
        let mut progress = Progress::begin(seconds.iter().sum());
        for temperature in Temperature::ALL {
            let (rounds, count, seconds) = rounds(temperature);
            for round in 0..rounds {
                for subject in Subject::ALL {
                    for editor in order::of_round(&Editor::ALL, round) {
                        let step = format!(
                            "{}, {}, {}, round {} of {rounds}",
                            subject.label(),
                            temperature.label(),
                            editor.label(),
                            round + 1
                        );
                        progress.step(&step, seconds);
                        let nanoseconds = workshop.time(editor, subject, count)?;
                        results.samples.push(Sample { subject, editor, temperature, round, nanoseconds });
                    }
                }
            }
        }
        Ok(())
    }
}
