//! The agent of `hook/hook.c`, compiled when it is needed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use otelrs_test_support::jdk;

/// Compiles it into `folder`. JVMTI is the same in every JDK: the headers of any will do.
///
/// # Errors
/// When there is no C compiler, or no JDK with the headers.
pub(crate) fn compile(folder: &Path) -> Result<PathBuf> {
    let headers = jdk::found()
        .into_iter()
        .map(|jdk| jdk.home.join("include"))
        .find(|include| include.join("jvmti.h").is_file())
        .context("no JDK with include/jvmti.h (apt-get install openjdk-17-jdk-headless)")?;
    fs::create_dir_all(folder)?;
    let library = folder.join("libhook.so");
    let output = Command::new("cc")
        .args(["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-I"])
        .arg(&headers)
        .arg("-I")
        .arg(headers.join("linux"))
        .arg("-o")
        .arg(&library)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("hook/hook.c"))
        .output()
        .context("no C compiler (apt-get install gcc libc6-dev)")?;
    ensure!(output.status.success(), "hook.c: {}", String::from_utf8_lossy(&output.stderr));
    Ok(library)
}
