//! Jetty 12: the requests of plain Tomcat with the same trees, and on platform and on virtual threads.

use anyhow::Result;
use otelrs_jvm_tests::expected::Expected;
use otelrs_jvm_tests::proxies::understands_headers_of_proxies;
use otelrs_jvm_tests::traced::{Launch, Traced};
use otelrs_test_support::fixture::jdks_for;

/// The arguments that a fixture is run with on a JDK: as it is, and on virtual threads where there are any.
fn thread_kinds(feature: u16) -> &'static [&'static [&'static str]] {
    if feature >= 21 { &[&[], &["--virtual"]] } else { &[&[]] }
}

#[test]
fn every_servlet_mapping_gives_its_route() -> Result<()> {
    let expected = Expected::read("tomcat")?;
    for jdk in jdks_for("jetty-plain") {
        for program in thread_kinds(jdk.feature) {
            let jetty = Traced::start(&jdk, "jetty-plain", &Launch { program, ..Launch::default() })?;
            let hidden = ["user_agent.original", "client.*", "network.*", "server.*", "url.scheme"];
            let context = format!("Jetty {program:?} on JDK {}", jdk.feature);
            expected.check(&context, jetty, &[], |tree| tree.hide(&hidden))?;
        }
    }
    Ok(())
}

#[test]
fn headers_of_proxies_and_baggage_are_understood() -> Result<()> {
    understands_headers_of_proxies("jetty-plain")
}
