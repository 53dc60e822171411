//! Documents name only what is there: paths in docs/architecture.md, `./x` commands in README.md.

use super::directions::ARCHITECTURE;
use super::{Tree, code_words, extension};
use crate::HELP;

const README: &str = "README.md";
const FILES: [&str; 8] = ["rs", "md", "toml", "java", "yaml", "xml", "gradle", "sql"];

pub(super) fn check(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    match tree.text(ARCHITECTURE) {
        None => complaints.push(format!("no {ARCHITECTURE}")),
        Some(document) => complaints.extend(architecture(tree, document)),
    }
    match tree.text(README) {
        None => complaints.push(format!("no {README}")),
        Some(document) => complaints.extend(readme(document)),
    }
    complaints
}

fn architecture(tree: &Tree, document: &str) -> Vec<String> {
    let words = code_words(document);
    let gone = words
        .iter()
        .filter(|word| claims_a_path(tree, word) && !tree.has(word))
        .map(|word| format!("{ARCHITECTURE} names {word}, which is not there"));
    let unnamed = tree
        .members
        .iter()
        .filter(|member| !words.contains(&format!("{member}/").as_str()))
        .map(|member| format!("{ARCHITECTURE} does not name the workspace member {member}/"));
    gone.chain(unnamed).collect()
}

/// `advice/`, `docs/evidence.md`, `xtask/src/main.rs`; neither `http/protobuf` nor what a build leaves.
fn claims_a_path(tree: &Tree, word: &str) -> bool {
    let plain = word.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-./".contains(letter));
    let Some((first, _)) = word.split_once('/') else { return false };
    plain
        && !first.is_empty()
        && !first.starts_with('.')
        && first != "target"
        && (word.ends_with('/') || FILES.contains(&extension(word)) || tree.has(&format!("{first}/")))
}

fn readme(document: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    for (_, after) in document.match_indices("./x ").map(|(at, found)| (found, &document[at + found.len()..]))
    {
        let command: String =
            after.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
        if !command.is_empty() && !HELP.lines().any(|line| line.split_whitespace().next() == Some(&command)) {
            complaints.push(format!("{README} names ./x {command}, which is no command"));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tree_of;

    #[test]
    fn a_path_that_is_gone_and_a_member_without_a_name_are_found() {
        let tree = tree_of(&[("advice/src/lib.rs", "")], &["advice"]);
        for (document, complaints) in [
            ("`advice/` and `advice/src/lib.rs`", 0),
            ("`advice/` speaks `http/protobuf`, see `java.lang.Thread` and `target/release/x.so`", 0),
            ("```\n`gone/`\n```\n`advice/`", 0),
            ("`advice/` and `gone/`", 1),
            ("`advice/` and `advice/src/gone`", 1),
            ("`advice/` and `docs/gone.md`", 1),
            ("`advice/src/lib.rs`", 1),
        ] {
            assert_eq!(architecture(&tree, document).len(), complaints, "{document}");
        }
    }

    #[test]
    fn a_command_that_is_no_command_is_found() {
        assert_eq!(readme("`./x demo`, `./x test --full`, ./x build."), Vec::<String>::new());
        assert_eq!(readme("./x dance").len(), 1);
    }
}
