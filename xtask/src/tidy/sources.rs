//! Sources: short files, no unsafe code where none belongs, nothing left for later.

use super::{Tree, extension};

const LONGEST: usize = 700;
/// The only crate that speaks to the JVM.
const MAY_BE_UNSAFE: &str = "jvmti-agent";
const FORBID: &str = "#![forbid(unsafe_code)]";
/// In the first lines of a file that a tool wrote.
const GENERATED: &str = "@generated";
/// Put together here, so that this file does not break its own rule.
const LATER: [&str; 4] =
    [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("for", " now")];

pub(super) fn check(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, text) in &tree.files {
        if !matches!(extension(path), "rs" | "java" | "gradle" | "toml" | "xml" | "sh") && path != "x" {
            continue;
        }
        if text.lines().take(5).any(|line| line.contains(GENERATED)) {
            continue;
        }
        let length = text.lines().count();
        if length > LONGEST {
            complaints.push(format!("{path} has {length} lines, more than {LONGEST}"));
        }
        for (index, line) in text.lines().enumerate() {
            if let Some(word) = LATER.iter().find(|word| has_word(line, word)) {
                complaints.push(format!("{path}:{}: {word:?}: do it, or file an issue", index + 1));
            }
        }
    }
    for member in tree.members.iter().filter(|member| *member != MAY_BE_UNSAFE) {
        for root in ["src/lib.rs", "src/main.rs"] {
            let path = format!("{member}/{root}");
            if tree.text(&path).is_some_and(|text| !text.contains(FORBID)) {
                complaints.push(format!("{path} lacks {FORBID}"));
            }
        }
    }
    complaints
}

fn has_word(line: &str, word: &str) -> bool {
    let part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    line.match_indices(word)
        .any(|(at, _)| !part(line[..at].chars().next_back()) && !part(line[at + word.len()..].chars().next()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tree_of;

    #[test]
    fn each_rule_finds_what_breaks_it() {
        let long = "x\n".repeat(LONGEST + 1);
        let later = format!("// {}: more\n", LATER[0]);
        let inside = format!("let a{}b = 1;\n", LATER[0]);
        let generated = format!("// {GENERATED}\n{long}");
        for (path, text, complaints) in [
            ("a/src/other.rs", "fn fine() {}\n", 0),
            ("a/src/other.rs", long.as_str(), 1),
            ("a/src/other.rs", generated.as_str(), 0),
            ("a/src/other.rs", later.as_str(), 1),
            ("a/src/other.rs", inside.as_str(), 0),
            ("notes.md", later.as_str(), 0),
            ("a/src/lib.rs", "", 1),
            ("a/src/lib.rs", FORBID, 0),
            ("jvmti-agent/src/lib.rs", "", 0),
        ] {
            let tree = tree_of(&[(path, text)], &["a", MAY_BE_UNSAFE]);
            assert_eq!(check(&tree).len(), complaints, "{path}: {}", text.get(..20).unwrap_or(text));
        }
    }
}
