//! `./x collector`: the real OpenTelemetry Collector, made by its own builder from the Go module proxy.

use std::fs;
use std::process::Command;

use anyhow::{Result, bail};
use otelrs_test_support::paths;

use crate::inputs::Inputs;
use crate::run::{quiet, say};

/// The builder of the Collector release that `xtask/collector.yaml` names.
const BUILDER: &str = "go.opentelemetry.io/collector/cmd/builder@v0.155.0";
/// Older ones do not read the modules.
const GO_MINIMUM: (u32, u32) = (1, 24);

/// Builds the Collector, unless it was built from the same manifest already.
///
/// # Errors
/// When there is no Go that is new enough, or the build fails.
pub(crate) fn run() -> Result<()> {
    let manifest = paths::workspace().join("xtask/collector.yaml");
    let place = paths::target().join("collector");
    fs::create_dir_all(&place)?;
    let inputs = Inputs::of(place.join("stamp"), std::slice::from_ref(&manifest))?;
    if paths::collector_program().is_file() && inputs.unchanged() {
        say("the OpenTelemetry Collector is up to date");
        return Ok(());
    }
    match go_version() {
        None => bail!("no Go: the Collector's builder needs {}.{}", GO_MINIMUM.0, GO_MINIMUM.1),
        Some(found) if found < GO_MINIMUM => bail!(
            "Go {}.{} is too old: the Collector's builder needs {}.{}",
            found.0,
            found.1,
            GO_MINIMUM.0,
            GO_MINIMUM.1
        ),
        Some(_) => {}
    }
    say("building the OpenTelemetry Collector (Go; some minutes, once)");
    quiet("the builder", Command::new("go").args(["install", BUILDER]).env("GOBIN", &place))?;
    // The manifest's output path is relative to where the builder runs.
    quiet(
        "the Collector",
        Command::new(place.join("builder"))
            .arg(format!("--config={}", manifest.display()))
            .current_dir(&place),
    )?;
    fs::rename(place.join("sources/otelcol"), paths::collector_program())?;
    inputs.built()
}

fn go_version() -> Option<(u32, u32)> {
    let output = Command::new("go").args(["env", "GOVERSION"]).output().ok()?;
    parse_go_version(&String::from_utf8_lossy(&output.stdout))
}

/// `go1.26.8`, `go1.24rc1`.
fn parse_go_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().strip_prefix("go")?.split('.');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next()?;
    let digits = minor.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(minor.len());
    Some((major, minor.get(..digits)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_says_its_version_in_several_ways() {
        for (text, expected) in [
            ("go1.26.8\n", Some((1, 26))),
            ("go1.24rc1", Some((1, 24))),
            ("go1.19", Some((1, 19))),
            ("", None),
            ("devel", None),
        ] {
            assert_eq!(parse_go_version(text), expected, "{text}");
        }
    }
}
