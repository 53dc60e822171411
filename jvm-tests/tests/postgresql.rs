//! JDBC on a real PostgreSQL server, through HikariCP: one span a query, its address from the URL.

use anyhow::{Result, ensure};
use otelrs_jvm_tests::expected::Expected;
use otelrs_jvm_tests::traced::{Launch, Traced};
use otelrs_test_support::fixture::jdks_for;
use otelrs_test_support::{Unavailable, postgres};
use otelrs_viewer::tree::{TreeOptions, render_tree};

const FIXTURE: &str = "boot35";

#[test]
fn every_kind_of_statement_is_one_span_with_the_servers_address() -> Result<()> {
    let database = match postgres::Server::start() {
        Ok(database) => database,
        Err(failure) if failure.is::<Unavailable>() => {
            eprintln!("skipped: {failure}");
            return Ok(());
        }
        Err(failure) => return Err(failure),
    };
    let Some(jdk) = jdks_for(FIXTURE).pop() else { return Ok(()) };
    let arguments = database.spring_arguments();
    let launch = Launch { program: &arguments.each_ref().map(String::as_str), ..Launch::default() };
    let mut application = Traced::start(&jdk, FIXTURE, &launch)?;

    let expected = Expected::read("postgresql")?;
    let mut sent = Vec::new();
    for request in expected.requests() {
        let answer = application.get(&request)?;
        sent.push((request, answer.trace_id));
    }
    let port = application.process().port().to_string();
    let (ended, traces) = application.stop()?;
    ensure!(ended.status.code() == Some(143), "{ended:?}");

    let options = TreeOptions::default()
        .mask_text(&port, "<port>")
        .mask_text(&database.port().to_string(), "<database port>")
        .mask("exception.stacktrace", "<frames>")
        .hide(&["client.address", "network.*", "url.*", "user_agent.original"])
        .with_scope();
    let received: Vec<(String, String)> = sent
        .into_iter()
        .map(|(request, id)| {
            let trace = traces.iter().find(|trace| trace.trace_id == id);
            (request, trace.map_or_else(|| "nothing".to_owned(), |trace| render_tree(trace, &options)))
        })
        .collect();
    expected.compare(&format!("JDK {}", jdk.feature), &received)?;
    ensure!(traces.len() == received.len(), "the pool's own statements gave traces: {traces:#?}");
    Ok(())
}
