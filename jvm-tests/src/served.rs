//! A server program under test, and what a client sees of it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use otelrs_test_support::child::{Child, Ended, Stream};
use otelrs_test_support::http::{self, Response};
use otelrs_test_support::jdk::Jdk;
use otelrs_test_support::paths;

use crate::classes::Classes;
use crate::program;

/// How long a server may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running server that said `READY <port>`.
pub struct Served {
    /// The process.
    pub child: Child,
    /// Its port on 127.0.0.1.
    pub port: u16,
}

impl Served {
    /// Starts a command that says `READY <port>`.
    ///
    /// # Errors
    /// When the line does not come.
    pub fn start(command: &mut Command) -> Result<Served> {
        let mut child = Child::start("a server", command)?;
        let port = child.wait_for_line(Stream::Stdout, PATIENCE, |line| {
            line.strip_prefix("READY ").and_then(|port| port.trim().parse().ok())
        })?;
        Ok(Served { child, port })
    }

    /// `GET path`, in a trace of this number.
    ///
    /// # Errors
    /// When there is no complete answer.
    pub fn get(&self, path: &str, trace: u64) -> Result<Response> {
        let parent = format!("00-{trace:032x}-{trace:016x}-01");
        http::get(self.port, path, &[("traceparent", &parent), ("x-name", "test")])
    }

    /// Asks it to end and gives what it wrote, its port masked.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(self) -> Result<Ended> {
        let mut ended = self.child.stop()?;
        ended.stdout = ended.stdout.replace(&format!("READY {}", self.port), "READY <port>");
        Ok(ended)
    }
}

/// What a client and a parent process see of a server's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// Status and body of each request.
    pub answers: Vec<(String, u16, String)>,
    /// The exit status.
    pub status: Option<i32>,
    /// Standard output, the port masked.
    pub stdout: String,
    /// Lines of standard error that are not the agent's.
    pub stderr: Vec<String>,
}

impl Observed {
    /// The same, but for the lines of frames: a method that was running when its class was retransformed has none (JVMTI,
    /// RetransformClasses: the frame keeps the obsolete method).
    #[must_use]
    pub fn without_positions(&self) -> Observed {
        let cut = |line: &String| match (line.starts_with("\tat "), line.rfind('(')) {
            (true, Some(at)) => line[..at].to_owned(),
            _ => line.clone(),
        };
        Observed { stderr: self.stderr.iter().map(cut).collect(), ..self.clone() }
    }
}

/// The server of `jvm-tests/java/fixture/Survivor.java`.
pub struct Survivor {
    classes: Classes,
    library: PathBuf,
}

/// Its requests: each a way to come to grief.
pub const REQUESTS: [&str; 7] = [
    "/ctx/plain",
    "/ctx/client",
    "/ctx/connection",
    "/ctx/tasks",
    "/ctx/fail",
    "/ctx/nothing-there",
    "/ctx/deep",
];

/// Two runs log the same, but for the time.
const LOG_WITHOUT_TIME: &str = "-Djava.util.logging.SimpleFormatter.format=%4$s %5$s%6$s%n";

impl Survivor {
    /// Compiles it.
    ///
    /// # Errors
    /// When there is no javac, or the fixture's jar is not built.
    pub fn compile() -> Result<Survivor> {
        let library = paths::fixture_jar("tomcat-plain");
        let classes = Classes::of_fixtures(&["Survivor", "Answers"], &library.display().to_string())?;
        Ok(Survivor { classes, library })
    }

    /// The arguments that run it.
    pub fn arguments(&self) -> Vec<String> {
        let path = format!("{}:{}", self.classes.path().display(), self.library.display());
        vec!["-cp".to_owned(), path, "fixture.Survivor".to_owned()]
    }

    /// The command that runs it with more arguments for the JVM.
    pub fn command(&self, jdk: &Jdk, jvm: &[&str], env: &[(&str, &str)]) -> Command {
        let mut arguments: Vec<String> = jvm.iter().map(|&argument| argument.to_owned()).collect();
        arguments.push(LOG_WITHOUT_TIME.to_owned());
        arguments.extend(self.arguments());
        program::java(jdk, &arguments, env)
    }

    /// Runs it from start to end, and gives what is seen of it and the agent's lines.
    ///
    /// # Errors
    /// When it does not start, answer or end.
    pub fn observe(&self, command: &mut Command) -> Result<(Observed, Vec<String>)> {
        let server = Served::start(command)?;
        observe(server, |_| Ok(()))
    }
}

/// Sends [`REQUESTS`], runs `before_end`, ends the server.
///
/// # Errors
/// When it does not answer or end.
pub fn observe(
    server: Served,
    before_end: impl FnOnce(&Served) -> Result<()>,
) -> Result<(Observed, Vec<String>)> {
    let mut answers = Vec::new();
    for (number, path) in (1..).zip(REQUESTS) {
        let answer = server.get(path, number)?;
        answers.push((path.to_owned(), answer.status, answer.body));
    }
    before_end(&server)?;
    let ended = server.stop()?;
    let own = program::own_lines(&ended.stderr).into_iter().map(str::to_owned).collect();
    // The few frames of ours that carry a task's context are all that a stack may show of us.
    let is_ours = |line: &&str| line.starts_with("\tat java.base/java.lang.Otelrs");
    let lines = program::others_lines(&ended.stderr).into_iter().filter(|line| !is_ours(line));
    let stderr = lines.map(str::to_owned).collect();
    Ok((Observed { answers, status: ended.status.code(), stdout: ended.stdout, stderr }, own))
}
