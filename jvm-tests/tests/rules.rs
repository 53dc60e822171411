//! Rule files in real JVMs: the whole of what a program under them sends, files that are wrong, a JVM that runs already.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use otelrs_jvm_tests::expected::Expected;
use otelrs_jvm_tests::program::{java, others_lines, own_lines, run};
use otelrs_jvm_tests::traced::{Launch, Traced, agent_argument};
use otelrs_test_support::child::Ended;
use otelrs_test_support::fixture::jdks_for;
use otelrs_test_support::jdk::Jdk;
use otelrs_test_support::operator::detach;
use otelrs_test_support::paths;
use otelrs_viewer::receiver::{Receiver, ReceiverOptions};
use otelrs_viewer::span::Trace;
use otelrs_viewer::tree::{TreeOptions, render_forest};

/// The fixture under the agent with these rule files; what it printed and what it sent.
fn under(jdk: &Jdk, files: &str) -> Result<(Ended, Vec<Trace>)> {
    let receiver = Receiver::start(ReceiverOptions::free_ports())?;
    let agent = agent_argument(&format!(
        "otel.exporter.otlp.endpoint={};otel.service.name=shop;otel.javaagent.debug=true;otel.instrumentation.rules.files={files}",
        receiver.http_endpoint(),
    ));
    let jar = paths::fixture_jar("rules");
    let jar = jar.to_str().context("the jar's path")?;
    let ended = run(&mut java(jdk, &[agent.as_str(), "-Xcheck:jni", "-Xverify:all", "-jar", jar], &[]))?;
    Ok((ended, receiver.shutdown().traces()))
}

/// The fixture without the agent.
fn alone(jdk: &Jdk) -> Result<Ended> {
    let jar = paths::fixture_jar("rules");
    run(&mut java(jdk, &[Path::new("-Xcheck:jni"), Path::new("-jar"), &jar], &[]))
}

fn rules() -> PathBuf {
    paths::workspace().join("java-fixtures/rules/rules.yaml")
}

fn forest(traces: &[Trace]) -> String {
    let options = TreeOptions::default().with_scope();
    // How deep a stack goes is the JVM's affair.
    render_forest(traces, &options.mask("exception.stacktrace", "<frames>").mask("depth", "<depth>"))
}

#[test]
fn a_program_sends_what_its_rules_say_and_runs_as_without_them() -> Result<()> {
    let expected = Expected::read("rules")?;
    for jdk in jdks_for("rules") {
        let (ended, traces) = under(&jdk, &rules().display().to_string())?;
        let without = alone(&jdk)?;
        let context = format!("JDK {}", jdk.feature);
        ensure!(ended.status.success() && ended.stdout == without.stdout, "{context}: {ended:?}");
        ensure!(others_lines(&ended.stderr) == others_lines(&without.stderr), "{context}: {}", ended.stderr);
        expected.compare(&context, &[("one round".to_owned(), forest(&traces))])?;
        for line in [
            "rule \"asks for what is not there\" leaves fixture/rules/Orders.audit(Ljava/lang/String;)V alone: it asks for this, and the method is static",
            "fixture.rules.Hostile has no absent(), which a rule names",
            "java.lang.String has no put(Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;, which a rule names",
            "java.lang.String has no header(Ljava/lang/String;)Ljava/lang/String;, which a rule names",
            "rules: 4 did not fit",
        ] {
            ensure!(ended.stderr.contains(line), "{context}: no {line:?} in {}", ended.stderr);
        }
    }
    Ok(())
}

