//! Where the workspace keeps what tests use. Every path is absolute.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

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

/// One runnable jar: `boot27`, `boot35`, `boot35-jetty`, `boot4`, `tomcat-plain`, `jetty-plain`, `context`, `rules` or `hello`.
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

/// The OpenTelemetry Java agent that ours is compared with, as Maven names it.
pub const OPENTELEMETRY_JAVA_AGENT: &str = "io.opentelemetry.javaagent:opentelemetry-javaagent:2.33.1";

/// Netty's tests of its executors, futures and thread locals, and what they need.
pub const NETTY_TESTS: [&str; 9] = [
    "io.netty:netty-common:4.1.119.Final:jar:tests",
    "io.netty:netty-common:4.1.119.Final",
    "org.junit.platform:junit-platform-console-standalone:1.10.5",
    "org.hamcrest:hamcrest:2.2",
    "org.assertj:assertj-core:3.27.3",
    "org.mockito:mockito-core:4.11.0",
    "org.objenesis:objenesis:3.3",
    BYTE_BUDDY,
    "net.bytebuddy:byte-buddy-agent:1.17.5",
];

/// JaCoCo's agent, which changes every class of an application as it is loaded.
pub const JACOCO_AGENT: &str = "org.jacoco:org.jacoco.agent:0.8.14:jar:runtime";

/// The library with which most javaagents change classes; one of Netty's tests' own.
pub const BYTE_BUDDY: &str = "net.bytebuddy:byte-buddy:1.17.5";

/// The two libraries whose edits ours are compared with, each of the newest release; the second is the one with which most
/// javaagents change classes.
pub const EDITORS: [&str; 2] = ["org.ow2.asm:asm:9.11.1", "net.bytebuddy:byte-buddy:1.18.17"];

/// The library of which a class is edited: the one in the Spring Boot fixture.
pub const EDITED_LIBRARY: &str = "org.apache.tomcat.embed:tomcat-embed-core:10.1.55";

/// The same Tomcat, to be started by a benchmark: the other jar has annotations that it looks for.
pub const TOMCAT: [&str; 2] = [EDITED_LIBRARY, "org.apache.tomcat:tomcat-annotations-api:10.1.55"];

/// The Java Microbenchmark Harness, its annotation processor, and what it needs.
pub const JMH: [&str; 4] = [
    "org.openjdk.jmh:jmh-core:1.37",
    "org.openjdk.jmh:jmh-generator-annprocess:1.37",
    "net.sf.jopt-simple:jopt-simple:5.0.4",
    "org.apache.commons:commons-math3:3.6.1",
];

/// What samples stacks of Java and native code, for flame graphs.
pub const ASYNC_PROFILER: &str = "tools.profiler:async-profiler:4.6";

/// What `./x peers` fetches: programs of others, as Maven names them. Pinned, so that two machines run the same.
pub fn all_peers() -> Vec<&'static str> {
    let agents = [OPENTELEMETRY_JAVA_AGENT, JACOCO_AGENT, ASYNC_PROFILER];
    agents.into_iter().chain(TOMCAT).chain(EDITORS).chain(JMH).chain(NETTY_TESTS).collect()
}

/// Where `./x peers` leaves them.
pub fn peers() -> PathBuf {
    target().join("peers")
}

/// The jar of one of them: `group:artifact:version`, with `:jar:classifier` where it has one.
pub fn peer(artifact: &str) -> PathBuf {
    let parts: Vec<&str> = artifact.split(':').collect();
    let classifier = parts.get(4).map(|classifier| format!("-{classifier}")).unwrap_or_default();
    let (name, version) = (parts.get(1).unwrap_or(&""), parts.get(2).unwrap_or(&""));
    peers().join(format!("{name}-{version}{classifier}.jar"))
}

/// Puts a copy of a file in the place of another, whole at every moment: a JVM that runs with the old one keeps it.
///
/// # Errors
/// When the one cannot be read or the other's folder not be written to.
pub fn replace(from: &Path, to: &Path) -> io::Result<()> {
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let copy = tempfile::NamedTempFile::new_in(folder)?;
    fs::copy(from, copy.path())?;
    copy.persist(to)?;
    Ok(())
}
