//! Other agents that change the classes that we change, before us and after us: what each does is there, and no class
//! fails.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use otelrs_jvm_tests::agent::argument_for;
use otelrs_jvm_tests::classes::Classes;
use otelrs_jvm_tests::expected::Expected;
use otelrs_jvm_tests::program::{java, others_lines};
use otelrs_jvm_tests::served::Served;
use otelrs_jvm_tests::traced::{Launch, Traced};
use otelrs_test_support::jdk;
use otelrs_test_support::operator::{attach, detach};
use otelrs_test_support::paths;
use otelrs_viewer::receiver::{Receiver, ReceiverOptions};
use tempfile::TempDir;

/// When we come to the JVM, seen from the other agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum We {
    First,
    Second,
    WhileItRuns,
}

const ORDERS: [We; 3] = [We::First, We::Second, We::WhileItRuns];

/// The fixture and the agent beside us.
fn fixture() -> Result<Classes> {
    let library = paths::fixture_jar("tomcat-plain");
    Classes::of_fixtures(&["Operated", "Answers", "Meddler"], &library.display().to_string())
}

const MANIFEST: &str =
    "Premain-Class: fixture.Meddler\nCan-Redefine-Classes: true\nCan-Retransform-Classes: true\n";

/// The name of the header that CoyoteAdapter writes: the other agent's, or the original.
fn header(server: &Served) -> Result<&'static str> {
    let answer = server.get("/ctx/exact", 1)?;
    ensure!((answer.status, answer.body.as_str()) == (200, "exact"), "{answer:?}");
    ["X-Meddled-By", "X-Powered-By"]
        .into_iter()
        .find(|name| answer.header(name).is_some())
        .context("no header")
}

