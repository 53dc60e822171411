//! Expectation files: one section a request, each the whole tree of its trace.
//!
//! ```text
//! === /orders/1
//! shop SERVER GET /orders/{id}
//!   http.request.method=GET
//! ```
//! `UPDATE_EXPECT=1` writes them anew; the difference is then read by a person.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use otelrs_test_support::paths;
use otelrs_viewer::tree::{TreeOptions, render_tree};

use crate::traced::Traced;

const HEAD: &str = "=== ";

/// What a JVM that SIGTERM ended exits with.
const TERMINATED: i32 = 143;

/// What a file expects.
pub struct Expected {
    path: PathBuf,
    sections: Vec<(String, String)>,
}

impl Expected {
    /// Reads `jvm-tests/expected/<name>.txt`.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn read(name: &str) -> Result<Expected> {
        let path = paths::workspace().join("jvm-tests/expected").join(format!("{name}.txt"));
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(_) if updating() => String::new(),
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        let mut sections: Vec<(String, String)> = Vec::new();
        for line in text.lines() {
            if let Some(request) = line.strip_prefix(HEAD) {
                sections.push((request.to_owned(), String::new()));
            } else if let Some((_, tree)) = sections.last_mut() {
                tree.push_str(line);
                tree.push('\n');
            }
        }
        Ok(Expected { path, sections })
    }

    /// Sends every request to `application`, ends it, and compares each trace with its section. `shows` says what of a
    /// tree is compared; the application's port is masked already. Gives how many traces came in all.
    ///
    /// # Errors
    /// When a request has no answer, the application ends otherwise than asked to, or a tree differs.
    pub fn check(
        &self,
        context: &str,
        mut application: Traced,
        skip: &[&str],
        shows: impl FnOnce(TreeOptions) -> TreeOptions,
    ) -> Result<usize> {
        let port = application.process().port().to_string();
        let mut sent = Vec::new();
        for request in self.requests() {
            if !skip.contains(&request.as_str()) {
                let answer = application.get(&request)?;
                sent.push((request, answer.trace_id));
            }
        }
        let (ended, traces) = application.stop()?;
        ensure!(ended.status.code() == Some(TERMINATED), "{context}: {ended:?}");
        let options = TreeOptions::default()
            .mask_text(&port, "<port>")
            .mask("network.peer.port", "<peer>")
            .mask("exception.stacktrace", "<frames>");
        let options = shows(options);
        let received: Vec<(String, String)> = sent
            .into_iter()
            .map(|(request, id)| {
                let trace = traces.iter().find(|trace| trace.trace_id == id);
                (request, trace.map_or_else(|| "nothing".to_owned(), |trace| render_tree(trace, &options)))
            })
            .collect();
        self.compare(context, &received)?;
        Ok(traces.len())
    }

    /// The requests, in order.
    pub fn requests(&self) -> Vec<String> {
        self.sections.iter().map(|(request, _)| request.clone()).collect()
    }

    /// Compares all trees, and names every one that differs.
    ///
    /// # Errors
    /// When one differs; the message shows both.
    pub fn compare(&self, context: &str, received: &[(String, String)]) -> Result<()> {
        if updating() {
            let mut text = String::new();
            for (request, tree) in received {
                let _ = writeln!(text, "{HEAD}{request}\n{}", tree.trim_end());
            }
            return Ok(fs::write(&self.path, text)?);
        }
        let mut differences = String::new();
        for (request, tree) in received {
            let expected = self.sections.iter().find(|(name, _)| name == request);
            let expected = expected.map_or("", |(_, tree)| tree.trim_end());
            if expected != tree.trim_end() {
                let _ = writeln!(differences, "{context}, {request}: expected\n{expected}\nreceived\n{tree}");
            }
        }
        if differences.is_empty() { Ok(()) } else { bail!("{differences}") }
    }
}

/// Whether expectations are being written.
pub fn updating() -> bool {
    std::env::var_os("UPDATE_EXPECT").is_some()
}
