//! `otelrs run` around what starts a JVM: a script, Maven, Gradle. On a terminal, ended by Ctrl-C, as a person does it:
//! only the application's JVM is instrumented, and the exit status is the command's.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use otelrs_jvm_tests::program::clean_command;
use otelrs_test_support::fixture::QUICK_JVM;
use otelrs_test_support::jdk::{self, Jdk};
use otelrs_test_support::{Terminal, http, paths};
use serde_json::Value;
use tempfile::TempDir;

/// A shell's exit status of a command that SIGINT ended.
const INTERRUPTED: i32 = 130;

/// What was seen of a command under `otelrs run`.
struct Observed {
    /// The terminal at the end, more than a screen of it.
    screen: String,
    status: Option<i32>,
    /// Names of the spans received.
    spans: BTreeSet<String>,
    /// JVMs that sent any.
    instances: usize,
}

fn jdk_17() -> Result<Jdk> {
    jdk::feature(17).context("no JDK 17")
}

/// Runs it on a terminal until it says `READY <port>`, makes one request, types Ctrl-C, and waits for the end.
fn one_request(folder: &Path, command: &[&str], path: &str) -> Result<Observed> {
    let received = folder.join("received.jsonl");
    let mut otelrs = clean_command(&paths::otelrs_program());
    otelrs.env("XDG_STATE_HOME", folder).env("JAVA_HOME", jdk_17()?.home).current_dir(folder);
    otelrs.args([
        "run",
        "--http-port",
        "0",
        "--grpc-port",
        "0",
        "--option",
        "otel.javaagent.debug=true",
        "--agent",
    ]);
    otelrs.arg(paths::agent_library()).arg("--json").arg(&received).arg("--").args(command);
    let mut terminal = Terminal::start(otelrs, 250, 300)?;
    let port_of = |screen: &str| {
        let port = screen.lines().find_map(|line| line.strip_prefix("READY "));
        port.and_then(|port| port.trim().parse::<u16>().ok())
    };
    let screen = terminal.wait_until("READY", |screen| port_of(screen).is_some())?;
    let answer = http::get(port_of(&screen).context("no port")?, path, &[])?;
    ensure!(answer.status == 200, "{answer:?}");
    terminal.type_keys("\x03")?;
    let status = terminal.wait()?.code();
    let (spans, instances) = sent(&fs::read_to_string(received)?)?;
    Ok(Observed { screen: terminal.text(), status, spans, instances })
}

fn sent(lines: &str) -> Result<(BTreeSet<String>, usize)> {
    let items = |of: &Value, field: &str| of[field].as_array().cloned().unwrap_or_default();
    let (mut spans, mut instances) = (BTreeSet::new(), BTreeSet::new());
    for line in lines.lines() {
        for resource in items(&serde_json::from_str(line)?, "resourceSpans") {
            let attributes = items(&resource["resource"], "attributes").into_iter();
            let of_instance = |attribute: &Value| attribute["key"] == "service.instance.id";
            instances.extend(attributes.filter(of_instance).map(|attribute| attribute["value"].to_string()));
            for span in items(&resource, "scopeSpans").iter().flat_map(|scope| items(scope, "spans")) {
                spans.extend(span["name"].as_str().map(str::to_owned));
            }
        }
    }
    Ok((spans, instances.len()))
}

fn is_there(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok();
    if !there {
        eprintln!("skipped: {program}, which this machine lacks");
    }
    there
}

fn count(screen: &str, part: &str) -> usize {
    screen.matches(part).count()
}

