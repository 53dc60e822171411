//! What a person reads of cells that went wrong.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Outcome;

/// The cells that went wrong, those of the same difference together.
pub fn differences(outcomes: &[Outcome]) -> String {
    let mut groups: BTreeMap<(String, String), BTreeMap<&str, usize>> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| !outcome.is_right()) {
        let expected = outcome.cell.expected.to_string();
        let mut received = outcome.received.to_string();
        if let Some(complaint) = &outcome.complaint {
            let _ = write!(received, "\n  {}", first_lines(complaint));
        }
        let cells = groups.entry((expected, received)).or_default();
        *cells.entry(&outcome.cell.id).or_default() += 1;
    }
    let mut text = String::new();
    for ((expected, received), cells) in &groups {
        let _ = writeln!(text, "expected {expected}\nreceived {received}");
        for (cell, times) in cells {
            let _ = writeln!(text, "    {cell} ({times} times)");
        }
    }
    text
}

/// The causes of a stack trace, with the frame in which each was thrown.
fn first_lines(complaint: &str) -> String {
    let frames = |line: &&str| line.contains("at fixture.") || !line.trim_start().starts_with("at ");
    complaint.lines().filter(frames).take(8).collect::<Vec<_>>().join("\n  ")
}