#[test]
fn what_is_wrong_in_a_file_is_named_and_everything_else_goes_on() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("some-wrong.yaml");
    let wrong = "  - class: fixture.rules.Orders\n    metod: place\n    span: {}\n    method: name\n";
    let right = "  - class: fixture.rules.Orders\n    method: refuse\n    span: {}\n";
    fs::write(&file, format!("rules:\n{wrong}{right}"))?;
    let absent = directory.path().join("absent.yaml");
    let no_yaml = directory.path().join("no.yaml");
    fs::write(&no_yaml, "rules: [")?;
    let said = [
        format!("{}:3:5: \"metod\" is no key of a rule; accepted: name, class,", file.display()),
        format!("the rule file {} cannot be read: No such file", absent.display()),
        format!("{}:2:1: not YAML: ", no_yaml.display()),
    ];
    let files = format!("{},{},{}", absent.display(), no_yaml.display(), file.display());
    for jdk in jdks_for("rules") {
        let (with, traces) = under(&jdk, &files)?;
        let without = alone(&jdk)?;
        let context = format!("JDK {}", jdk.feature);
        ensure!(with.status == without.status && with.stdout == without.stdout, "{context}: {with:?}");
        ensure!(others_lines(&with.stderr) == others_lines(&without.stderr), "{context}: {}", with.stderr);
        let lines = own_lines(&with.stderr);
        for said in &said {
            let found = lines.iter().filter(|line| line.contains(said)).count();
            ensure!(found == 1, "{context}: {said} in {lines:#?}");
        }
        let spans: Vec<&str> =
            traces.iter().flat_map(|trace| &trace.spans).map(|span| span.name.as_str()).collect();
        ensure!(spans == ["Orders.refuse"], "{context}: {spans:?}");
    }
    Ok(())
}

/// The first is about the very method that opens the SERVER span, the second about methods that run inside of it.
const BESIDE_TOMCAT: &str = "
rules:
  - name: beside what is built in
    class: org.apache.catalina.connector.CoyoteAdapter
    method: service
    attributes:
      request.method.raw: argument[0].method() as text
  - name: every servlet of the application
    class: fixture.*
    supertype: javax.servlet.http.HttpServlet
    method: [service, doGet]
    attributes:
      servlet.name: this.getServletName()
";

#[test]
fn rules_add_to_the_span_that_is_built_in() -> Result<()> {
    let expected = Expected::read("rules-tomcat")?;
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("rules.yaml");
    fs::write(&file, BESIDE_TOMCAT)?;
    let options = format!(";otel.instrumentation.rules.files={}", file.display());
    for jdk in jdks_for("tomcat-plain") {
        let launch = Launch { options: &options, ..Launch::default() };
        let tomcat = Traced::start(&jdk, "tomcat-plain", &launch)?;
        let hidden = ["user_agent.original", "client.*", "network.*", "server.*", "url.scheme"];
        expected.check(&format!("Tomcat on JDK {}", jdk.feature), tomcat, &[], |tree| tree.hide(&hidden))?;
    }
    Ok(())
}

#[test]
fn rules_come_to_a_running_program_and_leave_it_again() -> Result<()> {
    let expected = Expected::read("rules-attached")?;
    let options = format!(";otel.instrumentation.rules.files={}", rules().display());
    for jdk in jdks_for("rules") {
        let context = format!("JDK {}", jdk.feature);
        let launch = Launch { later: true, program: &["serve"], options: &options, ..Launch::default() };
        let mut application = Traced::start(&jdk, "rules", &launch)?;
        application.get("/before")?;
        application.attach().context(context.clone())?;
        application.get("/attached")?;
        // The last that a round sends.
        let attached = application
            .wait(|traces| traces.iter().filter(|trace| names(trace) == ["Late.run"]).count() == 2)?;
        detach(application.process().id()).context(context.clone())?;
        application.get("/detached")?;
        let (_, traces) = application.stop()?;
        ensure!(traces.len() == attached.len(), "{context}: spans after detaching: {}", forest(&traces));
        expected.compare(&context, &[("one round".to_owned(), forest(&traces))])?;
    }
    Ok(())
}

fn names(trace: &Trace) -> Vec<&str> {
    trace.spans.iter().map(|span| span.name.as_str()).collect()
}
