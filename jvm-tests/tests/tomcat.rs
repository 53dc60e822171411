//! Plain embedded Tomcat with javax.servlet: routes from servlet mappings, asynchronous requests, forwards, failures.

use anyhow::{Result, ensure};
use otelrs_jvm_tests::expected::Expected;
use otelrs_jvm_tests::traced::{Launch, Traced};
use otelrs_test_support::fixture::jdks_for;

#[test]
fn every_servlet_mapping_gives_its_route() -> Result<()> {
    let expected = Expected::read("tomcat")?;
    for jdk in jdks_for("tomcat-plain") {
        let tomcat = Traced::start(&jdk, "tomcat-plain", &Launch::default())?;
        let hidden = ["user_agent.original", "client.*", "network.*", "server.*", "url.scheme"];
        expected.check(&format!("Tomcat on JDK {}", jdk.feature), tomcat, &[], |tree| tree.hide(&hidden))?;
    }
    Ok(())
}

/// What a request says of its sender and of the address it was sent to.
#[test]
fn headers_of_proxies_and_baggage_are_understood() -> Result<()> {
    for jdk in jdks_for("tomcat-plain") {
        let mut tomcat = Traced::start(&jdk, "tomcat-plain", &Launch::default())?;
        let sent = tomcat.get_with(
            "/ctx/exact?user=7&sig=secret",
            &[
                ("X-Forwarded-For", "203.0.113.9, 10.0.0.1"),
                ("X-Forwarded-Proto", "https"),
                ("X-Forwarded-Host", "shop.example"),
                ("User-Agent", "probe/1"),
                ("tracestate", "vendor=1"),
            ],
        )?;
        let (_, traces) = tomcat.stop()?;
        let Some(trace) = traces.iter().find(|trace| trace.trace_id == sent.trace_id) else {
            anyhow::bail!("no trace among {}", traces.len());
        };
        let span = &trace.spans[0];
        for (key, value) in [
            ("client.address", "203.0.113.9"),
            ("url.scheme", "https"),
            ("server.address", "shop.example"),
            ("user_agent.original", "probe/1"),
            ("url.query", "user=7&sig=REDACTED"),
        ] {
            let found = span.attributes.get(key).map(ToString::to_string);
            ensure!(found.as_deref() == Some(value), "{key}: {found:?}");
        }
        ensure!(span.trace_state == "vendor=1", "{:?}", span.trace_state);
        ensure!(span.has_remote_parent(), "the parent came over the wire");
    }
    Ok(())
}
