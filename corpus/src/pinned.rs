//! The pinned artifacts: `corpus/pinned.txt`, fetched by Maven into `target/corpus/`, each with its checksum.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use otelrs_test_support::paths;
use sha2::{Digest, Sha256};

use crate::verifier::run;

/// R8 is published in Google's repository only.
const GOOGLE: &str = "https://maven.google.com";
const PLUGIN: &str = "<groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId><version>3.8.1</version>";

/// An artifact as Maven names it, `group:name:version`, with `:jar:classifier` where it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    coordinates: String,
    sha256: String,
}

/// All of them.
///
/// # Errors
/// When a line of the list cannot be read.
pub fn artifacts() -> Result<Vec<Artifact>> {
    let list = fs::read_to_string(paths::workspace().join("corpus/pinned.txt"))?;
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    let artifact = |line: &str| {
        let (sha256, coordinates) = line.split_once(' ')?;
        Some(Artifact { coordinates: coordinates.to_owned(), sha256: sha256.to_owned() })
    };
    lines.map(|line| artifact(line).with_context(|| format!("corpus/pinned.txt: {line}"))).collect()
}

impl Artifact {
    /// Where it is once it was fetched.
    pub fn file(&self) -> PathBuf {
        let parts: Vec<&str> = self.coordinates.split(':').collect();
        let classifier = parts.get(4).map(|classifier| format!("-{classifier}")).unwrap_or_default();
        let (name, version) = (parts.get(1).unwrap_or(&""), parts.get(2).unwrap_or(&""));
        folder().join(format!("{name}-{version}{classifier}.jar"))
    }

    /// Its name within its group.
    pub fn name(&self) -> &str {
        self.coordinates.split(':').nth(1).unwrap_or_default()
    }

    /// Whether it holds sources, for a compiler to compile.
    pub fn is_sources(&self) -> bool {
        self.coordinates.ends_with(":sources")
    }

    fn item(&self) -> String {
        let mut item = String::from("<artifactItem>");
        for (tag, part) in
            ["groupId", "artifactId", "version", "type", "classifier"].iter().zip(self.coordinates.split(':'))
        {
            let _ = write!(item, "<{tag}>{part}</{tag}>");
        }
        item + "</artifactItem>"
    }

    fn check(&self) -> Result<()> {
        let file = self.file();
        let bytes = fs::read(&file).with_context(|| format!("Maven left no {}", file.display()))?;
        let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        ensure!(
            found == self.sha256,
            "{} has the checksum {found}, not that of corpus/pinned.txt: delete it to fetch it again",
            file.display()
        );
        Ok(())
    }
}

/// Where they are.
fn folder() -> PathBuf {
    paths::target().join("corpus")
}

/// Fetches what is missing, in one run of Maven, and checks everything.
///
/// # Errors
/// When there is no Maven, a repository does not answer, or a file is not the one that was pinned.
pub fn fetch(artifacts: &[Artifact]) -> Result<()> {
    let missing: String =
        artifacts.iter().filter(|artifact| !artifact.file().is_file()).map(Artifact::item).collect();
    if !missing.is_empty() {
        fs::create_dir_all(folder())?;
        let project = folder().join("pom.xml");
        fs::write(&project, pom(&missing, &folder()))?;
        run(Command::new("mvn").args(["-q", "-B", "-f"]).arg(project).arg("dependency:copy"))?;
    }
    artifacts.iter().try_for_each(Artifact::check)
}

fn pom(items: &str, into: &Path) -> String {
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion>\
         <groupId>otelrs</groupId><artifactId>corpus</artifactId><version>1</version><packaging>pom</packaging>\
         <repositories><repository><id>google</id><url>{GOOGLE}</url></repository></repositories>\
         <build><plugins><plugin>{PLUGIN}<configuration><outputDirectory>{}</outputDirectory>\
         <artifactItems>{items}</artifactItems></configuration></plugin></plugins></build></project>",
        into.display()
    )
}
