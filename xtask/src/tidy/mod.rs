//! `./x tidy`: this project's own rules, those that no other tool knows.

mod directions;
mod documents;
mod evidence;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use otelrs_test_support::paths;

use crate::run::say;

/// Checks every rule and says what breaks it.
///
/// # Errors
/// When a rule is broken, or git or cargo cannot be asked.
pub(crate) fn run() -> Result<()> {
    let tree = Tree::of_workspace()?;
    let mut complaints = directions::check(&tree)?;
    complaints.extend(documents::check(&tree));
    complaints.extend(evidence::check(&tree));
    complaints.extend(sources::check(&tree));
    for complaint in &complaints {
        say(&format!("  {complaint}"));
    }
    if !complaints.is_empty() {
        bail!("{} breaches of the rules above", complaints.len());
    }
    say("tidy: dependencies, documents and sources are as they should be");
    Ok(())
}

/// The files that belong to the project: those that git has, or would take.
#[derive(Debug, Default)]
struct Tree {
    root: PathBuf,
    /// Relative paths with their text; files that are no text are not among them.
    files: Vec<(String, String)>,
    /// The folders of the workspace's members.
    members: Vec<String>,
}

impl Tree {
    fn of_workspace() -> Result<Self> {
        let root = paths::workspace();
        let output = Command::new("git")
            .current_dir(&root)
            .args(["ls-files", "--cached", "--others", "--exclude-standard"])
            .output()
            .context("cannot run git")?;
        ensure!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
        let mut files = Vec::new();
        for path in String::from_utf8(output.stdout)?.lines() {
            if let Ok(text) = fs::read_to_string(root.join(path)) {
                files.push((path.to_owned(), text));
            }
        }
        let members = directions::members(&root)?;
        Ok(Self { root, files, members })
    }

    fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|(own, _)| own == path).map(|(_, text)| text.as_str())
    }

    /// Whether a file or folder of that relative path is there.
    fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.files.iter().any(|(own, _)| own == path || own.starts_with(&folder))
            || (self.root.is_absolute() && self.root.join(path).exists())
    }
}

/// What stands between backticks, fenced blocks left out.
fn code_words(markdown: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut fenced = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            words.extend(line.split('`').skip(1).step_by(2));
        }
    }
    words
}

/// The cells of a Markdown table's row; nothing for other lines and for the rule under the heads.
fn cells(line: &str) -> Option<Vec<&str>> {
    let row = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    if row.chars().all(|letter| matches!(letter, '-' | ':' | '|' | ' ')) {
        return None;
    }
    Some(row.split('|').map(str::trim).collect())
}

fn extension(path: &str) -> &str {
    Path::new(path).extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

#[cfg(test)]
fn tree_of(files: &[(&str, &str)], members: &[&str]) -> Tree {
    Tree {
        root: PathBuf::new(),
        files: files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect(),
        members: members.iter().map(|member| (*member).to_owned()).collect(),
    }
}
