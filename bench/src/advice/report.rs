//! What was measured of advice, for people: `advice.md`.

use otelrs_test_support::paths;
use otelrs_test_support::statistics::Interval;

use super::results::{Quantity, Results};
use super::workload::{Cell, Situation};
use crate::report::{self, Table};
use crate::samples::{LOST_AND_COMPARED, Unit};
use crate::target::{Outcome, TARGETS};
use crate::variant::Variant;

/// Targets and tables, as Markdown that a terminal shows as well.
pub(super) fn render(results: &Results) -> String {
    let [jmh, ..] = paths::JMH;
    let mut text = format!(
        "# Advice as the JIT compilers see it\n\n{}.{}\n\n\
         {jmh}, single-shot bursts in a JVM of its own for each figure, {}, G1, variants in turn. Time is that of the \
         thread that does the work: of a JVM's bursts the tenth part took less. Figures are medians of the rounds, with 95 % \
         confidence intervals in brackets. What a variant adds between JVMs is paired with no agent in the same round. What \
         otelrs adds within a JVM, the targets' measure, is paired with the burst beside it in which its advice is switched \
         off: all but the calls that are left in the classes then. Every burst waits for its spans. A variant that lost over 0.1 % of them is not compared. What \"instrumentation off\" and \"none\" \
         ran was seen to have no class changed.\n\n## Targets\n\n",
        report::machine(&results.environment),
        report::warning(&results.environment),
        results.jdk,
    );
    text.push_str(&targets(results).to_string());
    for situation in Situation::ALL {
        let table = cells(results, situation);
        if !table.is_empty() {
            text.push_str(&format!("\n## {}\n\n{table}", title(situation)));
        }
    }
    text
}

fn title(situation: Situation) -> &'static str {
    match situation {
        Situation::Inlined => "One class of servlet or driver: what the compiler can inline",
        Situation::Megamorphic => "Five classes of servlet or driver: megamorphic calls",
        Situation::Interpreter => "Nothing compiled: -Xint",
    }
}

fn targets(results: &Results) -> Table {
    let mut table = Table::new(&["target", "measured", "95 % interval", "at most", "verdict"]);
    for target in &TARGETS {
        let Some(Outcome { figure, verdict }) = target.outcome_of_advice(results) else { continue };
        let show = |value| target.unit.show(value);
        table.row([
            target.what.to_owned(),
            figure.map_or("-".to_owned(), |figure| show(figure.estimate)),
            figure.map_or("-".to_owned(), |figure| target.unit.bracket(figure)),
            show(target.limit),
            verdict.label().to_owned(),
        ]);
    }
    table
}

fn cells(results: &Results, situation: Situation) -> Table {
    let mut table = Table::new(&[
        "",
        "",
        "rounds",
        "time",
        "added between JVMs",
        "added within",
        "Java heap",
        "added between JVMs",
        "added within",
        "agent's thread a span",
        "spans lost",
    ]);
    for cell in results.cells().filter(|cell| cell.situation == situation) {
        let median = |quantity, unit: Unit| {
            results.median(cell, quantity).map_or("-".to_owned(), |value| unit.show(value))
        };
        table.row([
            cell.workload.label().to_owned(),
            cell.variant.label().to_owned(),
            results.pairs(cell, Quantity::Time).len().to_string(),
            median(Quantity::Time, Unit::Nanoseconds),
            added(results, cell, Quantity::Time, Unit::Nanoseconds),
            switched(results, cell, Quantity::Time, Unit::Nanoseconds),
            median(Quantity::Allocation, Unit::Bytes),
            added(results, cell, Quantity::Allocation, Unit::Bytes),
            switched(results, cell, Quantity::Allocation, Unit::Bytes),
            agent_thread(results, cell),
            results.lost(cell).map_or("-".to_owned(), |lost| Unit::Share.show(lost)),
        ]);
    }
    table
}

fn added(results: &Results, cell: Cell, quantity: Quantity, unit: Unit) -> String {
    if cell.variant == Variant::None {
        return "-".to_owned();
    }
    if !is_comparable(results, cell) {
        return "not compared".to_owned();
    }
    match (results.added(cell, quantity), results.pairs(cell, quantity).first()) {
        (Some(figure), _) => unit.show_interval(figure),
        (None, Some((base, other))) => format!("{} (one round)", unit.show(other - base)),
        (None, None) => "-".to_owned(),
    }
}

fn switched(results: &Results, cell: Cell, quantity: Quantity, unit: Unit) -> String {
    if !is_comparable(results, cell) {
        return "not compared".to_owned();
    }
    of_rounds(results.switched(cell, quantity), &results.switched_of_rounds(cell, quantity), unit)
}

fn agent_thread(results: &Results, cell: Cell) -> String {
    of_rounds(results.agent_thread(cell), &results.agent_thread_of_rounds(cell), Unit::Nanoseconds)
}

fn of_rounds(figure: Option<Interval>, rounds: &[f64], unit: Unit) -> String {
    match (figure, rounds.first()) {
        (Some(figure), _) => unit.show_interval(figure),
        (None, Some(value)) => format!("{} (one round)", unit.show(*value)),
        (None, None) => "-".to_owned(),
    }
}

/// What is not delivered was not paid for.
pub(crate) fn is_comparable(results: &Results, cell: Cell) -> bool {
    results.lost(cell).is_none_or(|lost| lost <= LOST_AND_COMPARED)
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::results;
    use super::*;

    #[test]
    fn the_report_is_as_expected() {
        report::tests::golden("advice.md", &render(&results()));
    }
}
