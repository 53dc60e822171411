//! What was measured of advice.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use otelrs_test_support::statistics::{self, Interval};
use serde::{Deserialize, Serialize};

use super::jmh::{Figures, Switched};
use super::workload::{Cell, Situation, Workload};
use crate::environment::Environment;
use crate::variant::Variant;

/// What one JVM showed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// Which.
    #[serde(flatten)]
    pub(crate) cell: Cell,
    /// What else was measured in the same round is its pair.
    pub(crate) round: u32,
    /// Of one time, on the thread that does it. ns.
    pub(crate) nanoseconds: f64,
    /// Java heap that this thread allocated for one time. Bytes.
    pub(crate) allocated: f64,
    /// What advice added, switched on and off in turn; nothing where there is none to switch.
    pub(crate) switched: Option<Switched>,
    /// Processor time of the agent's own thread for a span received; nothing where none was. ns.
    pub(crate) agent_thread: Option<f64>,
    /// The share of the spans made that were not received; nothing where none was made.
    pub(crate) lost: Option<f64>,
}

impl Sample {
    /// From JMH's figures.
    pub(crate) fn new(cell: Cell, round: u32, figures: Figures) -> Self {
        let Figures { nanoseconds, allocated, switched, agent_thread, made, received, .. } = figures;
        Self {
            cell,
            round,
            nanoseconds,
            allocated,
            switched,
            agent_thread: (received > 0.0).then(|| agent_thread / received),
            lost: (made > 0.0).then(|| (1.0 - received / made).max(0.0)),
        }
    }
}

/// A quantity that a variant adds to what there is without an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// [`Sample::nanoseconds`].
    Time,
    /// [`Sample::allocated`].
    Allocation,
}

impl Quantity {
    fn of(self, sample: &Sample) -> f64 {
        match self {
            Self::Time => sample.nanoseconds,
            Self::Allocation => sample.allocated,
        }
    }
}

/// All that `advice.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Results {
    /// The machine.
    pub(crate) environment: Environment,
    /// The JDK.
    pub(crate) jdk: String,
    /// The numbers.
    pub(crate) samples: Vec<Sample>,
}

const FILE: &str = "advice.json";

