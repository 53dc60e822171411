//! docs/evidence.md: every row of its tables names, in its last column, tests that exist.
//!
//! A test is named `path::function`, or by `function` alone where that is a Rust test of one place only; a case file by
//! its path. A function is looked for in Rust and Java sources.

use super::{Tree, cells, code_words, extension};

const EVIDENCE: &str = "docs/evidence.md";

pub(super) fn check(tree: &Tree) -> Vec<String> {
    let Some(document) = tree.text(EVIDENCE) else { return vec![format!("no {EVIDENCE}")] };
    let mut complaints = Vec::new();
    let rows: Vec<_> = document.lines().map(cells).collect();
    for (index, row) in rows.iter().enumerate() {
        // A row that a rule (no cells) follows is the head of its table.
        let head = document.lines().nth(index + 1).is_some_and(|next| next.starts_with("|-"));
        let Some(row) = row.as_ref().filter(|_| !head) else { continue };
        let tests = row.last().map(|cell| code_words(cell)).unwrap_or_default();
        if tests.is_empty() {
            complaints.push(format!("{EVIDENCE}: no test for {:?}", row.first().unwrap_or(&"")));
        }
        complaints.extend(tests.iter().filter_map(|test| complaint(tree, test)));
    }
    complaints
}

fn complaint(tree: &Tree, test: &str) -> Option<String> {
    let found = match test.split_once("::") {
        Some((path, function)) => tree.text(path).is_some_and(|text| declares(path, text, function)),
        None if test.contains('/') => tree.has(test),
        None => {
            let places = tree.files.iter().filter(|(path, text)| declares(path, text, test)).count();
            if places > 1 {
                return Some(format!("{EVIDENCE} names {test}, which {places} files have: name one"));
            }
            places == 1
        }
    };
    (!found).then(|| format!("{EVIDENCE} names the test {test}, which does not exist"))
}

/// Whether the source file has a test function of that name: one after `#[test]` (Rust), `@Test` (Java).
fn declares(path: &str, text: &str, function: &str) -> bool {
    let (mark, declaration) = match extension(path) {
        "rs" => ("test]", format!("fn {function}(")),
        "java" => ("@Test", format!(" {function}(")),
        _ => return false,
    };
    text.match_indices(&declaration).any(|(at, _)| {
        // Between the mark and the name there is nothing but other attributes and modifiers.
        text[..at].rfind(mark).is_some_and(|mark| !text[mark..at].contains(['{', '}']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tree_of;

    #[test]
    fn a_row_without_an_existing_test_is_found() {
        let rust = "#[test]\nfn spans_nest() {}\nfn helper() {}\n#[cfg(test)]\nfn other() {}\n";
        let java = "@Test\npublic void routes() throws Exception {}\nvoid help() {}\n";
        for (row, complaints) in [
            ("| Spans nest | `a/t.rs::spans_nest` |", 0),
            ("| Spans nest | `spans_nest`, `T.java::routes` |", 0),
            ("| A case | `a/case.txt` |", 0),
            ("| Spans nest | `a/t.rs::spans_dance` |", 1),
            ("| Spans nest | `a/gone.rs::spans_nest` |", 1),
            ("| Spans nest | `helper` |", 1),
            ("| Spans nest | `T.java::help` |", 1),
            ("| A case | `a/gone.txt` |", 1),
            ("| Nothing shows it | by eye |", 1),
        ] {
            let document = format!("| sentence | tests |\n|---|---|\n{row}\n");
            let tree = tree_of(
                &[(EVIDENCE, &document), ("a/t.rs", rust), ("T.java", java), ("a/case.txt", "")],
                &[],
            );
            assert_eq!(check(&tree).len(), complaints, "{row}");
        }
    }
}
