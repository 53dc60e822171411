//! What a program pays that makes no span: no thread of ours, no wait at its end, and hardly a class.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Result, ensure};
use otelrs_jvm_tests::agent::argument_for;
use otelrs_jvm_tests::classes::Classes;
use otelrs_jvm_tests::program::{java, run};
use otelrs_jvm_tests::traced::{Launch, Traced};
use otelrs_test_support::fixture::{QUICK_JVM, jdks_for};
use otelrs_test_support::jdk::{self, Jdk};
use otelrs_test_support::paths;
use otelrs_test_support::safepoints;
use tempfile::TempDir;

/// Prints the names of the process's threads, without those of the JIT, which come and go.
const THREADS: &str = r#"
import java.io.*;
import java.util.*;

public class Threads {
    public static void main(String[] arguments) throws Exception {
        for (String name : arguments) {
            Class.forName(name);
        }
        List<String> names = new ArrayList<>();
        for (File task : new File("/proc/self/task").listFiles()) {
            try (BufferedReader name = new BufferedReader(new FileReader(new File(task, "comm")))) {
                names.add(name.readLine());
            }
        }
        Collections.sort(names);
        for (String name : names) {
            if (!name.contains("Comp")) {
                System.out.println(name);
            }
        }
    }
}
"#;

fn shipped(options: &str) -> String {
    argument_for(&paths::agent_library(), options)
}

/// Makes spans, which shows only when it is prepared: its interface is not loaded yet when it is.
const LATE: &str = r"
interface Own extends java.sql.Statement {}

public abstract class Late implements Own {
    @Override
    public boolean execute(String sql) {
        return true;
    }
}
";

/// The lines that `Threads` prints under `agent` after it has loaded some classes.
fn threads(jdk: &Jdk, classes: &Classes, agent: Option<String>, load: &[&str]) -> Result<Vec<String>> {
    let mut arguments: Vec<String> = agent.into_iter().collect();
    arguments.extend(["-cp".to_owned(), classes.path().display().to_string(), "Threads".to_owned()]);
    arguments.extend(load.iter().map(|name| (*name).to_owned()));
    let ended = run(&mut java(jdk, &arguments, &[]))?;
    ensure!(ended.status.success(), "{ended:?}");
    Ok(ended.stdout.lines().map(str::to_owned).collect())
}

#[test]
fn a_program_without_spans_has_no_thread_of_ours_unless_it_debugs() -> Result<()> {
    let classes = Classes::compile(&[("Threads.java", THREADS)], &[])?;
    for jdk in jdk::found() {
        let without = threads(&jdk, &classes, None, &[])?;
        let with = threads(&jdk, &classes, Some(shipped("")), &[])?;
        // A thread gives itself its name after it has begun, so they are counted.
        let alike = with.len() == without.len() && !with.is_empty();
        ensure!(alike && !with.iter().any(|name| name == "otelrs"), "JDK {}: {with:?}", jdk.feature);
        let debugging = threads(&jdk, &classes, Some(shipped("otel.javaagent.debug=true")), &[])?;
        ensure!(debugging.len() == without.len() + 1, "JDK {}: {without:?} {debugging:?}", jdk.feature);
    }
    Ok(())
}

#[test]
fn a_class_that_turns_out_to_make_spans_when_it_is_prepared_has_somebody_to_send_them() -> Result<()> {
    let classes = Classes::compile(&[("Threads.java", THREADS), ("Late.java", LATE)], &[])?;
    for jdk in jdk::found() {
        let without = threads(&jdk, &classes, None, &["Late"])?;
        let with = threads(&jdk, &classes, Some(shipped("")), &["Late"])?;
        ensure!(with.len() == without.len() + 1, "JDK {}: {without:?} {with:?}", jdk.feature);
    }
    Ok(())
}

/// Names of the classes that a program loads that prints one word.
fn loaded(jdk: &Jdk, agent: Option<String>) -> Result<BTreeSet<String>> {
    let mut arguments: Vec<String> = agent.into_iter().collect();
    let jar = paths::fixture_jar("hello").display().to_string();
    arguments.extend(["-Xlog:class+load:stdout:none".to_owned(), "-jar".to_owned(), jar]);
    let ended = run(&mut java(jdk, &arguments, &[]))?;
    ensure!(ended.status.success(), "{ended:?}");
    let names = ended.stdout.lines().filter_map(|line| line.split_once(" source: "));
    // A hidden class has its address in its name.
    Ok(names.map(|(name, _)| name.split(['/', '+']).next().unwrap_or(name).to_owned()).collect())
}

#[test]
fn the_bridge_starts_without_the_jdks_variable_handles() -> Result<()> {
    for jdk in jdk::found() {
        let without = loaded(&jdk, None)?;
        let with = loaded(&jdk, Some(shipped("")))?;
        let more: Vec<&String> = with.difference(&without).collect();
        ensure!(without.contains("fixture.Hello"), "JDK {}: {without:?}", jdk.feature);
        ensure!(
            !more.iter().any(|name| name.starts_with("java.lang.invoke.")) && more.len() <= 10,
            "JDK {}: {more:?}",
            jdk.feature
        );
    }
    Ok(())
}

/// Each redefinition stops every thread for as long as the JVM takes to look at all its classes, 14 ms of a Spring Boot
/// application's: frameworks' executors and their factories must not cost one each.
#[test]
fn a_framework_starts_with_one_redefinition_and_that_of_the_jdks_threads_alone() -> Result<()> {
    for fixture in ["boot27", "boot35", "boot35-jetty", "boot4"] {
        for jdk in jdks_for(fixture) {
            let context = format!("{fixture} on JDK {}", jdk.feature);
            let folder = TempDir::new()?;
            let log = folder.path().join("jvm");
            let logging =
                format!("-Xlog:{},redefine+class+load=info:file={}", safepoints::LOGGING, log.display());
            let jvm = [&[logging.as_str()][..], &QUICK_JVM].concat();
            let application = Traced::start(&jdk, fixture, &Launch { jvm: &jvm, ..Launch::default() })?;
            application.process().get("/orders/1")?;
            application.stop()?;
            let log = fs::read_to_string(&log)?;
            let all = safepoints::read(&log);
            let redefinitions =
                all.iter().filter(|safepoint| safepoint.operation == "RedefineClasses").count();
            let names = log.lines().filter_map(|line| line.split_once("redefined name=")?.1.split_once(','));
            let names: BTreeSet<&str> = names.map(|(name, _)| name).collect();
            ensure!(redefinitions == 1, "{context}: {redefinitions} times: {names:?}");
            ensure!(names.contains("java.lang.Thread"), "{context}: {names:?}");
            ensure!(names.iter().all(|name| name.starts_with("java.")), "{context}: {names:?}");
        }
    }
    Ok(())
}
