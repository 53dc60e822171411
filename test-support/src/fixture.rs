//! A Java fixture under test: starts, says `READY <port>`, serves, ends at SIGTERM.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::child::{Child, Ended, Stream, clean_command};
use crate::http::{self, Response};
use crate::jdk::{self, Jdk};

/// How long a fixture may take to start on a busy machine.
const START_PATIENCE: Duration = Duration::from_secs(120);

/// JVM arguments for tests that look at behaviour and not at speed: no optimising compiler, no parallel collector. Starts
/// a Spring Boot fixture for half the processor time.
pub const QUICK_JVM: [&str; 2] = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];

/// The feature releases that a fixture is tested on.
pub fn features_of(name: &str) -> &'static [u16] {
    match name {
        "hello" | "rules" => &[11, 17, 21, 25],
        "tomcat-plain" => &[11],
        "jetty-plain" => &[17, 21, 25],
        "context" => &[11, 17, 21, 25],
        "boot27" => &[11, 17],
        "boot35" | "boot35-jetty" | "boot4" => &[17, 21, 25],
        _ => &[],
    }
}

/// The JDKs found that a fixture is tested on; those that are missing are named as skipped on standard error.
pub fn jdks_for(name: &str) -> Vec<Jdk> {
    let mut jdks = Vec::new();
    for feature in features_of(name) {
        match jdk::feature(*feature) {
            Some(found) => jdks.push(found),
            None => eprintln!("skipped: {name} on JDK {feature}, which this machine lacks"),
        }
    }
    jdks
}

/// A fixture that serves requests. Killed when dropped.
#[derive(Debug)]
pub struct FixtureProcess {
    child: Child,
    port: u16,
}

impl FixtureProcess {
    /// Starts `jar` and waits for its `READY <port>` line. Spring Boot fixtures take their port as
    /// `--server.port=0` in `app_args`; the others choose a free one by themselves. `OTEL_*` variables are not inherited.
    ///
    /// # Errors
    /// When the jar is not built, or the line does not come; the message holds what the program wrote.
    pub fn start(
        jdk: &Jdk,
        jar: &Path,
        jvm_args: &[impl AsRef<OsStr>],
        env: &[(&str, &str)],
        app_args: &[&str],
    ) -> Result<Self> {
        let mut command = java(jdk, jar, jvm_args, env, app_args)?;
        let mut child = Child::start(&jar.display().to_string(), &mut command)?;
        let port = child.wait_for_line(Stream::Stdout, START_PATIENCE, |line| {
            line.strip_prefix("READY ").and_then(|port| port.trim().parse().ok())
        })?;
        Ok(Self { child, port })
    }

    /// The port that it serves on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The process, for its output so far and for signals.
    pub fn child(&self) -> &Child {
        &self.child
    }

    /// `GET path`.
    ///
    /// # Errors
    /// When there is no complete answer.
    pub fn get(&self, path: &str) -> Result<Response> {
        http::get(self.port, path, &[])
    }

    /// `GET path` with headers, such as `traceparent`.
    ///
    /// # Errors
    /// When there is no complete answer.
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Result<Response> {
        http::get(self.port, path, headers)
    }

    /// Asks it to end (SIGTERM) and returns its exit status (143 for a JVM) and all that it wrote.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(self) -> Result<Ended> {
        self.child.stop()
    }

    /// [`FixtureProcess::stop`] for a JVM that has much to do before it ends, such as writing an archive.
    ///
    /// # Errors
    /// When it does not end within `patience`; it is killed then.
    pub fn stop_within(self, patience: Duration) -> Result<Ended> {
        self.child.stop_within(patience)
    }
}

/// The command that runs `jar`, for programs that end by themselves and say no `READY`.
///
/// # Errors
/// When the jar is not built.
pub fn java(
    jdk: &Jdk,
    jar: &Path,
    jvm_args: &[impl AsRef<OsStr>],
    env: &[(&str, &str)],
    app_args: &[&str],
) -> Result<Command> {
    ensure!(jar.is_file(), "{} is not built: run ./x fixtures", jar.display());
    let mut command = bare_java(jdk);
    command.args(jvm_args).arg("-jar").arg(jar).args(app_args).envs(env.iter().copied());
    Ok(command)
}

/// The program `java`, without the variables of this process that would change what it does.
pub fn bare_java(jdk: &Jdk) -> Command {
    clean_command(&jdk.java)
}
