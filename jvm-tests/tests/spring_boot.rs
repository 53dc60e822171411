//! A Spring Boot application on Tomcat, with JDBC, HTTP clients and work on other threads: one true trace a request.

use anyhow::Result;
use otelrs_jvm_tests::expected::Expected;
use otelrs_jvm_tests::traced::{Launch, Traced};
use otelrs_test_support::fixture::jdks_for;

/// What each request of the expectation file gives, on every JDK that the fixture is for.
fn every_request_gives_its_tree(fixture: &str) -> Result<()> {
    let expected = Expected::read("spring-boot")?;
    for jdk in jdks_for(fixture) {
        let application = Traced::start(&jdk, fixture, &Launch::default())?;
        // Virtual threads are there from 21 on.
        let skip: &[&str] = if jdk.feature < 21 { &["/virtual"] } else { &[] };
        let context = format!("{fixture} on JDK {}", jdk.feature);
        expected
            .check(&context, application, skip, |tree| tree.hide(&["user_agent.original"]).with_scope())?;
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
