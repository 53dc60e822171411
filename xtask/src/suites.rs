//! The test programs of the workspace, some at a time.
//!
//! `cargo test` runs one program after another, and most of ours wait for a JVM; side by side they take two thirds of
//! the time. cargo-nextest would do this, but is minutes of compiling on a fresh machine.

use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::{Context, Result, bail};
use otelrs_test_support::cargo::cargo;
use otelrs_test_support::paths;
use serde_json::Value;

use crate::run::say;

/// More would make programs wait for each other where a test counts on some progress.
const AT_ONCE: usize = 2;

/// Programs that run for a minute or more: begun first, so that none of them is left over at the end.
const LONGEST: [&str; 9] = [
    "context",
    "late",
    "survival",
    "garbage_collectors",
    "programs",
    "spring_async",
    "attach",
    "crossing",
    "live",
];

/// After this a program that still runs is named.
const SIGN_OF_LIFE: Duration = Duration::from_secs(120);

/// One test program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Suite {
    /// `classfile: parse`, the package's folder and the program.
    pub(crate) name: String,
    target: String,
    package: PathBuf,
    program: PathBuf,
}

/// How one ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) name: String,
    /// Both streams, in the order of writing.
    pub(crate) output: String,
    /// Its own verdict, which a crash turns to false.
    pub(crate) succeeded: bool,
}

/// Compiles every test program of the workspace.
///
/// # Errors
/// When cargo cannot be run, or one does not compile.
pub(crate) fn build() -> Result<Vec<Suite>> {
    let output = Command::new(cargo())
        .current_dir(paths::workspace())
        .args(["test", "--workspace", "--no-run", "--quiet", "--message-format=json-render-diagnostics"])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo test")?;
    if !output.status.success() {
        bail!("the tests do not compile: cargo test --no-run ended with {}", output.status);
    }
    let mut suites: Vec<Suite> =
        String::from_utf8_lossy(&output.stdout).lines().filter_map(Suite::of_message).collect();
    suites
        .sort_by_key(|suite| LONGEST.iter().position(|name| *name == suite.target).unwrap_or(LONGEST.len()));
    Ok(suites)
}

/// Runs all of them, what is marked as ignored only when asked for `full`, and gives each outcome to `ended` as it comes.
///
/// # Errors
/// When a program cannot be run at all.
pub(crate) fn run(suites: Vec<Suite>, full: bool, mut ended: impl FnMut(&Outcome)) -> Result<()> {
    let waiting = Mutex::new(VecDeque::from(suites));
    let (sender, outcomes) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            let (waiting, sender) = (&waiting, sender.clone());
            scope.spawn(move || {
                loop {
                    let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some(suite) = next else { return };
                    if sender.send(suite.run(full)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for outcome in outcomes {
            ended(&outcome?);
        }
        Ok(())
    })
}

impl Suite {
    /// cargo's message about a test program that it built.
    fn of_message(line: &str) -> Option<Self> {
        let message: Value = serde_json::from_str(line).ok()?;
        if message["reason"] != "compiler-artifact" || message["profile"]["test"] != true {
            return None;
        }
        let program = message["executable"].as_str()?.into();
        let package = Path::new(message["manifest_path"].as_str()?).parent()?.to_owned();
        let target = message["target"]["name"].as_str()?.to_owned();
        let folder = package.file_name()?.to_string_lossy();
        Some(Self { name: format!("{folder}: {target}"), target, package, program })
    }

    /// As `cargo test` would: in the package's folder, knowing which cargo runs it.
    fn run(&self, full: bool) -> Result<Outcome> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let written = folder.path().join("output");
        let output = File::create(&written).context("cannot keep its output")?;
        let mut command = Command::new(&self.program);
        if full {
            // viewer/tests/sdks.rs installs them.
            command.arg("--include-ignored").env("OTELRS_SDKS", "1");
        }
        let mut child = command
            .current_dir(&self.package)
            .env("CARGO", cargo())
            .env("CARGO_MANIFEST_DIR", &self.package)
            .stdin(Stdio::null())
            .stdout(output.try_clone().context("cannot keep its output")?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot run {}", self.program.display()))?;
        let started = Instant::now();
        let (done, over) = mpsc::channel::<()>();
        let status = thread::scope(|scope| {
            scope.spawn(move || {
                while over.recv_timeout(SIGN_OF_LIFE) == Err(mpsc::RecvTimeoutError::Timeout) {
                    say(&format!("  {} still runs after {} s", self.name, started.elapsed().as_secs()));
                }
            });
            let status = child.wait();
            drop(done);
            status
        })?;
        let output = fs::read(&written).context("its output is gone")?;
        Ok(Outcome {
            name: self.name.clone(),
            output: String::from_utf8_lossy(&output).into_owned(),
            succeeded: status.success(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT: &str = r#"{"reason":"compiler-artifact","manifest_path":"/w/classfile/Cargo.toml",
        "target":{"name":"parse"},"profile":{"test":true},"executable":"/w/target/debug/deps/parse-1"}"#;

    fn shell(name: &str, script: &str) -> Suite {
        let folder = tempfile::tempdir().unwrap().keep();
        let program = folder.join("program");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        Suite { name: name.to_owned(), target: name.to_owned(), package: folder, program }
    }

    #[test]
    fn a_test_program_is_read_from_what_cargo_says_and_a_library_is_not() {
        let suite = Suite::of_message(BUILT).unwrap();
        assert_eq!(
            (suite.name.as_str(), suite.package.as_path()),
            ("classfile: parse", Path::new("/w/classfile"))
        );
        for other in
            ["", "warning: text", &BUILT.replace("true", "false"), &BUILT.replace("artifact", "message")]
        {
            assert_eq!(Suite::of_message(other), None, "{other}");
        }
    }

    #[test]
    fn each_ends_with_its_own_output_and_verdict() {
        let suites = vec![
            shell("good", "echo out; echo err >&2; pwd"),
            shell("bad", "echo half; kill -9 $$"),
            shell("last", "echo $1"),
        ];
        let mut seen = Vec::new();
        run(suites.clone(), true, |outcome| {
            seen.push((outcome.name.clone(), outcome.output.clone(), outcome.succeeded));
        })
        .unwrap();
        seen.sort();
        let folder = suites[0].package.display();
        assert_eq!(
            seen,
            [
                ("bad".to_owned(), "half\n".to_owned(), false),
                ("good".to_owned(), format!("out\nerr\n{folder}\n"), true),
                ("last".to_owned(), "--include-ignored\n".to_owned(), true),
            ]
        );
        for suite in suites {
            fs::remove_dir_all(suite.package).unwrap();
        }
    }
}
