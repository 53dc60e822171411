//! Spring's and the Servlet API's own ways of running work elsewhere: every read below the request that asked for it,
//! with Tomcat and Jetty on platform threads and on virtual ones.

use anyhow::{Result, ensure};
use otelrs_jvm_tests::expected::Expected;
use otelrs_jvm_tests::traced::{Launch, Traced};
use otelrs_test_support::fixture::jdks_for;

const VIRTUAL_THREADS: &str = "--spring.threads.virtual.enabled=true";

/// Traces that are not a request's: the tick of `/scheduled`, and the later two runs of `/task-scheduler-fixed-rate`.
const ROOTS_OF_THEIR_OWN: usize = 3;

fn every_read_is_below_its_request(fixture: &str, program: &[&str], first_feature: u16) -> Result<()> {
    let expected = Expected::read("spring-async")?;
    for jdk in jdks_for(fixture).into_iter().filter(|jdk| jdk.feature >= first_feature) {
        let context = format!("{fixture} {program:?} on JDK {}", jdk.feature);
        let application = Traced::start(&jdk, fixture, &Launch { program, ..Launch::default() })?;
        let traces = expected.check(&context, application, &[], |tree| tree.only(&["error.type"]))?;
        let requests = expected.requests().len();
        ensure!(traces == requests + ROOTS_OF_THEIR_OWN, "{context}: {traces} traces of {requests} requests");
    }
    Ok(())
}

#[test]
fn on_spring_boot_2_7() -> Result<()> {
    every_read_is_below_its_request("boot27", &[], 11)
}

#[test]
fn on_spring_boot_3_5() -> Result<()> {
    every_read_is_below_its_request("boot35", &[], 17)
}

#[test]
fn on_spring_boot_4() -> Result<()> {
    every_read_is_below_its_request("boot4", &[], 17)
}

#[test]
fn on_jetty() -> Result<()> {
    every_read_is_below_its_request("boot35-jetty", &[], 17)
}

#[test]
fn with_jetty_on_virtual_threads() -> Result<()> {
    every_read_is_below_its_request("boot35-jetty", &[VIRTUAL_THREADS], 21)
}

#[test]
fn with_tomcat_on_virtual_threads() -> Result<()> {
    every_read_is_below_its_request("boot35", &[VIRTUAL_THREADS], 21)?;
    every_read_is_below_its_request("boot4", &[VIRTUAL_THREADS], 21)
}
