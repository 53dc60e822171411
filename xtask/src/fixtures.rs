//! `./x fixtures`: the Java programs that tests and demo run, built by Maven, again only when their sources changed.

use std::fs;
use std::process::Command;

use anyhow::{Result, bail};
use otelrs_test_support::paths;

use crate::inputs::Inputs;
use crate::run::{is_there, quiet, say};

const JARS: [&str; 9] =
    ["hello", "rules", "tomcat-plain", "jetty-plain", "context", "boot27", "boot35", "boot35-jetty", "boot4"];

/// Builds every fixture.
///
/// # Errors
/// When there is no Maven or the build fails.
pub(crate) fn run() -> Result<()> {
    build(&JARS)
}

/// Builds those of [`JARS`] that are named, nothing when they are as their sources are.
///
/// # Errors
/// When there is no Maven or the build fails.
pub(crate) fn build(jars: &[&str]) -> Result<()> {
    let sources = paths::workspace().join("java-fixtures");
    fs::create_dir_all(paths::fixtures())?;
    let inputs = |jar: &str| {
        Inputs::of(paths::fixtures().join(format!("{jar}.stamp")), std::slice::from_ref(&sources))
    };
    let mut stale = Vec::new();
    for jar in jars {
        if !paths::fixture_jar(jar).is_file() || !inputs(jar)?.unchanged() {
            stale.push(*jar);
        }
    }
    if stale.is_empty() {
        say("fixtures are up to date");
        return Ok(());
    }
    if !is_there("mvn") {
        bail!("no Maven (mvn) to build the fixtures with");
    }
    say(&format!(
        "building the fixtures {} (Maven; the first time it fetches their libraries)",
        stale.join(", ")
    ));
    quiet(
        "fixtures",
        Command::new("mvn")
            .current_dir(&sources)
            .args(["-q", "-B", "package", "-pl", &stale.join(",")])
            .arg(format!("-Dfixtures.jars={}", paths::fixtures().display()))
            .arg(format!("-Dfixtures.work={}", paths::target().join("java-fixtures").display())),
    )?;
    for jar in stale {
        inputs(jar)?.built()?;
    }
    Ok(())
}
