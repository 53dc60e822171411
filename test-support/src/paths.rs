//! Where the workspace keeps what tests use. Every path is absolute.

use std::env;
use std::path::{Path, PathBuf};

/// The root of the workspace.
pub fn workspace() -> PathBuf {
    let member = Path::new(env!("CARGO_MANIFEST_DIR"));
    member.parent().unwrap_or(member).to_path_buf()
}

/// Cargo's target directory: `CARGO_TARGET_DIR`, else `target/` of the workspace.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => workspace().join(directory),
        None => workspace().join("target"),
    }
}

/// The agent library as `./x build` leaves it.
pub fn agent_library() -> PathBuf {
    target().join("release/libotelrs.so")
}

/// The program `otelrs` as `./x build` leaves it.
pub fn otelrs_program() -> PathBuf {
    target().join("release/otelrs")
}

/// The runnable jars as `./x fixtures` leaves them.
pub fn fixtures() -> PathBuf {
    target().join("fixtures")
}

/// One runnable jar: `boot27`, `boot35`, `boot4`, `tomcat-plain`, `context` or `hello`.
pub fn fixture_jar(name: &str) -> PathBuf {
    fixtures().join(format!("{name}.jar"))
}

/// JDKs that `./x jdks` acquired, one folder a feature release.
pub fn jdks() -> PathBuf {
    target().join("jdks")
}

/// The OpenTelemetry Collector that `./x collector` built.
pub fn collector_program() -> PathBuf {
    target().join("collector/otelcol")
}