#[test]
fn a_class_that_both_transform_retransform_or_redefine_has_both_changes() -> Result<()> {
    let classes = fixture()?;
    let jar = classes.jar("meddler.jar", MANIFEST)?;
    let class_path = format!("{}:{}", jar.display(), paths::fixture_jar("tomcat-plain").display());
    // One of each side of what HotSpot remembers of a redefinition.
    for jdk in jdk::found().into_iter().filter(|jdk| matches!(jdk.feature, 17 | 21)) {
        for how in ["transform", "retransform", "redefine"] {
            for order in ORDERS {
                let context = format!("{how}, {order:?}, on JDK {}", jdk.feature);
                let receiver = Receiver::start(ReceiverOptions::free_ports())?;
                let options = format!("otel.exporter.otlp.endpoint={}", receiver.http_endpoint());
                let ours = argument_for(&paths::agent_library(), &options);
                let theirs = format!("-javaagent:{}={how}", jar.display());
                let mut arguments = match order {
                    We::First => vec![ours, theirs],
                    We::Second => vec![theirs, ours],
                    We::WhileItRuns => vec![theirs],
                };
                arguments.extend(["-cp".to_owned(), class_path.clone(), "fixture.Operated".to_owned()]);
                let server = Served::start(&mut java(&jdk, &arguments, &[]))?;
                let before = if how == "transform" { "X-Meddled-By" } else { "X-Powered-By" };
                ensure!(header(&server)? == before, "{context}");
                if order == We::WhileItRuns {
                    attach(server.child.id(), std::slice::from_ref(&options)).context(context.clone())?;
                }
                if how != "transform" {
                    server.get("/ctx/meddle", 2)?;
                }
                ensure!(header(&server)? == "X-Meddled-By", "{context}");
                detach(server.child.id()).context(context.clone())?;
                // What they did outlives us, but for a redefinition before JDK 21: HotSpot began every retransformation with
                // the class file that it was first given.
                let forgets = how == "redefine" && jdk.feature < 21;
                let after = if forgets { "X-Powered-By" } else { "X-Meddled-By" };
                ensure!(header(&server)? == after, "{context}, after we had left");
                let ended = server.stop()?;
                ensure!(
                    others_lines(&ended.stderr).iter().all(|line| line.starts_with("WARNING")),
                    "{context}: {ended:?}"
                );
                let traces = receiver.shutdown().traces();
                let spans = traces.iter().flat_map(|trace| &trace.spans);
                let exact = spans.filter(|span| span.name == "GET /ctx/exact").count();
                let expected = if order == We::WhileItRuns { 1 } else { 2 };
                ensure!(exact == expected, "{context}: {traces:?} {ended:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_class_that_another_agent_spoils_keeps_no_other_from_being_patched() -> Result<()> {
    let classes = fixture()?;
    let jar = classes.jar("meddler.jar", MANIFEST)?;
    let class_path = format!("{}:{}", jar.display(), paths::fixture_jar("tomcat-plain").display());
    for jdk in jdk::found() {
        let context = format!("JDK {}", jdk.feature);
        let receiver = Receiver::start(ReceiverOptions::free_ports())?;
        let arguments =
            [&format!("-javaagent:{}=spoil", jar.display()), "-cp", &class_path, "fixture.Operated"]
                .map(String::from);
        let server = Served::start(&mut java(&jdk, &arguments, &[]))?;
        let endpoint = format!("otel.exporter.otlp.endpoint={}", receiver.http_endpoint());
        attach(server.child.id(), &[endpoint, "otel.javaagent.debug=true".to_owned()])?;
        server.get("/ctx/exact", 1)?;
        let ended = server.stop()?;
        let left = "left org/apache/catalina/core/StandardWrapperValve alone: JVMTI error";
        ensure!(ended.stderr.contains(left), "{context}: {ended:?}");
        ensure!(
            ended.stderr.contains("patched org/apache/catalina/connector/CoyoteAdapter"),
            "{context}: {ended:?}"
        );
        let traces = receiver.shutdown().traces();
        // Its route was the spoilt class's to say.
        ensure!(traces.len() == 1 && traces[0].spans.len() == 1, "{context}: {traces:?} {ended:?}");
    }
    Ok(())
}

/// Every request of a Spring Boot application gives its tree beside this agent, in every order and on every JDK; `check`
/// looks at the file that the agent leaves.
fn spring_boot_beside(
    agent: impl Fn(&Path) -> String,
    check: impl Fn(&str, &Path) -> Result<()>,
) -> Result<()> {
    let expected = Expected::read("spring-boot")?;
    for jdk in jdk::found() {
        let fixture = if jdk.feature < 17 { "boot27" } else { "boot35" };
        for order in ORDERS {
            let context = format!("{order:?}, {fixture} on JDK {}", jdk.feature);
            let folder = TempDir::new()?;
            let left = folder.path().join("left");
            let theirs = format!("-javaagent:{}", agent(&left));
            // Agents of this variable come before those of the command.
            let variable = [("JAVA_TOOL_OPTIONS", theirs.as_str())];
            let argument = [theirs.as_str()];
            let application = match order {
                We::First => Traced::start(&jdk, fixture, &Launch { jvm: &argument, ..Launch::default() })?,
                We::Second => Traced::start(&jdk, fixture, &Launch { env: &variable, ..Launch::default() })?,
                We::WhileItRuns => {
                    let launch = Launch { env: &variable, later: true, ..Launch::default() };
                    let application = Traced::start(&jdk, fixture, &launch)?;
                    application.attach()?;
                    application
                }
            };
            let skip: &[&str] = if jdk.feature < 21 { &["/virtual"] } else { &[] };
            let shows =
                |tree: otelrs_viewer::tree::TreeOptions| tree.hide(&["user_agent.original"]).with_scope();
            expected.check(&context, application, skip, shows)?;
            check(&context, &left)?;
        }
    }
    Ok(())
}

#[test]
#[ignore = "minutes, and what ./x peers fetches: ./x test --full"]
fn the_traces_are_the_same_beside_advice_of_byte_buddy() -> Result<()> {
    let library = paths::peer(paths::BYTE_BUDDY);
    let classes = Classes::of_fixtures(&["ByteBuddyAgent"], &library.display().to_string())?;
    let manifest = format!(
        "Premain-Class: fixture.ByteBuddyAgent\nCan-Retransform-Classes: true\nClass-Path: {}\n",
        // A line of a manifest has at most 72 bytes.
        library.file_name().context("no file name")?.to_string_lossy()
    );
    let jar = classes.jar("byte-buddy-agent.jar", &manifest)?;
    fs::copy(&library, jar.with_file_name(library.file_name().context("no file name")?))?;
    spring_boot_beside(
        |left| format!("{}={}", jar.display(), left.display()),
        |context, left| {
            let text = fs::read_to_string(left).context(context.to_owned())?;
            let calls = |what: &str| -> Option<u32> {
                text.lines().find_map(|line| line.strip_prefix(what)?.trim().parse().ok())
            };
            let called = calls("servlet ").is_some_and(|count| count > 20)
                && calls("query ").is_some_and(|count| count > 5);
            ensure!(called && !text.contains("failed"), "{context}: {text}");
            Ok(())
        },
    )
}

#[test]
#[ignore = "minutes, and what ./x peers fetches: ./x test --full"]
fn the_traces_are_the_same_beside_jacoco() -> Result<()> {
    let jar = paths::peer(paths::JACOCO_AGENT);
    ensure!(jar.is_file(), "{} is not there: run ./x peers", jar.display());
    let included = "org.apache.catalina.*:org.h2.*:fixture.*";
    spring_boot_beside(
        |left| format!("{}=destfile={},includes={included}", jar.display(), left.display()),
        |context, left| {
            let covered = fs::read(left).context(context.to_owned())?;
            let names = |class: &str| covered.windows(class.len()).any(|window| window == class.as_bytes());
            let both = names("org/apache/catalina/connector/CoyoteAdapter")
                && names("org/h2/jdbc/JdbcPreparedStatement");
            ensure!(both, "{context}: {} bytes of coverage without our classes", covered.len());
            Ok(())
        },
    )
}
