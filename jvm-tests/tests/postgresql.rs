//! JDBC on a real PostgreSQL server, through HikariCP: one span a query, its address from the URL.

use anyhow::{Result, ensure};
use otelrs_jvm_tests::expected::Expected;
use otelrs_jvm_tests::traced::{Launch, Traced};
use otelrs_test_support::fixture::jdks_for;
use otelrs_test_support::{Unavailable, postgres};

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
    let application = Traced::start(&jdk, FIXTURE, &launch)?;
    let expected = Expected::read("postgresql")?;
    let hidden = ["client.address", "network.*", "url.*", "user_agent.original"];
    let traces = expected.check(&format!("JDK {}", jdk.feature), application, &[], |tree| {
        tree.mask_text(&database.port().to_string(), "<database port>").hide(&hidden).with_scope()
    })?;
    ensure!(traces == expected.requests().len(), "the pool's own statements gave traces");
    Ok(())
}
