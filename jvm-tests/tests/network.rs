//! The JVM's own network properties hold for the exporter too.

use anyhow::{Result, ensure};
use otelrs_jvm_tests::traced::agent_argument;
use otelrs_test_support::fixture::{FixtureProcess, QUICK_JVM, jdks_for};
use otelrs_test_support::paths;
use otelrs_viewer::receiver::{Receiver, ReceiverOptions};
use otelrs_viewer::span::Trace;

/// Traces that reach a receiver which stands where the JVM's proxy should be.
fn traces_through_proxy(non_proxy_hosts: &str) -> Result<Vec<Trace>> {
    let Some(jdk) = jdks_for("tomcat-plain").into_iter().next() else { return Ok(Vec::new()) };
    let receiver = Receiver::start(ReceiverOptions::free_ports())?;
    let endpoint = receiver.http_endpoint();
    let port = endpoint.rsplit(':').next().unwrap_or_default();
    let proxy_port = format!("-Dhttp.proxyPort={port}");
    let non_proxy_hosts = format!("-Dhttp.nonProxyHosts={non_proxy_hosts}");
    let agent = agent_argument("otel.exporter.otlp.endpoint=http://collector.invalid:4318");
    let jvm =
        [QUICK_JVM[0], QUICK_JVM[1], "-Dhttp.proxyHost=127.0.0.1", &proxy_port, &non_proxy_hosts, &agent];
    let process = FixtureProcess::start(&jdk, &paths::fixture_jar("tomcat-plain"), &jvm, &[], &[])?;
    process.get("/ctx/exact")?;
    process.stop()?;
    Ok(receiver.shutdown().traces())
}

#[test]
fn the_jvms_http_proxy_is_used() -> Result<()> {
    if jdks_for("tomcat-plain").is_empty() {
        return Ok(());
    }
    let traces = traces_through_proxy("localhost")?;
    ensure!(traces.len() == 1, "{} traces came through the proxy", traces.len());
    Ok(())
}

#[test]
fn hosts_that_the_jvm_excepts_are_reached_directly() -> Result<()> {
    let traces = traces_through_proxy("*.invalid")?;
    ensure!(traces.is_empty(), "a host that is excepted went through the proxy");
    Ok(())
}
