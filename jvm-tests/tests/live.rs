//! `otelrs attach` and `otelrs detach` on JVMs that serve requests meanwhile.

use std::fs;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, ensure};
use otelrs_jvm_tests::classes::Classes;
use otelrs_jvm_tests::expected::Expected;
use otelrs_jvm_tests::load::Load;
use otelrs_jvm_tests::process::Snapshot;
use otelrs_jvm_tests::program::{clean_command, java, own_lines, run};
use otelrs_jvm_tests::served::Served;
use otelrs_jvm_tests::traced::{Launch, Traced, spring_boot_for};
use otelrs_jvm_tests::wait;
use otelrs_test_support::fixture::jdks_for;
use otelrs_test_support::jdk::{self, Jdk};
use otelrs_test_support::operator::{attach, detach};
use otelrs_test_support::{http, paths, safepoints};
use otelrs_viewer::receiver::{Receiver, ReceiverOptions};
use otelrs_viewer::span::{Trace, TraceId};
use tempfile::TempDir;

#[test]
fn attached_under_load_it_gives_the_same_traces_and_no_request_fails() -> Result<()> {
    let expected = Expected::read("spring-boot")?;
    for jdk in jdk::found() {
        let fixture = spring_boot_for(&jdk);
        let context = format!("{fixture} on JDK {}", jdk.feature);
        let folder = TempDir::new()?;
        let log = folder.path().join("safepoints");
        let logging = format!("-Xlog:{}:file={}", safepoints::LOGGING, log.display());
        let launch = Launch { later: true, jvm: &[&logging], ..Launch::default() };
        let application = Traced::start(&jdk, fixture, &launch)?;
        let load = Load::start(application.process().port(), &["/orders/1", "/statement", "/call/1"]);
        load.wait_for(100)?;
        let pauses = || -> Result<Vec<f64>> {
            let all = safepoints::read(&fs::read_to_string(&log)?);
            let redefinitions = all.iter().filter(|safepoint| safepoint.operation == "RedefineClasses");
            Ok(redefinitions.map(|safepoint| safepoint.milliseconds).collect())
        };
        ensure!(pauses()?.is_empty(), "{context}");
        application.attach().context(context.clone())?;
        // The JVM answers from within the operation, and writes what it took when that is over.
        wait::until("the safepoint is in the log", || Ok(!pauses()?.is_empty()))?;
        let pauses = pauses()?;
        load.wait_for(100)?;
        let answered = load.stop().context(context.clone())?;
        let skip: &[&str] = if jdk.feature < 21 { &["/virtual"] } else { &[] };
        expected
            .check(&context, application, skip, |tree| tree.hide(&["user_agent.original"]).with_scope())?;
        println!("{context}: attached in safepoints of {pauses:.1?} ms; {answered} requests, none failed");
        ensure!(pauses.len() == 1, "{context}: {pauses:?}");
    }
    Ok(())
}

/// A server whose requests can be held back.
fn operated(classes: &Classes, jdk: &Jdk) -> Result<Served> {
    let path = format!("{}:{}", classes.path().display(), paths::fixture_jar("tomcat-plain").display());
    Served::start(&mut java(jdk, &["-cp", &path, "fixture.Operated"], &[]))
}

/// Starts a request that is held, does the work, lets the request go on.
fn with_a_request_in_flight(server: &Served, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let port = server.port;
    thread::scope(|scope| {
        let held = scope.spawn(move || http::get(port, "/ctx/hold", &[]));
        wait::until("a request is held", || Ok(http::get(port, "/ctx/held", &[])?.body == "1"))?;
        work()?;
        http::get(port, "/ctx/release", &[])?;
        let answer = held.join().map_err(|_| anyhow::anyhow!("the client panicked"))??;
        ensure!((answer.status, answer.body.as_str()) == (200, "released"), "{answer:?}");
        Ok(())
    })
}

/// Sends a request in a trace of this number.
fn exact(server: &Served, number: u64) -> Result<()> {
    let answer = server.get("/ctx/exact", number)?;
    ensure!((answer.status, answer.body.as_str()) == (200, "exact"), "{answer:?}");
    Ok(())
}

/// The service of the one span of a trace; none when nothing was received of it.
fn service_of(traces: &[Trace], number: u64) -> Option<String> {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    let trace = traces.iter().find(|trace| trace.trace_id == TraceId(id))?;
    match trace.spans.as_slice() {
        [span] if span.name == "GET /ctx/exact" => Some(span.service().to_owned()),
        _ => Some(format!("{:?}", trace.spans)),
    }
}

