//! async-profiler in a JVM: it walks the stacks of Java and of native code, and needs no right that a user lacks.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use otelrs_test_support::{Jdk, jdk, paths};

use super::stacks::Stacks;
use crate::command;

/// Where its library is in the jar.
const LIBRARY: &str = if cfg!(target_arch = "aarch64") {
    "linux-arm64/libasyncProfiler.so"
} else {
    "linux-x64/libasyncProfiler.so"
};
/// perf's events, and the threads' own timers where the kernel keeps those from users.
const START: &str = "start,event=cpu,interval=1ms,threads,lib";

/// Its library, and what loads it.
#[derive(Debug)]
pub(super) struct Profiler {
    library: PathBuf,
    /// Where it writes.
    stacks: PathBuf,
    jcmd: PathBuf,
}

impl Profiler {
    /// Takes the library out of the jar that `./x peers` fetched.
    ///
    /// # Errors
    /// When there is no jar, or no JDK to unpack it or to speak to a JVM with.
    pub(super) fn unpack(jdk: &Jdk, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let jar = paths::peer(paths::ASYNC_PROFILER);
        ensure!(jar.is_file(), "no {}: run ./x peers", jar.display());
        let jcmd = jdk.home.join("bin/jcmd");
        ensure!(jcmd.is_file(), "JDK {} has no jcmd", jdk.feature);
        let with_jar = jdk::with_compiler().context("no JDK that unpacks a jar")?;
        let mut unpack = Command::new(with_jar.home.join("bin/jar"));
        command::run(unpack.current_dir(folder).arg("xf").arg(jar).arg(LIBRARY))?;
        Ok(Self { library: folder.join(LIBRARY), stacks: folder.join("stacks"), jcmd })
    }

    /// What a JVM needs to be sampled well: to be loaded into, and to say where in a compiled method it is.
    pub(super) fn jvm_options(&self) -> Vec<String> {
        ["-XX:+EnableDynamicAgentLoading", "-XX:+UnlockDiagnosticVMOptions", "-XX:+DebugNonSafepoints"]
            .map(str::to_owned)
            .into()
    }

    /// The argument with which a JVM is sampled from its start.
    pub(super) fn agent_argument(&self) -> String {
        format!("-agentpath:{}={START}", self.library.display())
    }

    /// Begins to sample a JVM.
    ///
    /// # Errors
    /// When the JVM or the kernel does not let it.
    pub(super) fn start(&self, id: u32) -> Result<()> {
        self.load(id, START)
    }

    /// Ends it, and gives what was sampled.
    ///
    /// # Errors
    /// When nothing was.
    pub(super) fn stop(&self, id: u32) -> Result<Stacks> {
        self.load(id, &format!("stop,collapsed,threads,lib,file={}", self.stacks.display()))?;
        let text = fs::read_to_string(&self.stacks).context("async-profiler wrote nothing")?;
        Ok(Stacks::parse(&text))
    }

    fn load(&self, id: u32, options: &str) -> Result<()> {
        let mut load = Command::new(&self.jcmd);
        load.args([&id.to_string(), "JVMTI.agent_load"]).arg(&self.library);
        // In quotes: jcmd takes what is before an equals sign for the name of an option of its own.
        let answer = command::run(load.arg(format!("\"{options}\"")))?;
        ensure!(answer.contains("return code: 0"), "async-profiler, {options}: {answer}");
        Ok(())
    }
}
