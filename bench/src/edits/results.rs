//! What was measured of edits, and what it says.

use otelrs_test_support::paths;
use otelrs_test_support::statistics::{self, Interval};
use serde::{Deserialize, Serialize};

use super::subject::{Editor, Subject, Temperature};
use crate::environment::Environment;
use crate::report::{self, Table};
use crate::samples::Unit;

/// What one process took.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// What was edited.
    pub(crate) subject: Subject,
    /// By whom.
    pub(crate) editor: Editor,
    /// Which edit counted.
    pub(crate) temperature: Temperature,
    /// What else was measured in the same round is its pair.
    pub(crate) round: u32,
    /// Of one edit.
    pub(crate) nanoseconds: f64,
}

/// All that `edits.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Results {
    /// The machine.
    pub(crate) environment: Environment,
    /// The JDK that ran ASM and Byte Buddy.
    pub(crate) jdk: String,
    /// Edits of a warm process before those that count, and that count.
    pub(crate) edits: u32,
    /// The numbers.
    pub(crate) samples: Vec<Sample>,
}

impl Results {
    /// Nanoseconds of each editor, and by how many times ours is faster than the faster of the others.
    pub(crate) fn report(&self) -> String {
        let [asm, byte_buddy] = paths::EDITORS;
        let head = format!(
            "# One edit: entry and exit advice in one method\n\n{}.{}\n\n\
             ASM and Byte Buddy ({asm}, {byte_buddy}) run on {}. Figures are medians over processes. Cold is the first \
             edit of a fresh process, from before anything of the library is touched to the bytes: class loading is part \
             of it, the start of the JVM is not. Warm is the middle one of {} edits after as many. Editors take turns; the \
             ratio to the faster of the others is paired by round, its 95 % confidence interval in brackets. A JVM has \
             verified all edited classes under -Xverify:all.\n\n",
            report::machine(&self.environment),
            report::warning(&self.environment),
            self.jdk,
            self.edits,
        );
        let mut table = Table::new(&[
            "class",
            "edit",
            "rounds",
            "otelrs",
            "ASM",
            "Byte Buddy",
            "faster by",
            "target",
            "",
        ]);
        for subject in Subject::ALL {
            for temperature in Temperature::ALL {
                let rounds = self.rounds(subject, temperature);
                let of = |editor: fn(&[f64; 3]) -> f64| {
                    statistics::median(rounds.iter().map(editor)).map_or("-".to_owned(), time)
                };
                let faster = faster_by(&rounds);
                table.row([
                    subject.label().to_owned(),
                    temperature.label().to_owned(),
                    rounds.len().to_string(),
                    of(|[ours, ..]| *ours),
                    of(|[_, asm, _]| *asm),
                    of(|[.., byte_buddy]| *byte_buddy),
                    faster.map_or("-".to_owned(), shown),
                    Unit::Ratio.show(temperature.target()),
                    verdict(faster, temperature.target()).to_owned(),
                ]);
            }
        }
        head + &table.to_string()
    }

    /// Of each round that has them all: ours, ASM's, Byte Buddy's.
    fn rounds(&self, subject: Subject, temperature: Temperature) -> Vec<[f64; 3]> {
        let of = |editor, round| {
            let sample = self.samples.iter().find(|sample| {
                (sample.subject, sample.temperature, sample.editor, sample.round)
                    == (subject, temperature, editor, round)
            });
            sample.map(|sample| sample.nanoseconds)
        };
        let rounds = self.samples.iter().map(|sample| sample.round + 1).max().unwrap_or_default();
        let [ours, asm, byte_buddy] = Editor::ALL;
        (0..rounds)
            .filter_map(|round| Some([of(ours, round)?, of(asm, round)?, of(byte_buddy, round)?]))
            .collect()
    }
}

fn faster_by(rounds: &[[f64; 3]]) -> Option<Interval> {
    let pairs: Vec<(f64, f64)> =
        rounds.iter().map(|[ours, asm, byte_buddy]| (*ours, asm.min(*byte_buddy))).collect();
    statistics::ratio(&pairs)
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds / 1e3 {
        micros @ ..1e3 => Unit::Microseconds.show(micros),
        micros => Unit::Milliseconds.show(micros / 1e3),
    }
}

fn shown(faster: Interval) -> String {
    let show = |value| Unit::Ratio.bare(value);
    format!("{} [{}..{}]", Unit::Ratio.show(faster.estimate), show(faster.low), show(faster.high))
}

fn verdict(faster: Option<Interval>, target: f64) -> &'static str {
    match faster {
        Some(faster) if faster.low >= target => "met",
        Some(faster) if faster.high < target => "missed",
        _ => "unresolved",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_the_unit_that_fits() {
        assert_eq!([66_400.0, 999_400.0, 55_533_000.0].map(time), ["66.4 µs", "999 µs", "55.5 ms"]);
    }

    #[test]
    fn ours_is_compared_with_the_faster_of_the_others_of_the_same_round() {
        let rounds = [[1.0, 60.0, 500.0], [2.0, 900.0, 120.0]];
        let faster = faster_by(&rounds).unwrap();
        assert!((faster.estimate - 60.0).abs() < 1e-9, "{faster:?}");
        for (target, expected) in [(59.0, "met"), (61.0, "missed")] {
            assert_eq!(verdict(Some(faster), target), expected);
        }
        let coarse = Interval { estimate: 60.0, low: 40.0, high: 90.0 };
        assert_eq!([verdict(Some(coarse), 50.0), verdict(None, 50.0)], ["unresolved"; 2]);
    }
}
