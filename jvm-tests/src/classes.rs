//! Java programs of the tests' own, compiled when a test runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use otelrs_test_support::jdk::{self, Jdk};
use otelrs_test_support::paths;
use tempfile::TempDir;

use crate::program;

/// A folder of compiled classes, removed when dropped.
pub struct Classes {
    directory: TempDir,
}

impl Classes {
    /// Compiles sources, each a path below the package root and its text; for Java 11 where javac's `options` name no release.
    ///
    /// # Errors
    /// When no JDK here can compile, or a source is wrong.
    pub fn compile(sources: &[(&str, &str)], options: &[&str]) -> Result<Classes> {
        let jdk = compiler()?;
        let directory = TempDir::with_prefix("otelrs-classes-")?;
        let mut command = program::clean_command(&jdk.home.join("bin/javac"));
        command.args(["-Xlint:-options", "-proc:none", "-encoding", "UTF-8"]);
        if !options.contains(&"--release") {
            command.args(["--release", "11"]);
        }
        command.args(options).arg("-d").arg(directory.path().join("classes"));
        for (name, text) in sources {
            let file = directory.path().join("sources").join(name);
            fs::create_dir_all(file.parent().context("a source has a folder")?)?;
            fs::write(&file, text)?;
            command.arg(file);
        }
        run(&mut command)?;
        Ok(Classes { directory })
    }

    /// Compiles `jvm-tests/java/fixture/<name>.java` against a fixture's jar.
    ///
    /// # Errors
    /// As [`Classes::compile`].
    pub fn of_fixture(name: &str, library: &Path) -> Result<Classes> {
        Classes::of_fixtures(&[name], &library.display().to_string())
    }

    /// [`Classes::of_fixture`] of several that know each other, against this class path.
    ///
    /// # Errors
    /// As [`Classes::compile`].
    pub fn of_fixtures(names: &[&str], class_path: &str) -> Result<Classes> {
        let folder = paths::workspace().join("jvm-tests/java");
        let mut sources = Vec::new();
        for name in names {
            let path = format!("fixture/{name}.java");
            let text = fs::read_to_string(folder.join(&path)).with_context(|| path.clone())?;
            sources.push((path, text));
        }
        let sources: Vec<(&str, &str)> =
            sources.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        Classes::compile(&sources, &["-classpath", class_path])
    }

    /// The folder, for a class path.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("classes")
    }

    /// A jar of the classes, with these lines in its manifest.
    ///
    /// # Errors
    /// When the JDK's `jar` fails.
    pub fn jar(&self, name: &str, manifest: &str) -> Result<PathBuf> {
        let manifest_file = self.directory.path().join("manifest");
        fs::write(&manifest_file, manifest)?;
        let jar = self.directory.path().join(name);
        run(program::clean_command(&compiler()?.home.join("bin/jar"))
            .args(["--create", "--file"])
            .arg(&jar)
            .arg("--manifest")
            .arg(&manifest_file)
            .arg("-C")
            .arg(self.path())
            .arg("."))?;
        Ok(jar)
    }
}

fn compiler() -> Result<Jdk> {
    jdk::found().into_iter().find(|jdk| jdk.has_javac).context("no JDK here has javac")
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
