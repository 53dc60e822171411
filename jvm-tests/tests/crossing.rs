//! Many requests at once through shared pools: every span in the trace of its own request, none in a stranger's.

use std::collections::HashMap;
use std::sync::Mutex;
use std::thread;

use anyhow::{Result, ensure};
use otelrs_jvm_tests::traced::{Launch, Traced};
use otelrs_test_support::fixture::jdks_for;
use otelrs_test_support::http;
use otelrs_viewer::span::{Kind, Trace};

/// Requests whose work runs on other threads, and how many queries each makes.
const REQUESTS: &[(&str, usize)] = &[
    ("/fanout", 3),
    ("/execute", 1),
    ("/async/1", 1),
    ("/async-callable/1", 1),
    ("/completable", 2),
    ("/completable-pool", 3),
    ("/forkjoin", 3),
    ("/schedule", 1),
    ("/orders/1", 1),
];

const CLIENTS: u64 = 8;
const ROUNDS: u64 = 6;

#[test]
fn concurrent_requests_never_cross() -> Result<()> {
    requests_never_cross("boot35", &[], 17)
}

#[test]
fn nor_on_jetty() -> Result<()> {
    requests_never_cross("boot35-jetty", &[], 17)
}

#[test]
fn nor_on_jetty_with_virtual_threads() -> Result<()> {
    requests_never_cross("boot35-jetty", &["--spring.threads.virtual.enabled=true"], 21)
}

fn requests_never_cross(fixture: &str, program: &[&str], first_feature: u16) -> Result<()> {
    for jdk in jdks_for(fixture).into_iter().filter(|jdk| jdk.feature >= first_feature) {
        let application = Traced::start(&jdk, fixture, &Launch { program, ..Launch::default() })?;
        let port = application.process().port();
        let sent: Mutex<HashMap<String, (&str, usize)>> = Mutex::default();
        thread::scope(|scope| {
            for client in 0..CLIENTS {
                let sent = &sent;
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        for (index, request) in REQUESTS.iter().enumerate() {
                            let trace = format!("{:08x}{round:08x}{index:016x}", client + 1);
                            let parent = format!("00-{trace}-00000000000000aa-01");
                            let answer = http::get(port, request.0, &[("traceparent", &parent)]);
                            if answer.is_ok_and(|answer| answer.status == 200)
                                && let Ok(mut sent) = sent.lock()
                            {
                                sent.insert(trace, *request);
                            }
                        }
                    }
                });
            }
        });
        let (_, traces) = application.stop()?;
        let sent = sent.into_inner().unwrap_or_default();
        let expected = CLIENTS * ROUNDS * REQUESTS.len() as u64;
        ensure!(sent.len() as u64 == expected, "{} of {expected} requests were answered", sent.len());
        for (id, (request, queries)) in &sent {
            let trace = traces.iter().find(|trace| trace.trace_id.to_string() == *id);
            let Some(trace) = trace else { anyhow::bail!("JDK {}: no trace of {request}", jdk.feature) };
            is_whole(trace, *queries)
                .map_err(|error| error.context(format!("JDK {}, {request}, trace {id}", jdk.feature)))?;
        }
        ensure!(traces.len() == sent.len(), "{} traces of {} requests", traces.len(), sent.len());
    }
    Ok(())
}

/// One SERVER span, and the queries right below it.
fn is_whole(trace: &Trace, queries: usize) -> Result<()> {
    let servers: Vec<_> = trace.spans.iter().filter(|span| span.kind == Kind::Server).collect();
    ensure!(servers.len() == 1, "{} SERVER spans", servers.len());
    let below = trace.spans.iter().filter(|span| span.parent_span_id == Some(servers[0].span_id)).count();
    ensure!(
        below == queries && trace.spans.len() == queries + 1,
        "{} spans, {below} below the request",
        trace.spans.len()
    );
    Ok(())
}
