//! The program behind `./x corpus [JAR or directory ...]`.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::Result;
use clap::Parser;
use otelrs_corpus::collection::Collection;
use otelrs_corpus::instrument::instrument;
use otelrs_corpus::report::{Report, Row};
use otelrs_corpus::verifier::{Verifier, run};
use otelrs_corpus::{origin, pinned, shrunk};
use otelrs_test_support::{jdk, paths};

/// Gives advice to every method of whole class libraries, and has each JDK found verify every class.
#[derive(Debug, Parser)]
#[command(bin_name = "./x corpus")]
struct CommandLine {
    /// Jars or directories. Without any: every class of every JDK found and of the pinned artifacts, and the result into
    /// docs/corpus.md.
    named: Vec<PathBuf>,
}

fn main() -> Result<ExitCode> {
    let CommandLine { named } = CommandLine::parse();
    let started = Instant::now();
    let verifier = Verifier::new()?;
    let mut report = Report::default();
    if named.is_empty() {
        // The tree may change while this runs.
        let commit = commit()?;
        for feature in jdk::missing() {
            report.skipped.push(format!("JDK {feature}, which is not there (./x jdks)"));
        }
        let files = pinned_files(&mut report)?;
        test_jdks(&verifier, &mut report)?;
        test_files(&verifier, &files, &mut report)?;
        let document = report.document(&commit, &jdks()?, started.elapsed());
        fs::write(paths::workspace().join("docs/corpus.md"), document)?;
    } else {
        test_files(&verifier, &named, &mut report)?;
    }
    print!("{}", report.table());
    report.skipped.iter().for_each(|what| eprintln!("skipped: {what}"));
    let failures = report.failures();
    failures.iter().for_each(|failure| println!("FAILED {failure}"));
    eprintln!("took {} s", started.elapsed().as_secs());
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The pinned jars, and what ProGuard and R8 make of two of them.
fn pinned_files(report: &mut Report) -> Result<Vec<PathBuf>> {
    eprintln!("the pinned artifacts (Maven fetches those that are missing)");
    let artifacts = pinned::artifacts()?;
    pinned::fetch(&artifacts)?;
    let mut files: Vec<PathBuf> =
        artifacts.iter().filter(|each| !each.is_sources()).map(pinned::Artifact::file).collect();
    match shrunk::jars(&artifacts) {
        Ok(jars) => files.extend(jars),
        Err(failure) => report.skipped.push(format!("a jar by ProGuard and one by R8: {failure:#}")),
    }
    Ok(files)
}

fn test_jdks(verifier: &Verifier, report: &mut Report) -> Result<()> {
    for jdk in jdk::found() {
        eprintln!("JDK {}: {}", jdk.feature, jdk.home.display());
        let plain = verifier.module_classes(&jdk, &[])?;
        let (advised, tally) = instrument(&plain);
        let verdict = verifier.redefine(&jdk, &plain, &advised)?;
        report.rows.push(Row { name: plain.name, tally, verdicts: BTreeMap::from([(jdk.feature, verdict)]) });
    }
    Ok(())
}

/// Instruments the classes of these files and has every JDK link them; each may name classes of the others.
fn test_files(verifier: &Verifier, files: &[PathBuf], report: &mut Report) -> Result<()> {
    let mut pairs = Vec::new();
    let mut rows = Vec::new();
    let mut all = Vec::new();
    for collection in collections(files)? {
        eprintln!("{}: {} classes", collection.name, collection.classes.len());
        let (advised, tally) = instrument(&collection);
        let file = |kind: &str| verifier.file(&format!("{kind}-{}", pairs.len()));
        let pair = (file("plain"), file("advised"));
        collection.write(&pair.0)?;
        advised.write(&pair.1)?;
        pairs.push(pair);
        rows.push(Row { name: collection.name, tally, verdicts: BTreeMap::new() });
        all.extend(collection.classes);
    }
    let others = verifier.file("others");
    Collection::new("others".to_owned(), all).write(&others)?;
    for jdk in jdk::found() {
        eprintln!("JDK {} links {} collections", jdk.feature, pairs.len());
        for (row, verdict) in rows.iter_mut().zip(verifier.link(&jdk, &pairs, &others)?) {
            row.verdicts.insert(jdk.feature, verdict);
        }
    }
    report.rows.extend(rows);
    Ok(())
}

fn collections(files: &[PathBuf]) -> Result<Vec<Collection>> {
    let found: Vec<Vec<Collection>> =
        files.iter().map(|file| origin::collections(file)).collect::<Result<_>>()?;
    Ok(found.into_iter().flatten().collect())
}

fn commit() -> Result<String> {
    let git = |arguments: &[&str]| run(Command::new("git").current_dir(paths::workspace()).args(arguments));
    Ok(git(&["rev-parse", "--short=12", "HEAD"])?.trim().to_owned())
}

/// Each JDK as its `release` file names it.
fn jdks() -> Result<String> {
    let version = |home: &Path| -> Result<String> {
        let release = fs::read_to_string(home.join("release"))?;
        let value = |key: &str| {
            release.lines().find_map(|line| line.strip_prefix(key)).map(|it| it.trim_matches('"'))
        };
        let vendor = value("IMPLEMENTOR=").map(|vendor| format!(" ({vendor})")).unwrap_or_default();
        Ok(format!("JDK {}{vendor}", value("JAVA_VERSION=").unwrap_or("?")))
    };
    let versions = jdk::found().iter().map(|jdk| version(&jdk.home)).collect::<Result<Vec<_>>>()?;
    Ok(versions.join(", "))
}
