//! The tests that a concurrency library publishes have the same result with the agent and without.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use otelrs_jvm_tests::agent::argument_for;
use otelrs_jvm_tests::classes::Classes;
use otelrs_jvm_tests::program::java;
use otelrs_test_support::child::Child;
use otelrs_test_support::jdk::{self, Jdk};
use otelrs_test_support::paths;

/// Half a minute's work on a processor of its own.
const PATIENCE: Duration = Duration::from_secs(900);

/// Those of `io.netty.util.concurrent`.
const TESTS: [&str; 12] = [
    "AbstractScheduledEventExecutor",
    "DefaultPromise",
    "DefaultThreadFactory",
    "FastThreadLocal",
    "GlobalEventExecutor",
    "ImmediateExecutor",
    "NonStickyEventExecutorGroup",
    "PromiseAggregator",
    "PromiseCombiner",
    "PromiseNotifier",
    "SingleThreadEventExecutor",
    "UnorderedThreadPoolEventExecutor",
];

/// `| +-- name() 12 ms [OK]` as `name() [OK]`.
fn without_duration(line: &str) -> String {
    let line = line.trim_start_matches(['|', '+', '-', '\'', ' ']);
    let words: Vec<&str> = line.split(' ').collect();
    let number = |word: &str| word.parse::<u64>().is_ok();
    let is_duration = |index: usize| {
        let word = |index: usize| words.get(index).copied().unwrap_or_default();
        (number(word(index)) && word(index + 1) == "ms")
            || (word(index) == "ms" && index > 0 && number(word(index - 1)))
    };
    let kept: Vec<&str> =
        words.iter().enumerate().filter(|(index, _)| !is_duration(*index)).map(|(_, word)| *word).collect();
    kept.join(" ")
}

/// Each test's line of JUnit's tree, sorted: its name and whether it passed.
fn results(jdk: &Jdk, class_path: &str, agent: Option<&str>) -> Result<Vec<String>> {
    let mut arguments: Vec<&str> = agent.into_iter().collect();
    // As Netty's own build runs them.
    arguments.extend([
        "-Dio.netty.tryReflectionSetAccessible=true",
        "-cp",
        class_path,
        "fixture.JUnitInRequest",
    ]);
    arguments.extend([
        "execute",
        "--disable-banner",
        "--disable-ansi-colors",
        "--details=tree",
        "--details-theme=ascii",
    ]);
    let tests = TESTS.map(|name| format!("--select-class=io.netty.util.concurrent.{name}Test"));
    arguments.extend(tests.iter().map(String::as_str));
    let ended = Child::start("Netty's tests", &mut java(jdk, &arguments, &[]))?.wait(PATIENCE)?;
    ensure!(ended.status.success(), "{ended:?}");
    let mut lines: Vec<String> = ended
        .stdout
        .lines()
        .filter(|line| line.contains("[OK]") || line.contains("[X]"))
        .map(without_duration)
        .collect();
    lines.sort();
    ensure!(lines.len() > 50, "{ended:?}");
    Ok(lines)
}

#[test]
#[ignore = "a minute, and others' jars: ./x test --full"]
fn nettys_tests_of_concurrency_have_the_same_results() -> Result<()> {
    let jars: Vec<String> =
        paths::NETTY_TESTS.iter().map(|artifact| paths::peer(artifact).display().to_string()).collect();
    let library = paths::fixture_jar("context");
    let source =
        std::fs::read_to_string(paths::workspace().join("jvm-tests/java/fixture/JUnitInRequest.java"))?;
    let compiled = Classes::compile(
        &[("fixture/JUnitInRequest.java", &source)],
        &["-classpath", &format!("{}:{}", library.display(), jars.join(":"))],
    )?;
    let class_path = format!("{}:{}:{}", compiled.path().display(), jars.join(":"), library.display());
    let agent = argument_for(&paths::agent_library(), "otel.traces.exporter=none");
    let jdk = jdk::feature(17).context("no JDK 17")?;
    let without = results(&jdk, &class_path, None)?;
    let with = results(&jdk, &class_path, Some(&agent))?;
    let passed = without.iter().filter(|line| line.contains("[OK]")).count();
    println!("JDK 17: {passed} of {} lines passed without the agent", without.len());
    ensure!(with == without, "{with:#?} instead of {without:#?}");
    Ok(())
}
