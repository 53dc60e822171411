//! The place where benchmarks are made and run: the Java programs compiled with JMH's annotation processor, each
//! measurement in JVMs of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use otelrs_test_support::fixture::bare_java;
use otelrs_test_support::paths;
use tempfile::TempDir;

use super::jmh::{Figures, end_of};
use super::workload::{Cell, Server, Situation};
use crate::command::{class_path, run};
use crate::jvm::Jvm;
use crate::sink::Sink;

/// Interfaces of JDBC whose methods the driver of `bench/java/advice/application` does not have.
const UNSUPPORTED: [&str; 3] = ["java.sql.Driver", "java.sql.Connection", "java.sql.PreparedStatement"];

/// How much one JVM does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bursts {
    /// Requests with few queries before all, where requests have queries.
    pub(crate) warm_up_requests: u32,
    /// Until the compilers are done.
    pub(crate) warm_up: u32,
    /// Those that count.
    pub(crate) measured: u32,
}

/// The programs, and what runs them.
#[derive(Debug)]
pub(crate) struct Workshop<'a> {
    jvm: Jvm,
    sink: &'a Sink,
    /// Of its own: another run may be going on.
    folder: TempDir,
}

impl<'a> Workshop<'a> {
    /// Compiles the programs into a new folder below `parent`, which goes with the workshop.
    ///
    /// # Errors
    /// When the JDK has no compiler, or a library was not fetched or built.
    pub(crate) fn new(jvm: Jvm, sink: &'a Sink, parent: &Path) -> Result<Self> {
        ensure!(jvm.jdk.has_javac, "{} has no javac: choose another with --jdk", jvm.jdk.home.display());
        fs::create_dir_all(parent)?;
        let folder = tempfile::Builder::new().prefix("advice-").tempdir_in(parent)?;
        let workshop = Self { jvm, sink, folder };
        for jar in Server::ALL.into_iter().flat_map(Server::libraries).chain(jmh()) {
            let command = if jar.starts_with(paths::peers()) { "peers" } else { "fixtures" };
            ensure!(jar.is_file(), "no {}: run ./x {command}", jar.display());
        }
        let generated = workshop.folder.path().join("generated");
        run(bare_java(&workshop.jvm.jdk)
            .arg(sources().join("generator/Unsupported.java"))
            .arg(&generated)
            .args(UNSUPPORTED))?;
        for server in Server::ALL {
            workshop.compile(server, &generated)?;
        }
        Ok(workshop)
    }

    fn compile(&self, server: Server, generated: &Path) -> Result<()> {
        let classes = self.classes(server);
        fs::create_dir_all(&classes)?;
        let mut files = Vec::new();
        for folder in [
            sources().join("measuring"),
            sources().join("application"),
            sources().join(server.folder()),
            generated.to_owned(),
        ] {
            let entries = fs::read_dir(&folder).with_context(|| format!("no {}", folder.display()))?;
            for entry in entries {
                files.push(entry?.path());
            }
        }
        let libraries = server.libraries().into_iter().chain(jmh()).collect::<Vec<_>>();
        run(Command::new(self.jvm.jdk.home.join("bin/javac"))
            .args(["-Xlint:all,-processing,-classfile,-serial", "-Werror"])
            .args(["-processor", "org.openjdk.jmh.generators.BenchmarkProcessor", "-cp"])
            .arg(class_path(&libraries)?)
            .arg("-d")
            .arg(&classes)
            .args(files))?;
        Ok(())
    }

    /// Has JMH measure a cell, once, in a JVM of its own.
    ///
    /// # Errors
    /// When a request fails, or classes are changed that must not be, or none where some must.
    pub(crate) fn measure(&self, cell: Cell, bursts: Bursts) -> Result<Figures> {
        let burst = cell.workload.burst(cell.situation);
        let written = self.folder.path().join("results.json");
        let classes = [self.classes(cell.workload.server())].into_iter();
        let path = classes.chain(cell.workload.server().libraries()).chain(jmh()).collect::<Vec<_>>();
        let mut command = bare_java(&self.jvm.jdk);
        command
            // JMH itself; what is measured is forked by it. It refuses to run beside another JMH unless told.
            .args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djmh.ignoreLock=true", "-cp"])
            .arg(class_path(&path)?)
            .args(["org.openjdk.jmh.Main", &format!(r"advice\.{}\.", cell.workload.class())])
            .args(["-foe", "true", "-f", "1", "-tu", "ns", "-prof", "advice.Figures"])
            .args(["-wi", &bursts.warm_up.to_string(), "-i", &bursts.measured.to_string()])
            .args(["-wbs", &burst.invocations.to_string(), "-bs", &burst.invocations.to_string()])
            .args(["-jvmArgs", &self.jvm_arguments(cell)?.join(" ")])
            .args(["-rf", "json", "-rff"])
            .arg(&written)
            .envs(self.jvm.environment(cell.variant))
            // Of bursts that do not fill a batch the rest comes soon: the next burst waits for it.
            .env("OTEL_BSP_SCHEDULE_DELAY", "2");
        for parameter in cell.workload.parameters(cell.situation, bursts.warm_up_requests) {
            command.args(["-p", &parameter]);
        }
        let output = command.output().context("cannot start java")?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "{}: {}", cell.label(), end_of(&said));
        let json = fs::read_to_string(&written).with_context(|| format!("no {}", written.display()))?;
        let figures = Figures::read(&json, burst)?;
        let (is, should) = (figures.has_bridge, cell.variant.changes_classes());
        ensure!(is == should, "{}: otelrs's bridge defined: {is}, not {should}", cell.label());
        Ok(figures)
    }

    fn jvm_arguments(&self, cell: Cell) -> Result<Vec<String>> {
        let mut arguments = self.jvm.arguments(cell.variant)?;
        if cell.situation == Situation::Interpreter {
            arguments.push("-Xint".to_owned());
        }
        // For AdviceSwitch.java.
        arguments.push("--add-opens=java.base/java.lang=ALL-UNNAMED".to_owned());
        arguments.push(format!("-Dadvice.collector={}", self.sink.port()));
        arguments.push(format!("-Dadvice.traced={}", cell.variant.is_traced()));
        Ok(arguments)
    }

    fn classes(&self, server: Server) -> PathBuf {
        self.folder.path().join(server.folder())
    }
}

fn sources() -> PathBuf {
    paths::workspace().join("bench/java/advice")
}

fn jmh() -> [PathBuf; 4] {
    paths::JMH.map(paths::peer)
}