impl Results {
    /// Writes `advice.json` and `advice.md` into `folder`.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let write = |name: &str, text: String| {
            let file = folder.join(name);
            fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
        };
        fs::create_dir_all(folder)?;
        write(FILE, serde_json::to_string_pretty(self)? + "\n")?;
        write("advice.md", super::report::render(self))
    }

    /// The samples of a cell, by round.
    fn of(&self, cell: Cell) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| sample.cell == cell)
    }

    /// The middle one of a cell's rounds.
    pub(crate) fn median(&self, cell: Cell, quantity: Quantity) -> Option<f64> {
        statistics::median(self.of(cell).map(|sample| quantity.of(sample)))
    }

    /// What each round's pair differs by: without an agent first.
    pub(crate) fn pairs(&self, cell: Cell, quantity: Quantity) -> Vec<(f64, f64)> {
        let none = Cell { variant: Variant::None, ..cell };
        let pair = |sample: &Sample| {
            let base = self.of(none).find(|base| base.round == sample.round)?;
            Some((quantity.of(base), quantity.of(sample)))
        };
        self.of(cell).filter_map(pair).collect()
    }

    /// The largest share of its spans that a cell lost in any round.
    pub(crate) fn lost(&self, cell: Cell) -> Option<f64> {
        self.of(cell).filter_map(|sample| sample.lost).max_by(f64::total_cmp)
    }

    /// What a cell adds to its pair without an agent, with its interval; nothing for fewer than two rounds.
    pub(crate) fn added(&self, cell: Cell, quantity: Quantity) -> Option<Interval> {
        statistics::difference(&self.pairs(cell, quantity))
    }

    /// What advice adds within a JVM, where it is switched on and off in turn; nothing for fewer than two rounds.
    pub(crate) fn switched(&self, cell: Cell, quantity: Quantity) -> Option<Interval> {
        statistics::mean(&self.switched_of_rounds(cell, quantity))
    }

    /// The same of each round.
    pub(crate) fn switched_of_rounds(&self, cell: Cell, quantity: Quantity) -> Vec<f64> {
        self.of(cell)
            .filter_map(|sample| sample.switched)
            .map(|switched| match quantity {
                Quantity::Time => switched.nanoseconds,
                Quantity::Allocation => switched.allocated,
            })
            .collect()
    }

    /// Processor time of the agent's own thread for a span. ns.
    pub(crate) fn agent_thread(&self, cell: Cell) -> Option<Interval> {
        statistics::mean(&self.agent_thread_of_rounds(cell))
    }

    /// The same of each round.
    pub(crate) fn agent_thread_of_rounds(&self, cell: Cell) -> Vec<f64> {
        self.of(cell).filter_map(|sample| sample.agent_thread).collect()
    }

    /// The cells that there are, in the order of the tables.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Cell> {
        let all = Situation::ALL.into_iter().flat_map(|situation| {
            Workload::ALL.into_iter().flat_map(move |workload| {
                Variant::ALL.into_iter().map(move |variant| Cell { workload, situation, variant })
            })
        });
        all.filter(|cell| self.of(*cell).next().is_some())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::advice) const TOMCAT: Cell =
        Cell { workload: Workload::TomcatRequest, situation: Situation::Inlined, variant: Variant::Ours };

    const FIGURES: Figures = Figures {
        nanoseconds: 7_500.0,
        allocated: 2_700.0,
        agent_thread: 4_000.0,
        made: 2.0,
        received: 2.0,
        switched: None,
        has_bridge: true,
    };

    /// Three rounds of Tomcat with and without otelrs, and one that the Java agent lost spans in.
    pub(in crate::advice) fn results() -> Results {
        let mut samples = Vec::new();
        for round in 0..3 {
            let machine = f64::from(round) * 100.0;
            let figures = |nanoseconds: f64| Figures { nanoseconds: nanoseconds + machine, ..FIGURES };
            let none = Cell { variant: Variant::None, ..TOMCAT };
            let without = Figures {
                allocated: 2_500.0,
                agent_thread: 0.0,
                made: 0.0,
                received: 0.0,
                ..figures(7_000.0)
            };
            samples.push(Sample::new(none, round, without));
            let switched = Switched { nanoseconds: 290.0 + f64::from(round), allocated: 200.0 };
            let with = Figures { switched: Some(switched), ..figures(7_300.0 + 10.0 * f64::from(round)) };
            samples.push(Sample::new(TOMCAT, round, with));
        }
        let java = Cell { variant: Variant::JavaAgent, ..TOMCAT };
        let lossy = Figures { nanoseconds: 12_000.0, made: 1_000.0, received: 900.0, ..FIGURES };
        samples.push(Sample::new(java, 0, lossy));
        Results {
            environment: crate::report::tests::results().environment,
            jdk: "Some JDK 25".to_owned(),
            samples,
        }
    }

    #[test]
    fn what_is_added_is_paired_by_round() {
        let results = results();
        let added = results.added(TOMCAT, Quantity::Time).unwrap();
        assert!((added.estimate - 310.0).abs() < 1e-9 && added.high - added.low < 50.0, "{added:?}");
        assert_eq!(results.added(TOMCAT, Quantity::Allocation), Some(Interval::exact(200.0)));
        let java = Cell { variant: Variant::JavaAgent, ..TOMCAT };
        assert_eq!(results.added(java, Quantity::Time), None, "one round has no interval");
        assert_eq!(results.pairs(java, Quantity::Time), [(7_000.0, 12_000.0)]);
    }

    #[test]
    fn what_is_switched_is_paired_within_each_jvm() {
        let results = results();
        let added = results.switched(TOMCAT, Quantity::Time).unwrap();
        assert!((added.estimate - 291.0).abs() < 1e-9 && added.high - added.low < 6.0, "{added:?}");
        assert_eq!(results.switched(TOMCAT, Quantity::Allocation), Some(Interval::exact(200.0)));
        let none = Cell { variant: Variant::None, ..TOMCAT };
        assert_eq!(results.switched(none, Quantity::Time), None);
    }

    #[test]
    fn spans_and_the_agents_thread_are_of_what_was_received() {
        let results = results();
        assert_eq!(results.lost(TOMCAT), Some(0.0));
        assert_eq!(results.agent_thread(TOMCAT), Some(Interval::exact(2_000.0)));
        let java = Cell { variant: Variant::JavaAgent, ..TOMCAT };
        assert!((results.lost(java).unwrap() - 0.1).abs() < 1e-9);
        let none = Cell { variant: Variant::None, ..TOMCAT };
        assert_eq!((results.lost(none), results.agent_thread(none)), (None, None));
    }

    #[test]
    fn results_are_written_and_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let results = results();
        results.write(folder.path()).unwrap();
        let read: Results =
            serde_json::from_str(&fs::read_to_string(folder.path().join(FILE)).unwrap()).unwrap();
        assert_eq!(read, results);
        assert!(folder.path().join("advice.md").is_file());
    }
}
