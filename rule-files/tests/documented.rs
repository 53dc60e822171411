//! `docs/rules.md` is the grammar: every example on it is read, and every key stands on it.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use otelrs_rule_files::{Problem, parse};

const PAGE: &str = include_str!("../../docs/rules.md");

/// The fenced blocks of a language, each with the line that it begins after.
fn blocks(language: &str) -> Vec<String> {
    let open = format!("```{language}\n");
    PAGE.split(&open).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn every_example_is_read() {
    let examples = blocks("yaml");
    assert_eq!(examples.len(), 4);
    for example in &examples {
        let file = parse("docs/rules.md", example);
        assert_eq!(file.errors, [], "{example}");
        assert_eq!(file.rules.len(), example.matches("  - name:").count(), "{example}");
    }
}

#[test]
fn every_key_stands_on_the_page_and_in_an_example() {
    let wrong = "
rules:
  - x: 1
  - span: {x: 1}
  - inject: {x: 1}
  - extract: {x: 1}
";
    let mut keys: Vec<&str> = Vec::new();
    for error in parse("x", wrong).errors {
        if let Problem::UnknownKey { accepted, .. } = error.problem {
            keys.extend(accepted);
        }
    }
    assert!(keys.len() > 18, "{keys:?}");
    let examples = blocks("yaml").concat();
    for key in keys {
        assert!(PAGE.contains(&format!("`{key}`")) || key == "name", "{key}");
        assert!(examples.contains(&format!("{key}:")), "{key}");
    }
}

#[test]
fn the_message_on_the_page_is_the_one_that_comes() {
    let found = parse("rules.yaml", "rules:\n  - class: a.B\n    span: {}\n    metod: c\n").errors;
    let (begin, end) =
        blocks("text")[0].split_once(", ...;").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let line = found.iter().map(ToString::to_string).find(|line| line.starts_with(&begin));
    assert!(line.unwrap().ends_with(end.trim()), "{found:?}");
}
