//! The README's commands, run as a newcomer would: in a fresh clone of what is committed.
//!
//! Every fenced block marked `sh` is run, line by line; other blocks (`console`, `text`) are only read.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use otelrs_test_support::paths;

use crate::run::{quiet, say};

/// Runs them.
///
/// # Errors
/// When there is no README, it has no such command, or one fails.
pub(crate) fn run() -> Result<()> {
    let readme = fs::read_to_string(paths::workspace().join("README.md")).context("README.md")?;
    let commands = commands(&readme);
    ensure!(!commands.is_empty(), "README.md has no block marked sh with a command to run");

    fs::create_dir_all(paths::target())?;
    let folder = tempfile::Builder::new().prefix("fresh-clone-").tempdir_in(paths::target())?;
    let clone = folder.path().join("otelrs");
    quiet("cloning", Command::new("git").args(["clone", "--quiet"]).arg(paths::workspace()).arg(&clone))?;
    // Compiled libraries from crates.io are taken along, so that this takes one minute and not five. Our own crates are
    // newer here than what was made of them, and are compiled again.
    fs::create_dir_all(clone.join("target"))?;
    for profile in ["agent", "release"] {
        quiet(
            "copying what is compiled",
            Command::new("cp")
                .args(["-a", "--reflink=auto"])
                .arg(paths::target().join(profile))
                .arg(clone.join("target").join(profile)),
        )?;
    }
    for command in commands {
        say(&format!("  $ {command}"));
        quiet(
            command,
            Command::new("sh").args(["-ec", command]).current_dir(&clone).env_remove("CARGO_TARGET_DIR"),
        )?;
    }
    Ok(())
}

/// The command lines of every block marked `sh`.
pub(crate) fn commands(markdown: &str) -> Vec<&str> {
    let mut commands = Vec::new();
    let mut fence = None;
    for line in markdown.lines() {
        match (fence, line.strip_prefix("```")) {
            (None, Some(language)) => fence = Some(language.trim()),
            (Some(_), Some(_)) => fence = None,
            (Some("sh"), None) => {
                let command = line.split(" #").next().unwrap_or(line).trim();
                if !command.is_empty() && !command.starts_with('#') {
                    commands.push(command);
                }
            }
            _ => {}
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_blocks_marked_sh_are_commands() {
        let markdown = "Text.\n```sh\n./x demo   # a trace\n\n# a comment\n./x build\n```\n```console\n$ no\n```\n./x no\n";
        assert_eq!(commands(markdown), ["./x demo", "./x build"]);
    }
}
