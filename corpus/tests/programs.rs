//! Whole programs with advice in every method do what they did.
// A failed step of a test's own machinery fails the test.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use otelrs_corpus::instrument::{Tally, instrument};
use otelrs_corpus::jar::instrument_jar;
use otelrs_corpus::origin;
use otelrs_corpus::verifier::{Verifier, run};
use otelrs_test_support::{FixtureProcess, Jdk, Response, fixture, jdk, paths};

/// The compiler as a program of its own, with the advice's class in java.base in both cases.
fn javac(jdk: &Jdk, verifier: &Verifier, compiler: Option<&Path>) -> Command {
    let mut java = Command::new(&jdk.java);
    java.args(["-Xverify:all", "-XX:-PrintWarnings"]);
    java.arg("--patch-module").arg(format!("java.base={}", verifier.probe().display()));
    if let Some(classes) = compiler {
        java.arg("--patch-module").arg(format!("jdk.compiler={}", classes.display()));
    }
    java.args(["--module", "jdk.compiler/com.sun.tools.javac.Main", "-nowarn", "-g"]);
    java
}

fn sources() -> Vec<PathBuf> {
    let folder = paths::workspace().join("corpus/java");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // The advice's own class belongs to a module.
    let mut sources: Vec<_> = files.filter(|file| !file.ends_with("OtelrsProbe.java")).collect();
    sources.extend(
        ["Shapes.java", "Annotated.java"]
            .map(|name| paths::workspace().join("classfile/tests/java").join(name)),
    );
    sources
}

#[test]
#[ignore = "minutes: ./x test --full"]
fn a_compiler_with_advice_in_every_method_writes_the_same_classes() {
    let Some(jdk) = jdk::with_compiler() else { return };
    let verifier = Verifier::new().unwrap();
    let plain = verifier.module_classes(&jdk, &["jdk.compiler"]).unwrap();
    let (advised, tally) = instrument(&plain);
    assert_eq!(tally.failures, Vec::<String>::new());
    assert!(tally.patched > 10_000, "{tally:?}");
    let compiler = verifier.file("jdk.compiler");
    advised.unpack(&compiler).unwrap();

    let compile = |into: &str, compiler: Option<&Path>| {
        let folder = verifier.file(into);
        run(javac(&jdk, &verifier, compiler).arg("-d").arg(&folder).args(sources())).unwrap();
        let [collection] = &origin::collections(&folder).unwrap()[..] else { panic!("no classes in {into}") };
        collection.classes.iter().map(|class| (class.name.clone(), class.bytes.clone())).collect::<Vec<_>>()
    };
    let (expected, found) = (compile("by-plain", None), compile("by-advised", Some(&compiler)));
    assert!(expected.len() > 10, "{}", expected.len());
    assert!(found == expected, "the compiler with advice wrote other classes");
}

/// What the application is asked: its own controllers by way of Tomcat, Spring MVC, Jackson, Hikari and H2; work on other
/// threads; and what goes wrong.
const REQUESTS: [&str; 20] = [
    "/hello",
    "/orders/1",
    "/statement",
    "/batch",
    "/callable",
    "/fanout",
    "/async/2",
    "/async-fail",
    "/completable-pool",
    "/forkjoin",
    "/call/1",
    "/call-async/2",
    "/spring-async-future",
    "/web-async-task-pool",
    "/streaming",
    "/trouble/one-by-one",
    "/status/404",
    "/nobody-serves-this",
    "/database-error",
    "/fail",
];

/// By itself it says nothing of a request that failed.
const OPTIONS: [&str; 2] =
    ["--server.port=0", "--logging.level.org.apache.catalina.core.ContainerBase=error"];

/// What it answers, and the stack traces that it logs meanwhile.
fn answers(jdk: &Jdk, verifier: &Verifier, jar: &Path) -> (Vec<Response>, Vec<String>) {
    let probe = format!("--patch-module=java.base={}", verifier.probe().display());
    let arguments = ["-Xverify:all", "-XX:-PrintWarnings", &probe];
    let arguments = arguments.into_iter().chain(fixture::QUICK_JVM).collect::<Vec<_>>();
    let server = FixtureProcess::start(jdk, jar, &arguments, &[], &OPTIONS).unwrap();
    let answers = REQUESTS.map(|path| at_no_time(server.get(path).unwrap())).to_vec();
    let ended = server.stop().unwrap();
    let frames = ended.stdout.lines().filter(|line| line.starts_with("\tat ")).map(str::to_owned);
    (answers, frames.collect())
}

/// Without what tells when it was given.
fn at_no_time(mut answer: Response) -> Response {
    answer.headers.retain(|(name, _)| name != "Date");
    if let Some((before, after)) = answer.body.split_once("\"timestamp\":") {
        let after = after.split_once(',').unwrap().1;
        answer.body = format!("{before}{after}");
    }
    answer
}

#[test]
fn a_spring_boot_application_with_advice_in_every_method_answers_as_it_did() {
    if jdk::with_compiler().is_none() {
        return;
    }
    let verifier = Verifier::new().unwrap();
    let plain = paths::fixture_jar("boot35");
    let bytes = fs::read(&plain).unwrap_or_else(|_| panic!("no {}: run ./x fixtures", plain.display()));
    let mut tally = Tally::default();
    let advised = verifier.file("boot35.jar");
    fs::write(&advised, instrument_jar(&bytes, &mut tally).unwrap()).unwrap();
    println!(
        "{} classes, {} methods with code, {} with advice, declined: {:?}",
        tally.classes, tally.methods, tally.patched, tally.declined
    );
    assert_eq!(tally.failures, Vec::<String>::new());
    assert!(tally.patched > 100_000 && tally.declined_in_all() < tally.methods / 1_000, "{tally:?}");

    let jdks = fixture::jdks_for("boot35");
    // Seconds each: the oldest and the newest.
    for jdk in jdks.iter().take(1).chain(jdks.iter().skip(1).next_back()) {
        let ((expected, expected_traces), (found, traces)) =
            (answers(jdk, &verifier, &plain), answers(jdk, &verifier, &advised));
        for ((path, expected), found) in REQUESTS.iter().zip(&expected).zip(&found) {
            assert_eq!(found, expected, "{path}, JDK {}", jdk.feature);
        }
        assert!(expected_traces.len() > 100, "{}", expected_traces.len());
        assert_eq!(traces, expected_traces, "JDK {}", jdk.feature);
    }
}
