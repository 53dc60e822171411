//! The fixtures by themselves, with no agent: each starts, answers and ends on each JDK that it is for. What the tests
//! under the agent compare with.

#![allow(clippy::unwrap_used)] // helpers of tests, too, end a test by a panic

use otelrs_test_support::fixture::{self, QUICK_JVM, jdks_for};
use otelrs_test_support::{Child, FixtureProcess, paths, postgres};

fn start(name: &str, jdk: &otelrs_test_support::Jdk, arguments: &[&str]) -> FixtureProcess {
    FixtureProcess::start(jdk, &paths::fixture_jar(name), &QUICK_JVM, &[], arguments).unwrap()
}

fn answers(fixture: &FixtureProcess, expected: &[(&str, u16, &str)]) {
    for (path, status, body) in expected {
        let response = fixture.get(path).unwrap();
        assert_eq!(response.status, *status, "{path}: {response:?}");
        assert!(response.body.starts_with(body), "{path}: {response:?}");
    }
}

/// The same sources on every Spring Boot. An empty body is not looked at.
const BOOT: [(&str, u16, &str); 29] = [
    ("/hello", 200, "hello"),
    ("/orders/1", 200, "tea"),
    ("/orders/99", 200, "none"),
    ("/statement", 200, "rice"),
    ("/batch", 200, "3"),
    ("/batch-statement", 200, "2"),
    ("/callable", 200, "42"),
    ("/database-error", 500, ""),
    ("/fail", 500, ""),
    ("/status/418", 418, "status 418"),
    ("/missing", 404, ""),
    ("/plain/abc", 200, "plain /abc"),
    ("/call/1", 200, "tea"),
    ("/call-async/2", 200, "rice"),
    ("/call-urlconnection/3", 200, "salt"),
    ("/call-status/404", 200, "404"),
    ("/call-headers", 200, "traceparent=null tracestate=null baggage=null"),
    ("/fanout", 200, "tea,rice,salt"),
    ("/execute", 200, "tea"),
    ("/async/1", 200, "tea"),
    ("/async-callable/2", 200, "rice"),
    ("/async-fail", 500, ""),
    ("/completable", 200, "tea,rice"),
    ("/completable-pool", 200, "tea,rice,salt"),
    ("/forkjoin", 200, "tea,rice,salt"),
    ("/parallel-stream", 200, "3"),
    ("/schedule", 200, "salt"),
    ("/thread", 200, "rice"),
    ("/headers", 200, "traceparent="),
];

fn boot_answers(name: &str) {
    for jdk in jdks_for(name) {
        let fixture = start(name, &jdk, &["--server.port=0"]);
        answers(&fixture, &BOOT);
        let virtual_threads = if jdk.feature >= 21 { (200, "tea") } else { (501, "no virtual threads") };
        answers(&fixture, &[("/virtual", virtual_threads.0, virtual_threads.1)]);
        let ended = fixture.stop().unwrap();
        assert_eq!(ended.status.code(), Some(143), "{ended:?}");
    }
}

#[test]
fn spring_boot_27_answers() {
    boot_answers("boot27");
}

#[test]
fn spring_boot_35_answers() {
    boot_answers("boot35");
}

#[test]
fn spring_boot_4_answers() {
    boot_answers("boot4");
}

#[test]
fn spring_boot_35_answers_from_postgresql() {
    let Some(jdk) = jdks_for("boot35").pop() else { return };
    let server = match postgres::Server::start() {
        Ok(server) => server,
        Err(failure) if failure.is::<otelrs_test_support::Unavailable>() => {
            eprintln!("skipped: {failure}");
            return;
        }
        Err(failure) => panic!("{failure:?}"),
    };
    let [url, user] = server.spring_arguments();
    let fixture = start("boot35", &jdk, &["--server.port=0", &url, &user]);
    answers(
        &fixture,
        &[
            ("/orders/2", 200, "rice"),
            ("/statement", 200, "rice"),
            ("/batch", 200, "3"),
            ("/batch-statement", 200, "2"),
            ("/callable", 200, "42"),
            ("/database-error", 500, ""),
        ],
    );
}

/// The same servlets on every plain server.
const PLAIN: [(&str, u16, &str); 10] = [
    ("/ctx/exact", 200, "exact"),
    ("/ctx/p/x", 200, "prefix /x"),
    ("/ctx/a.do", 200, "suffix /a.do"),
    ("/ctx/other", 200, "default /other"),
    ("/ctx/fail", 500, ""),
    ("/ctx/forward", 200, "exact"),
    ("/ctx/include", 200, "including exact"),
    ("/ctx/async-complete", 200, "completed"),
    ("/ctx/async-dispatch", 200, "exact"),
    ("/ctx/async-timeout", 500, ""),
];

fn plain_answers(name: &str) {
    for jdk in jdks_for(name) {
        let fixture = start(name, &jdk, &[]);
        answers(&fixture, &PLAIN);
        assert_eq!(fixture.stop().unwrap().status.code(), Some(143));
    }
}

#[test]
fn plain_tomcat_answers() {
    plain_answers("tomcat-plain");
}

#[test]
fn plain_jetty_answers() {
    plain_answers("jetty-plain");
}

#[test]
fn spring_boot_35_on_jetty_answers() {
    boot_answers("boot35-jetty");
}

#[test]
fn hello_says_hello() {
    for jdk in jdks_for("hello") {
        let jar = paths::fixture_jar("hello");
        let mut command = fixture::java(&jdk, &jar, &QUICK_JVM, &[], &["world", "--exit=3"]).unwrap();
        let ended = Child::start("hello", &mut command).unwrap().wait_to_end().unwrap();
        assert_eq!((ended.status.code(), ended.stdout.as_str()), (Some(3), "hello world\n"), "{ended:?}");
        assert_eq!(ended.stderr, "");
    }
}
