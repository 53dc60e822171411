//! What the integration tests share: JDKs and compiled Java.
#![allow(dead_code)]

pub(crate) mod disassembly;

use std::path::{Path, PathBuf};
use std::process::Command;

/// A JDK with a compiler.
pub(crate) struct Jdk {
    home: PathBuf,
}

impl Jdk {
    /// The JDK that `JAVA_HOME` names, or the one on the path; prints why the test is skipped when there is none.
    pub(crate) fn find() -> Option<Jdk> {
        let named = std::env::var_os("JAVA_HOME").map(PathBuf::from);
        let home = named.or_else(|| {
            let path = std::env::var_os("PATH")?;
            let javac =
                std::env::split_paths(&path).map(|dir| dir.join("javac")).find(|file| file.exists())?;
            Some(javac.canonicalize().ok()?.parent()?.parent()?.to_path_buf())
        });
        let found = home.filter(|home| home.join("bin/javac").exists());
        if found.is_none() {
            println!("skipped: no JDK with javac in JAVA_HOME or on PATH");
        }
        found.map(|home| Jdk { home })
    }

    pub(crate) fn java(&self) -> Command {
        Command::new(self.home.join("bin/java"))
    }

    pub(crate) fn javap(&self) -> Command {
        Command::new(self.home.join("bin/javap"))
    }

    /// Compiles sources of `tests/java` into a directory.
    pub(crate) fn compile(&self, into: &Path, options: &[&str], sources: &[&str]) {
        let java = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/java");
        let mut javac = Command::new(self.home.join("bin/javac"));
        javac.args(["-nowarn", "-d"]).arg(into).args(options);
        run(javac.args(sources.iter().map(|source| java.join(source))));
    }
}

/// Runs a command that must succeed; its standard output.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
    out.into_owned()
}

/// The class files of a directory, but for those of the advice.
pub(crate) fn advised_classes(dir: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| !file.file_name().unwrap().to_string_lossy().starts_with("Advice")).collect()
}

/// Compares with a file of `tests/golden`, or writes it anew when `UPDATE_EXPECT` is set; a person reads the difference.
pub(crate) fn check_golden(name: &str, found: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, found).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(found, expected, "UPDATE_EXPECT=1 writes {} anew", file.display());
}
