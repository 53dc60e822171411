//! What a request says of its sender and of the address it was sent to, whichever server receives it.

use anyhow::{Result, ensure};
use otelrs_test_support::fixture::jdks_for;

use crate::traced::{Launch, Traced};

/// Sends a request through proxies, as its headers say, to a plain server on each JDK that it is tested on.
///
/// # Errors
/// When its span does not tell the sender, the address that was asked for and the remote parent.
pub fn understands_headers_of_proxies(fixture: &str) -> Result<()> {
    for jdk in jdks_for(fixture) {
        let mut server = Traced::start(&jdk, fixture, &Launch::default())?;
        let sent = server.get_with(
            "/ctx/exact?user=7&sig=secret",
            &[
                ("X-Forwarded-For", "203.0.113.9, 10.0.0.1"),
                ("X-Forwarded-Proto", "https"),
                ("X-Forwarded-Host", "shop.example"),
                ("User-Agent", "probe/1"),
                ("tracestate", "vendor=1"),
            ],
        )?;
        let (_, traces) = server.stop()?;
        let Some(trace) = traces.iter().find(|trace| trace.trace_id == sent.trace_id) else {
            anyhow::bail!("no trace among {}", traces.len());
        };
        let [span] = &trace.spans[..] else { anyhow::bail!("{} spans", trace.spans.len()) };
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