#[test]
fn a_script_that_starts_java() -> Result<()> {
    let folder = TempDir::new()?;
    let script = folder.path().join("start.sh");
    let lines = format!(
        "echo preparing\n\"$JAVA_HOME/bin/javac\" -version\ntest -t 0 && test -t 1 && echo on a terminal\n\
         exec \"$JAVA_HOME/bin/java\" {} -jar {}\n",
        QUICK_JVM.join(" "),
        paths::fixture_jar("tomcat-plain").display()
    );
    fs::write(&script, lines)?;
    let seen = one_request(folder.path(), &["sh", "start.sh"], "/ctx/exact")?;
    assert_eq!(seen.status, Some(INTERRUPTED), "{}", seen.screen);
    assert_eq!((seen.spans, seen.instances), (BTreeSet::from(["GET /ctx/exact".to_owned()]), 1));
    assert!(
        seen.screen.contains("preparing\n") && seen.screen.contains("on a terminal\n"),
        "{}",
        seen.screen
    );
    assert_eq!(count(&seen.screen, "does nothing: this is a tool of the JDK"), 1, "{}", seen.screen);
    assert!(seen.screen.contains("● GET /ctx/exact"), "shown at the end: {}", seen.screen);
    Ok(())
}

#[test]
fn maven_spring_boot_run() -> Result<()> {
    if !is_there("mvn") {
        return Ok(());
    }
    let folder = TempDir::new()?;
    let fixtures = paths::workspace().join("java-fixtures");
    let at = |name: &str, place: PathBuf| format!("-D{name}={}", place.display());
    let (pom, work) = (fixtures.join("pom.xml"), at("fixtures.work", folder.path().join("work")));
    let jars = at("fixtures.jars", folder.path().join("jars"));
    let jvm = format!("-Dspring-boot.run.jvmArguments={}", QUICK_JVM.join(" "));
    let command = [
        "mvn",
        // The fixtures were built: their libraries and plugins are here.
        "--offline",
        "--batch-mode",
        "--quiet",
        "--file",
        pom.to_str().context("a path that is no UTF-8")?,
        "--projects",
        "boot35",
        &work,
        &jars,
        "org.springframework.boot:spring-boot-maven-plugin:3.5.16:run",
        &jvm,
        "-Dspring-boot.run.arguments=--server.port=0 --server.address=127.0.0.1",
    ];
    let seen = one_request(folder.path(), &command, "/orders/1")?;
    assert!(seen.spans.contains("GET /orders/{id}"), "{:?} {}", seen.spans, seen.screen);
    assert_eq!(seen.instances, 1);
    assert_eq!(count(&seen.screen, "does nothing: this is a build tool"), 1, "{}", seen.screen);
    // The plugin takes an application that was interrupted for a success, unless Maven is interrupted first.
    assert!(matches!(seen.status, Some(0 | INTERRUPTED)), "{}", seen.screen);
    Ok(())
}

/// The task of Spring Boot's own plugin, in the last version that Debian's Gradle can load; what it runs is newer.
#[test]
fn gradle_boot_run() -> Result<()> {
    if !is_there("gradle") {
        return Ok(());
    }
    let folder = TempDir::new()?;
    let build = format!(
        "buildscript {{\n    repositories {{ mavenCentral() }}\n    dependencies {{ classpath \
         'org.springframework.boot:spring-boot-gradle-plugin:2.1.18.RELEASE' }}\n}}\n\
         apply plugin: 'java'\napply plugin: 'org.springframework.boot'\n\
         springBoot {{ mainClassName = 'org.springframework.boot.loader.launch.JarLauncher' }}\n\
         bootRun {{\n    classpath = files('{}')\n    jvmArgs '{}'\n    \
         args '--server.port=0', '--server.address=127.0.0.1'\n}}\n",
        paths::fixture_jar("boot35").display(),
        QUICK_JVM.join("', '")
    );
    fs::write(folder.path().join("build.gradle"), build)?;
    let command = ["gradle", "--no-daemon", "--quiet", "--console=plain", "bootRun"];
    let seen = one_request(folder.path(), &command, "/orders/1")?;
    assert!(seen.spans.contains("GET /orders/{id}"), "{:?} {}", seen.spans, seen.screen);
    assert_eq!(seen.instances, 1);
    assert!(count(&seen.screen, "does nothing: this is a build tool") >= 1, "{}", seen.screen);
    assert_eq!(seen.status, Some(INTERRUPTED), "{}", seen.screen);
    Ok(())
}
