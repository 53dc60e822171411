//! A Spring Boot application on Tomcat, with JDBC, HTTP clients and work on other threads: one true trace a request.

use anyhow::{Result, ensure};
use otelrs_jvm_tests::expected::Expected;
use otelrs_jvm_tests::traced::{Launch, Traced};
use otelrs_test_support::fixture::jdks_for;
use otelrs_viewer::tree::{TreeOptions, render_tree};

/// What each request of the expectation file gives, on every JDK that the fixture is for.
fn every_request_gives_its_tree(fixture: &str) -> Result<()> {
    let expected = Expected::read("spring-boot")?;
    for jdk in jdks_for(fixture) {
        let mut application = Traced::start(&jdk, fixture, &Launch::default())?;
        let port = application.process().port().to_string();
        let mut sent = Vec::new();
        for request in expected.requests() {
            // Virtual threads are there from 21 on.
            if jdk.feature < 21 && request == "/virtual" {
                continue;
            }
            let answer = application.get(&request)?;
            sent.push((request, answer.trace_id));
        }
        let (ended, traces) = application.stop()?;
        ensure!(ended.status.code() == Some(143), "{fixture} on {}: {ended:?}", jdk.feature);
        let options = TreeOptions::default()
            .mask_text(&port, "<port>")
            .mask("network.peer.port", "<peer>")
            .mask("exception.stacktrace", "<frames>")
            .hide(&["user_agent.original"])
            .with_scope();
        let received: Vec<(String, String)> = sent
            .into_iter()
            .map(|(request, id)| {
                let tree = traces.iter().find(|trace| trace.trace_id == id);
                (request, tree.map_or_else(|| "nothing".to_owned(), |trace| render_tree(trace, &options)))
            })
            .collect();
        expected.compare(&format!("{fixture} on JDK {}", jdk.feature), &received)?;
    }
    Ok(())
}

#[test]
fn spring_boot_2_7_with_javax_servlet() -> Result<()> {
    every_request_gives_its_tree("boot27")
}

#[test]
fn spring_boot_3_5_with_jakarta_servlet() -> Result<()> {
    every_request_gives_its_tree("boot35")
}

#[test]
fn spring_boot_4() -> Result<()> {
    every_request_gives_its_tree("boot4")
}
