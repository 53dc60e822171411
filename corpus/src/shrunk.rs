//! Jars as ProGuard and R8 leave them: names and descriptors that no compiler writes, code moved and merged.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use otelrs_test_support::{Jdk, jdk, paths};

use crate::pinned::Artifact;
use crate::verifier::run;

/// What stays under its name, so that there is something that everything else can be reached from.
const KEEP: &str =
    "-keep public class * { public protected *; }\n-dontwarn **\n-dontnote **\n-ignorewarnings\n";
/// What ProGuard's program needs beside itself.
const PROGUARD: [&str; 7] =
    ["proguard-base", "proguard-core", "kotlin-stdlib", "log4j-api", "log4j-core", "gson", "json"];

/// Shrinks and obfuscates one pinned jar by each, unless that was done before: the files that they leave.
///
/// # Errors
/// When no JDK found has a compiler (its modules are what the tools link against), or a tool fails.
pub fn jars(artifacts: &[Artifact]) -> Result<Vec<PathBuf>> {
    let jdk =
        jdk::found().into_iter().find(|jdk| jdk.has_javac).context("no JDK with its modules in jmods/")?;
    let folder = paths::target().join("corpus/shrunk");
    fs::create_dir_all(&folder)?;
    let rules = folder.join("keep.pro");
    fs::write(&rules, KEEP)?;
    let file = |name: &str| {
        let found = artifacts.iter().find(|artifact| artifact.name() == name);
        found.map(Artifact::file).with_context(|| format!("corpus/pinned.txt lacks {name}"))
    };
    let by_proguard = folder.join("jackson-core-proguard.jar");
    if !by_proguard.is_file() {
        let program =
            PROGUARD.iter().map(|name| Ok(file(name)?.display().to_string())).collect::<Result<Vec<_>>>()?;
        run(java(&jdk, &program.join(":"))
            .arg("proguard.ProGuard")
            .arg(format!("@{}", rules.display()))
            .arg("-injars")
            .arg(file("jackson-core")?)
            .arg("-outjars")
            .arg(&by_proguard)
            .arg("-libraryjars")
            .arg(format!("{}/jmods/java.base.jmod(!**.jar;!module-info.class)", jdk.home.display())))?;
    }
    let by_r8 = folder.join("kotlinx-coroutines-r8.jar");
    if !by_r8.is_file() {
        run(java(&jdk, &file("r8")?.display().to_string())
            .args(["com.android.tools.r8.R8", "--classfile", "--release", "--lib"])
            .arg(&jdk.home)
            .arg("--classpath")
            .arg(file("kotlin-stdlib")?)
            .arg("--pg-conf")
            .arg(&rules)
            .arg("--output")
            .args([&by_r8, &file("kotlinx-coroutines-core-jvm")?]))?;
    }
    Ok(vec![by_proguard, by_r8])
}

fn java(jdk: &Jdk, class_path: &str) -> Command {
    let mut java = Command::new(&jdk.java);
    java.arg("-cp").arg(class_path).current_dir(Path::new("/"));
    java
}
