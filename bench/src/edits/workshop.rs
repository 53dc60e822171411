//! The place where edits are made: the Java programs compiled, each edit in a process of its own, the edited classes
//! verified.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use otelrs_test_support::{Jdk, paths};

use super::subject::{Editor, Subject};
use crate::command::{class_path, run};

/// What `bench/java/edits/Verify.java` says when the advice is called as it should be.
const EXPECTED: &str = "6 0 negative: -1, entered 3, returned 2, thrown 1";

/// The programs' class files are the same for every JDK that runs them.
const RELEASE: &str = "17";

/// How many edits one process makes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    /// Those that do not count.
    pub(crate) warm_up: u32,
    /// Those of which the middle one counts.
    pub(crate) times: u32,
}

impl Count {
    /// The first edit of a process.
    pub(crate) const FIRST: Self = Self { warm_up: 0, times: 1 };
}

/// Programs, plain classes and edited classes.
#[derive(Debug)]
pub(crate) struct Workshop {
    jdk: Jdk,
    folder: PathBuf,
}

impl Workshop {
    /// Compiles the programs into `folder` and puts the plain classes beside them.
    ///
    /// # Errors
    /// When the JDK has no compiler, or an editor was not fetched.
    pub(crate) fn new(jdk: Jdk, folder: PathBuf) -> Result<Self> {
        ensure!(jdk.has_javac, "{} has no javac: choose another with --jdk", jdk.home.display());
        let workshop = Self { jdk, folder };
        for editor in Editor::ALL {
            for subject in Subject::ALL {
                let file = workshop.edited(editor, subject);
                fs::create_dir_all(file.parent().unwrap_or(&workshop.folder))?;
            }
        }
        let editors: Vec<PathBuf> = Editor::ALL.into_iter().filter_map(Editor::jar).collect();
        let library = paths::peer(paths::EDITED_LIBRARY);
        for jar in editors.iter().chain([&library]) {
            ensure!(jar.is_file(), "no {}: run ./x peers", jar.display());
        }
        let programs = workshop.programs();
        fs::create_dir_all(&programs)?;
        let sources = fs::read_dir(paths::workspace().join("bench/java/edits"))?;
        let sources = sources.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        run(Command::new(workshop.jdk.home.join("bin/javac"))
            .args(["--release", RELEASE, "-cp"])
            .arg(class_path(&editors)?)
            .arg("-d")
            .arg(&programs)
            .args(sources))?;
        run(Command::new(workshop.jdk.home.join("bin/jar"))
            .current_dir(&programs)
            .arg("--extract")
            .arg("--file")
            .arg(library)
            .arg(format!("{}.class", Subject::Adapter.class())))?;
        Ok(workshop)
    }

    /// Has an editor make the edit, in a process of its own; the nanoseconds that it took.
    ///
    /// # Errors
    /// When it fails.
    pub(crate) fn time(&self, editor: Editor, subject: Subject, count: Count) -> Result<f64> {
        let (plain, edited) = (class_file(&self.programs(), subject), self.edited(editor, subject));
        let (warm_up, times) = (count.warm_up.to_string(), count.times.to_string());
        let mut command = match editor.jar() {
            None => {
                let mut command = Command::new(env::current_exe()?);
                command.arg("edit").arg(plain);
                command
            }
            Some(jar) => {
                let (method, descriptor) = subject.method();
                let mut command = Command::new(&self.jdk.java);
                command
                    .arg("-cp")
                    .arg(class_path(&[self.programs(), jar, paths::peer(paths::EDITED_LIBRARY)])?)
                    .args(["Rival", if editor == Editor::Asm { "asm" } else { "byte-buddy" }])
                    .arg(plain)
                    .args([&subject.class().replace('/', "."), method, descriptor]);
                command
            }
        };
        let said = run(command.args([warm_up, times]).arg(edited))?;
        said.trim().parse().with_context(|| format!("{} said {said:?}, not a number", editor.label()))
    }

    /// Has a JVM verify what an editor left, and compares what the advice sees of the small class with what it should.
    ///
    /// # Errors
    /// When a class is refused, or the advice is not called as it should be.
    pub(crate) fn verify(&self, editor: Editor) -> Result<()> {
        let path = [self.edited_by(editor), self.programs(), paths::peer(paths::EDITED_LIBRARY)];
        let names = Subject::ALL.map(|subject| subject.class().replace('/', "."));
        let said = run(Command::new(&self.jdk.java)
            .args(["-Xverify:all", "-XX:-PrintWarnings", "-cp"])
            .arg(class_path(&path)?)
            .arg("Verify")
            .args(names))?;
        ensure!(said.trim() == EXPECTED, "edited by {}: {said}, not {EXPECTED}", editor.label());
        Ok(())
    }

    fn programs(&self) -> PathBuf {
        self.folder.join("programs")
    }

    fn edited_by(&self, editor: Editor) -> PathBuf {
        self.folder.join(editor.label())
    }

    fn edited(&self, editor: Editor, subject: Subject) -> PathBuf {
        class_file(&self.edited_by(editor), subject)
    }
}

fn class_file(folder: &Path, subject: Subject) -> PathBuf {
    folder.join(subject.class()).with_extension("class")
}
