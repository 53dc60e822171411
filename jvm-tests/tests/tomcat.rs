//! Plain embedded Tomcat with javax.servlet: routes from servlet mappings, asynchronous requests, forwards, failures.

use anyhow::Result;
use otelrs_jvm_tests::expected::Expected;
use otelrs_jvm_tests::proxies::understands_headers_of_proxies;
use otelrs_jvm_tests::traced::{Launch, Traced};
use otelrs_test_support::fixture::jdks_for;

#[test]
fn every_servlet_mapping_gives_its_route() -> Result<()> {
    gives_the_trees_of("tomcat")
}

/// What is remembered of a servlet's mappings ends with each change.
#[test]
fn a_mapping_that_comes_while_requests_are_served_gives_its_route() -> Result<()> {
    gives_the_trees_of("tomcat-growing")
}

fn gives_the_trees_of(file: &str) -> Result<()> {
    let expected = Expected::read(file)?;
    for jdk in jdks_for("tomcat-plain") {
        let tomcat = Traced::start(&jdk, "tomcat-plain", &Launch::default())?;
        let hidden = ["user_agent.original", "client.*", "network.*", "server.*", "url.scheme"];
        expected.check(&format!("{file} on JDK {}", jdk.feature), tomcat, &[], |tree| tree.hide(&hidden))?;
    }
    Ok(())
}

#[test]
fn headers_of_proxies_and_baggage_are_understood() -> Result<()> {
    understands_headers_of_proxies("tomcat-plain")
}
