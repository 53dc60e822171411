//! Real JVMs that are asked what they say of classes with advice in them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use otelrs_test_support::{Jdk, jdk, paths};
use tempfile::TempDir;

use crate::collection::Collection;

/// The oldest JDK that the compiled programs run on.
const RELEASE: &str = "11";
const PROGRAMS: [&str; 5] = ["ModuleClasses", "ClassFiles", "LinkClasses", "RedefineClasses", "Workload"];

/// The programs of `corpus/java/`, compiled once for all JDKs, and a folder to work in.
#[derive(Debug)]
pub struct Verifier {
    folder: TempDir,
}

/// What one JVM said of one collection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Classes that it verified with advice in them.
    pub verified: u32,
    /// Classes that it cannot link as they are, nor with advice, for the same kind of error.
    pub not_linkable: u32,
    /// Those errors and how often each was met.
    pub reasons: String,
    /// Classes of which it said something else with advice than without, one line each.
    pub failures: Vec<String>,
}

impl Verifier {
    /// Compiles the programs.
    ///
    /// # Errors
    /// When no JDK found has a compiler, or it refuses.
    pub fn new() -> Result<Self> {
        let compiler = jdk::found().into_iter().find(|jdk| jdk.has_javac);
        let javac =
            compiler.context("no JDK with javac: install one, or set JAVA_HOME")?.home.join("bin/javac");
        fs::create_dir_all(paths::target())?;
        let verifier = Self { folder: tempfile::tempdir_in(paths::target())? };
        let sources = paths::workspace().join("corpus/java");
        let source = |name: &str| sources.join(format!("{name}.java"));
        run(Command::new(&javac)
            .args(["--release", RELEASE, "-d"])
            .arg(verifier.programs())
            .args(PROGRAMS.map(source)))?;
        // Into java.base, which --release does not allow; nothing in it is newer than Java 11's class files.
        run(Command::new(&javac)
            .args(["-nowarn", "-source", RELEASE, "-target", RELEASE, "--patch-module"])
            .arg(format!("java.base={}", sources.display()))
            .arg("-d")
            .arg(verifier.probe())
            .arg(source("OtelrsProbe")))?;
        fs::write(verifier.file("agent.mf"), "Premain-Class: RedefineClasses\nCan-Redefine-Classes: true\n")?;
        run(Command::new(javac.with_file_name("jar"))
            .arg("cfm")
            .args([verifier.agent(), verifier.file("agent.mf")])
            .arg("-C")
            .arg(verifier.programs())
            .arg("."))?;
        Ok(verifier)
    }

    /// A file of this name in the folder to work in, which goes when the verifier goes.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder that holds the advice's class, for `--patch-module java.base=`.
    pub fn probe(&self) -> PathBuf {
        self.file("probe")
    }

    fn programs(&self) -> PathBuf {
        self.file("programs")
    }

    fn agent(&self) -> PathBuf {
        self.file("agent.jar")
    }

    /// The classes of a JDK: of the modules named, or of all.
    ///
    /// # Errors
    /// When its JVM fails.
    pub fn module_classes(&self, jdk: &Jdk, modules: &[&str]) -> Result<Collection> {
        let file = self.file("modules");
        run(Command::new(&jdk.java)
            .arg("-cp")
            .arg(self.programs())
            .arg("ModuleClasses")
            .arg(&file)
            .args(modules))?;
        Collection::read(format!("JDK {}", jdk.feature), &file)
    }

    /// Has a JVM link collections of classes that are not its own, with and without advice. `others` are classes that
    /// they may name.
    ///
    /// # Errors
    /// When the JVM fails.
    pub fn link(&self, jdk: &Jdk, pairs: &[(PathBuf, PathBuf)], others: &Path) -> Result<Vec<Verdict>> {
        let mut java = self.verifying(jdk);
        java.arg("LinkClasses").arg(others);
        java.args(pairs.iter().flat_map(|(plain, advised)| [plain, advised]));
        let verdicts = verdicts(&run(&mut java)?)?;
        ensure!(verdicts.len() == pairs.len(), "{} verdicts on {} collections", verdicts.len(), pairs.len());
        Ok(verdicts)
    }

    /// Has a JVM take classes of its own with advice in them.
    ///
    /// # Errors
    /// When the JVM fails.
    pub fn redefine(&self, jdk: &Jdk, plain: &Collection, advised: &Collection) -> Result<Verdict> {
        let (plain_file, advised_file) = (self.file("plain"), self.file("advised"));
        plain.write(&plain_file)?;
        advised.write(&advised_file)?;
        let output = run(self.redefining(jdk).arg("RedefineClasses").args([plain_file, advised_file]))?;
        verdicts(&output)?.pop().context("no verdict")
    }

    /// Has a JVM put classes with advice in place of its own and do what it did before: how many classes it took.
    ///
    /// # Errors
    /// When the JVM fails, or does something else with them.
    pub fn work_with(&self, jdk: &Jdk, advised: &Collection) -> Result<u32> {
        let file = self.file("advised");
        advised.write(&file)?;
        let mut java = self.redefining(jdk);
        // Interpreted: HotSpot 17's compilers crash when half of what they are compiling is redefined under them.
        java.env("JAVA_TOOL_OPTIONS", "-Xint").arg("Workload").arg(file);
        let verdict = verdicts(&run(&mut java)?)?.pop().context("no verdict")?;
        Ok(verdict.verified)
    }

    /// The same that may redefine its classes, all modules resolved.
    fn redefining(&self, jdk: &Jdk) -> Command {
        let mut java = self.verifying(jdk);
        java.args(["--add-modules", "ALL-SYSTEM"]);
        java.arg(format!("-javaagent:{}", self.agent().display()));
        java
    }

    /// A JVM that verifies all that it is given, with the advice's class in `java.base`.
    fn verifying(&self, jdk: &Jdk) -> Command {
        let mut java = Command::new(&jdk.java);
        java.args([
            "-Xverify:all",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx2g",
            "--patch-module",
        ]);
        java.arg(format!("java.base={}", self.probe().display())).arg("-cp").arg(self.programs());
        java
    }
}

/// Reads the lines of `LinkClasses.java` and `RedefineClasses.java`.
fn verdicts(output: &str) -> Result<Vec<Verdict>> {
    let mut verdicts = Vec::new();
    let mut failures = Vec::new();
    for line in output.lines() {
        if let Some(failure) = line.strip_prefix("FAILED ") {
            failures.push(failure.to_owned());
        } else if let Some(done) = line.strip_prefix("DONE ") {
            let mut words = done.splitn(3, ' ');
            let mut number = || words.next().and_then(|word| word.parse().ok()).context("no count");
            let (verified, not_linkable) = (number()?, number()?);
            let reasons = words.next().unwrap_or_default().trim_matches(['{', '}']).to_owned();
            verdicts.push(Verdict {
                verified,
                not_linkable,
                reasons,
                failures: std::mem::take(&mut failures),
            });
        }
    }
    Ok(verdicts)
}

/// Runs a command that must succeed; its standard output.
///
/// # Errors
/// When it cannot be started or fails; the message holds what it wrote.
pub fn run(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        bail!("{command:?} ended with {}\n{out}\n{err}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
