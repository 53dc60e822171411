//! The generated part of the README, between two markers.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

const BEGIN: &str = "<!-- bench: begin. Written by ./x bench --update-readme -->\n";
const END: &str = "<!-- bench: end -->\n";

/// Puts `text` between the markers of the file.
///
/// # Errors
/// When the file cannot be read or written, or has no markers.
pub(crate) fn update(file: &Path, text: &str) -> Result<()> {
    let before = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let after = replaced(&before, text).with_context(|| {
        format!("{} has no line {:?} before a line {:?}", file.display(), BEGIN.trim(), END.trim())
    })?;
    fs::write(file, after).with_context(|| format!("cannot write {}", file.display()))
}

fn replaced(document: &str, text: &str) -> Option<String> {
    let (before, rest) = document.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{text}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use otelrs_test_support::paths;

    use super::*;

    #[test]
    fn what_is_between_the_markers_is_replaced_and_nothing_else() {
        let document = format!("before\n{BEGIN}old\n{END}after\n");
        assert_eq!(replaced(&document, "new\n").unwrap(), format!("before\n{BEGIN}new\n{END}after\n"));
        assert_eq!(replaced("no markers\n", "new\n"), None);
        assert_eq!(replaced(&format!("{END}{BEGIN}"), "new\n"), None);
    }

    #[test]
    fn the_readme_has_the_markers() {
        let readme = fs::read_to_string(paths::workspace().join("README.md")).unwrap();
        assert!(replaced(&readme, "").is_some());
    }
}
