//! The built program, a stand-in for the agent library, and a sender of one span.
#![allow(dead_code, reason = "each test file uses some of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails fails its test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
}

impl Place {
    /// A folder with a readable file in place of the agent: no JVM loads it here.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("libotelrs.so"), "").unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    /// `otelrs run` on free ports, with an environment that holds none of our variables.
    pub(crate) fn run(&self, options: &[&str], command: &[&str]) -> Command {
        let mut otelrs = otelrs();
        otelrs
            .args(["run", "--http-port", "0", "--grpc-port", "0", "--agent"])
            .arg(self.path("libotelrs.so"));
        otelrs.args(options).arg("--").args(command);
        otelrs
    }
}

pub(crate) fn otelrs() -> Command {
    let mut otelrs = Command::new(env!("CARGO_BIN_EXE_otelrs"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("OTEL") || name.contains("JAVA") || name == "COLUMNS" {
            otelrs.env_remove(&*name);
        }
    }
    // Never the figures of the user's own runs.
    otelrs.env("XDG_STATE_HOME", env!("CARGO_TARGET_TMPDIR"));
    otelrs.env("XDG_RUNTIME_DIR", runtime_folder());
    otelrs.env("LC_ALL", "C.UTF-8").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    otelrs
}

/// Where viewers of this test program are found, and none of other programs.
fn runtime_folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("runtime-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A child that is killed when its test fails.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already when all went well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.0), signal).unwrap();
    }

    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        self.0.wait().unwrap().code()
    }
}

pub(crate) fn line(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

pub(crate) fn rest(mut from: impl Read) -> String {
    let mut text = String::new();
    from.read_to_string(&mut text).unwrap();
    text
}

pub(crate) fn lines_of<R: Read>(pipe: &mut Option<R>) -> BufReader<R> {
    BufReader::new(pipe.take().unwrap())
}

/// Sends one root span of this name and trace by http/json.
pub(crate) fn send_span(endpoint: &str, trace: u8, name: &str) {
    let body = format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"shop"}}}}]}},
        "scopeSpans":[{{"spans":[{{"traceId":"{}","spanId":"0101010101010101","name":"{name}","kind":2,
        "startTimeUnixNano":"1000000","endTimeUnixNano":"13000000"}}]}}]}}]}}"#,
        format!("{trace:02x}").repeat(16)
    );
    post_json(endpoint, &body);
}

/// Sends an OTLP JSON request of traces.
pub(crate) fn post_json(endpoint: &str, body: &str) {
    let address = endpoint.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes()).unwrap();
    let answer = rest(stream);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