#[test]
fn attached_detached_and_attached_again_under_load_no_request_fails() -> Result<()> {
    let classes = Classes::of_fixtures(
        &["Operated", "Answers"],
        &paths::fixture_jar("tomcat-plain").display().to_string(),
    )?;
    for jdk in jdk::found() {
        let context = format!("JDK {}", jdk.feature);
        let receiver = Receiver::start(ReceiverOptions::free_ports())?;
        let options = |service: &str| {
            vec![
                format!("otel.exporter.otlp.endpoint={}", receiver.http_endpoint()),
                format!("otel.service.name={service}"),
            ]
        };
        let server = operated(&classes, &jdk)?;
        let id = server.child.id();
        let load = Load::start(server.port, &["/ctx/exact"]);
        load.wait_for(50)?;
        let threads = || Snapshot::of(id).map(|seen| seen.threads);
        ensure!(!threads()?.contains(&"otelrs".to_owned()), "{context}");

        with_a_request_in_flight(&server, || attach(id, &options("first"))).context(context.clone())?;
        exact(&server, 1)?;
        with_a_request_in_flight(&server, || detach(id)).context(context.clone())?;
        exact(&server, 2)?;
        wait::until("the agent's thread has ended", || Ok(!threads()?.contains(&"otelrs".to_owned())))?;

        with_a_request_in_flight(&server, || attach(id, &options("second"))).context(context.clone())?;
        exact(&server, 3)?;
        detach(id)?;
        load.wait_for(50)?;
        exact(&server, 4)?;
        load.stop().context(context.clone())?;

        let ended = server.stop()?;
        let traces = receiver.shutdown().traces();
        let services: Vec<Option<String>> = (1..=4).map(|number| service_of(&traces, number)).collect();
        let expected = [Some("first"), None, Some("second"), None].map(|name| name.map(str::to_owned));
        ensure!(services == expected, "{context}: {services:?} {ended:?}");
        ensure!(ended.stdout == "READY <port>\n", "{context}: {ended:?}");
        ensure!(own_lines(&ended.stderr).is_empty(), "{context}: {ended:?}");
    }
    Ok(())
}

/// Nobody tells the agent of it.
#[test]
fn a_mapping_that_comes_while_detached_gives_its_route_after_the_next_attachment() -> Result<()> {
    for jdk in jdks_for("tomcat-plain") {
        let context = format!("JDK {}", jdk.feature);
        let launch = Launch { later: true, ..Launch::default() };
        let mut tomcat = Traced::start(&jdk, "tomcat-plain", &launch)?;
        tomcat.attach().context(context.clone())?;
        tomcat.get("/ctx/grow")?;
        tomcat.get("/ctx/grown")?;
        detach(tomcat.process().id())?;
        tomcat.get("/ctx/grow?pattern=/meanwhile")?;
        tomcat.attach().context(context.clone())?;
        let sent = tomcat.get("/ctx/meanwhile")?;
        let (_, traces) = tomcat.stop()?;
        let trace = traces.iter().find(|trace| trace.trace_id == sent.trace_id).context("no trace")?;
        let names: Vec<&str> = trace.spans.iter().map(|span| span.name.as_str()).collect();
        ensure!(names == ["GET /ctx/meanwhile"], "{context}: {names:?}");
    }
    Ok(())
}

const ADAPTER: &str = "org.apache.catalina.connector.CoyoteAdapter";

/// The members and the code of a class as they are in a running JVM's memory, without positions in the constant pool: what
/// the JDK's own debugger (jhsdb) reads there, by way of javap.
fn code_in_memory(jdk: &Jdk, id: u32, class: &str) -> Result<String> {
    let folder = TempDir::new()?;
    let script = folder.path().join("script");
    fs::write(&script, format!("dumpclass {class} {}\nquit\n", folder.path().display()))?;
    let dumped = run(Command::new("sh").env_remove("JAVA_TOOL_OPTIONS").args([
        "-c",
        "exec \"$1\" clhsdb --pid \"$2\" < \"$3\"",
        "sh",
        &jdk.home.join("bin/jhsdb").display().to_string(),
        &id.to_string(),
        &script.display().to_string(),
    ]))?;
    let file = folder.path().join(class.replace('.', "/")).with_extension("class");
    ensure!(file.is_file(), "{dumped:?}");
    let javap = run(clean_command(&jdk.home.join("bin/javap")).args(["-c", "-p"]).arg(&file))?;
    ensure!(javap.status.success(), "{javap:?}");
    let without_positions = |line: &str| {
        line.split_whitespace().filter(|word| !word.starts_with('#')).collect::<Vec<_>>().join(" ")
    };
    Ok(javap.stdout.lines().map(without_positions).collect::<Vec<_>>().join("\n"))
}

#[test]
fn after_detaching_the_code_in_memory_is_that_of_before() -> Result<()> {
    let classes = Classes::of_fixtures(
        &["Operated", "Answers"],
        &paths::fixture_jar("tomcat-plain").display().to_string(),
    )?;
    for jdk in jdk::found() {
        if !jdk.home.join("bin/jhsdb").is_file() || !jdk.has_javac {
            eprintln!("skipped: JDK {} has no debugger to look into a JVM's memory with", jdk.feature);
            continue;
        }
        let server = operated(&classes, &jdk)?;
        let id = server.child.id();
        let code = || code_in_memory(&jdk, id, ADAPTER);
        exact(&server, 1)?;
        let before = code()?;
        attach(id, &["otel.traces.exporter=none".to_owned()])?;
        exact(&server, 2)?;
        let spliced = code()?;
        detach(id)?;
        let after = code()?;
        let ours = |code: &str| code.matches("Otelrs").count();
        ensure!(ours(&before) == 0 && ours(&spliced) > 0, "JDK {}: {before}\n{spliced}", jdk.feature);
        ensure!(before.contains("invokevirtual"), "JDK {}: {before}", jdk.feature);
        ensure!(after == before, "JDK {}: {before}\nbecame\n{after}", jdk.feature);
        server.stop()?;
    }
    Ok(())
}
