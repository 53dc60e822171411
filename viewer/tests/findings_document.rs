//! docs/findings.md says what the tables of the program say.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use otelrs_viewer::findings::{FindingKind, Thresholds};

fn document() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/findings.md")).unwrap()
}

#[test]
fn every_threshold_has_its_row() {
    let rows: Vec<String> = Thresholds::TABLE
        .iter()
        .map(|threshold| format!("| `{}` | {} | {} |", threshold.name, threshold.default, threshold.text))
        .collect();
    let document = document();
    let table = document.split("| name | default | what it decides |\n|---|---|---|\n").nth(1).unwrap();
    let found: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
    assert_eq!(found, rows);
}

#[test]
fn every_kind_has_its_row_with_its_remedy() {
    let document = document();
    for kind in FindingKind::ALL {
        let row = document.lines().find(|line| line.starts_with(&format!("| `{kind}` |"))).unwrap();
        assert!(row.contains(kind.remedy()), "{kind}: {}", kind.remedy());
        assert_eq!(kind.code().parse(), Ok(kind));
    }
    let unknown = "n+1".parse::<FindingKind>().unwrap_err().to_string();
    assert!(unknown.contains("repeated-query, exploding-cardinality"), "{unknown}");
}
