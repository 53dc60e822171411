//! Findings from a real application under the agent: what causes each is found, what nearly does is not.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use otelrs_jvm_tests::traced::{Launch, Traced};
use otelrs_test_support::fixture::jdks_for;
use otelrs_viewer::findings::Finding;
use otelrs_viewer::span::Trace;
use otelrs_viewer::tree::{TreeOptions, render_tree};

const FIXTURE: &str = "boot35";
const PATIENCE: Duration = Duration::from_secs(60);

/// What looks much like a finding comes first: it has settled when what is one has.
const REQUESTS: [&str; 4] =
    ["/trouble/all-at-once", "/trouble/slow-query", "/trouble/one-by-one", "/trouble/hidden"];

#[test]
fn an_application_is_told_what_is_wrong_with_it_and_nothing_else() -> Result<()> {
    let Some(jdk) = jdks_for(FIXTURE).pop() else { return Ok(()) };
    // Two thirds of what the application sleeps: a busy machine does not hide that much elsewhere.
    let thresholds =
        ["settle=1s", "missing-parent-wait=1s", "missing-parent-remote=true", "unaccounted-time=2s"];
    let mut application =
        Traced::start(&jdk, FIXTURE, &Launch { thresholds: &thresholds, ..Launch::default() })?;
    // The first request of each kind loads classes, which is hidden time as well.
    for path in REQUESTS {
        application.process().get(path)?;
    }
    // A request's own span ends last, and may come with a later batch than what is below it.
    let is_whole = |trace: &Trace| trace.spans.iter().any(|span| span.parent_span_id.is_none());
    application.wait(|traces| traces.len() == REQUESTS.len() && traces.iter().all(is_whole))?;
    application.receiver().store().clear();

    for path in REQUESTS {
        application.process().get(path)?;
    }
    // Its caller, which is this test, sends no span.
    application.get("/orders/1")?;
    let expected = [
        "missing-parent | GET /orders/{id} | GET /orders/{id} | 1",
        "unaccounted-time | GET /trouble/hidden | GET /trouble/hidden | 1",
        "repeated-query | GET /trouble/one-by-one | SELECT orders | 1",
    ];
    let findings = wait_for(&application, expected.len())?;
    let shown: Vec<String> = findings.iter().map(shown).collect();
    let traces = application.receiver().store().traces();
    let trees: String = traces.iter().map(|trace| render_tree(trace, &TreeOptions::default())).collect();
    ensure!(shown == expected, "{shown:#?}\n{trees}");

    for finding in &findings {
        let evidence = &finding.evidence[0];
        let trace = traces.iter().find(|trace| trace.trace_id == evidence.trace_id);
        let span = trace.and_then(|trace| trace.spans.iter().find(|span| span.span_id == evidence.span_id));
        ensure!(span.is_some_and(|span| Some(&span.name) == finding.route.as_ref()), "{finding:?}");
    }
    ensure!(findings[1].measure.total >= 3_000_000_000, "{:?}", findings[1]);
    ensure!(findings[1].evidence[0].note.ends_with("before SELECT orders"), "{:?}", findings[1]);
    ensure!(findings[2].sentence == "GET /trouble/one-by-one runs SELECT orders 12 times one by one.");
    Ok(())
}

fn shown(finding: &Finding) -> String {
    let route = finding.route.as_deref().unwrap_or("-");
    format!("{} | {route} | {} | {}", finding.kind, finding.subject, finding.count)
}

/// The findings, once there are so many or the time is over.
fn wait_for(application: &Traced, count: usize) -> Result<Vec<Finding>> {
    let started = Instant::now();
    loop {
        let findings = application.receiver().store().findings();
        if findings.len() >= count || started.elapsed() > PATIENCE {
            return Ok(findings);
        }
        thread::sleep(Duration::from_millis(50));
    }
}
