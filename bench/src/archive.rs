//! Archives of the application's classes, written by one run of the application without an agent.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use otelrs_test_support::fixture;
use otelrs_test_support::{FixtureProcess, paths};

use crate::command::run;
use crate::jvm::{Jvm, PathArgument};
use crate::run::Archive;
use crate::scenario::Endpoint;

/// Writing an archive takes a JVM seconds, on a busy machine a minute.
const WRITING_PATIENCE: Duration = Duration::from_secs(300);

/// The fixture's jar as Spring Boot's own tool unpacks it: the JVM archives classes of plain jars only, not of a jar in a
/// jar.
///
/// # Errors
/// When the tool fails.
pub(crate) fn unpacked(jvm: &Jvm, folder: &Path) -> Result<PathBuf> {
    let jar = folder.join("boot35.jar");
    let nothing: [&str; 0] = [];
    let mut unpack =
        fixture::java(&jvm.jdk, &paths::fixture_jar("boot35"), &["-Djarmode=tools"], &[], &nothing)?;
    run(unpack.args(["extract", "--force", "--destination"]).arg(folder))?;
    ensure!(jar.is_file(), "unpacking left no {}", jar.display());
    Ok(jar)
}

/// Writes an archive of what `jar` loads for its start and one request of each kind; what the JVM is told to use it.
///
/// # Errors
/// When the JVM writes none.
pub(crate) fn write(jvm: &Jvm, archive: Archive, jar: &Path, folder: &Path) -> Result<Option<PathArgument>> {
    let (written_by, used_by, file) = match archive {
        Archive::Default => return Ok(None),
        Archive::AppCds => {
            ("-XX:ArchiveClassesAtExit", "-XX:SharedArchiveFile", folder.join("application.jsa"))
        }
        Archive::AotCache => ("-XX:AOTCacheOutput", "-XX:AOTCache", folder.join("application.aot")),
    };
    if file.exists() {
        fs::remove_file(&file)?;
    }
    let mut arguments = jvm.plain_arguments();
    arguments.push(format!("{written_by}={}", file.display()));
    let server = FixtureProcess::start(&jvm.jdk, jar, &arguments, &[], &["--server.port=0"])?;
    for endpoint in Endpoint::ALL {
        server.get(endpoint.path())?;
    }
    let ended = server.stop_within(WRITING_PATIENCE)?;
    ensure!(file.is_file(), "the JVM wrote no {}: {}", archive.label(), ended.stderr);
    Ok(Some(PathArgument { name: used_by, file }))
}
