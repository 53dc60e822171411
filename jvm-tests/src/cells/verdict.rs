//! How far an agent was right about a cell.

use super::Outcome;
use super::forest::Forest;

/// The worst that befell a cell's spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The trees are those that are due.
    Right,
    /// Every span is below the right request, but not as is due: a missing link, a wrong order.
    Differs,
    /// A span that belongs to a request is not below it.
    Lost,
    /// A span is below a request that it does not belong to.
    Stranger,
}

impl Verdict {
    /// Of one cell.
    pub fn of(outcome: &Outcome) -> Verdict {
        if outcome.is_right() {
            return Verdict::Right;
        }
        let (expected, received) = (belonging(&outcome.cell.expected), belonging(&outcome.received));
        if surplus(&received, &expected) {
            Verdict::Stranger
        } else if surplus(&expected, &received) {
            Verdict::Lost
        } else {
            Verdict::Differs
        }
    }
}

/// Each span that is below a request, with the request: sorted.
fn belonging(forest: &Forest) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = forest
        .roots()
        .iter()
        .filter(|root| root.name == "request" || root.name == "other")
        .flat_map(|root| root.children.all().into_iter().map(|span| (root.name.clone(), span.name.clone())))
        .collect();
    pairs.sort();
    pairs
}

/// Whether the first list has something more often than the second.
fn surplus(some: &[(String, String)], others: &[(String, String)]) -> bool {
    let count = |list: &[(String, String)], pair| list.iter().filter(|own| *own == pair).count();
    some.iter().any(|pair| count(some, pair) > count(others, pair))
}

#[cfg(test)]
mod tests {
    use super::super::Cell;
    use super::*;

    #[test]
    fn the_worst_is_told() {
        for (expected, received, verdict) in [
            ("request(task) probe", "request(task) probe", Verdict::Right),
            ("request(task)", "request task", Verdict::Lost),
            ("request task", "request(task)", Verdict::Stranger),
            ("other request(task)", "other(task) request", Verdict::Stranger),
            ("request(first) later~request", "request(first) later", Verdict::Differs),
            ("request(first) later~request", "request(first later)", Verdict::Stranger),
        ] {
            let [expected, received] = [expected, received].map(|text| Forest::parse(text).unwrap());
            let cell = Cell { id: String::new(), expected };
            assert_eq!(Verdict::of(&Outcome { cell, received, complaint: None }), verdict);
        }
    }
}
