//! The host always survives: whatever goes wrong with the agent or around it, a client and a parent process see the same
//! as without us.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use otelrs_jvm_tests::agent::{self, argument_for};
use otelrs_jvm_tests::classes::Classes;
use otelrs_jvm_tests::collectors::{self, Fault};
use otelrs_jvm_tests::process::Snapshot;
use otelrs_jvm_tests::program::{self, java, own_lines, run};
use otelrs_jvm_tests::served::{Observed, REQUESTS, Served, Survivor, observe};
use otelrs_test_support::jdk::{self, Jdk};
use otelrs_test_support::paths;
use otelrs_viewer::receiver::{Receiver, ReceiverOptions};
use otelrs_viewer::span::{Kind, Trace};
use tempfile::TempDir;

fn shipped(options: &str) -> String {
    argument_for(&paths::agent_library(), options)
}

fn survivor() -> Result<&'static Survivor> {
    static COMPILED: OnceLock<Result<Survivor, String>> = OnceLock::new();
    let compiled = COMPILED.get_or_init(|| Survivor::compile().map_err(|error| format!("{error:#}")));
    compiled.as_ref().map_err(|error| anyhow::anyhow!("{error}"))
}

/// The JDK on which a fault is tried that has little to do with the release.
fn any_jdk() -> Result<Jdk> {
    jdk::feature(17).or_else(|| jdk::found().into_iter().next_back()).context("no JDK")
}

/// What is seen without the agent.
fn without(jdk: &Jdk, jvm: &[&str]) -> Result<Observed> {
    let (observed, own) = survivor()?.observe(&mut survivor()?.command(jdk, jvm, &[]))?;
    ensure!(observed.answers.len() == REQUESTS.len() && observed.status == Some(143), "{observed:?}");
    ensure!(own.is_empty(), "{own:?}");
    Ok(observed)
}

/// [`without`] of [`any_jdk`] and no arguments, which most cases are compared with.
fn plain() -> Result<&'static Observed> {
    static PLAIN: OnceLock<Result<Observed, String>> = OnceLock::new();
    let plain = PLAIN
        .get_or_init(|| any_jdk().and_then(|jdk| without(&jdk, &[])).map_err(|error| format!("{error:#}")));
    plain.as_ref().map_err(|error| anyhow::anyhow!("{error}"))
}

/// Runs the survivor with the agent as `argument` says, compares, and gives the agent's lines.
fn survives(
    context: &str,
    jdk: &Jdk,
    jvm: &[&str],
    env: &[(&str, &str)],
    expected: &Observed,
) -> Result<Vec<String>> {
    let mut command = survivor()?.command(jdk, jvm, env);
    let (observed, own) = survivor()?.observe(&mut command).context(context.to_owned())?;
    ensure!(
        &observed == expected,
        "{context}: seen without us\n{expected:#?}\nwith us\n{observed:#?}\n{own:#?}"
    );
    one_line_a_cause(context, &own)?;
    Ok(own)
}

/// Lines alike, but for their numbers, have one cause.
fn one_line_a_cause(context: &str, own: &[String]) -> Result<()> {
    let mut causes: Vec<String> =
        own.iter().map(|line| line.chars().filter(|letter| !letter.is_ascii_digit()).collect()).collect();
    causes.sort();
    causes.dedup();
    ensure!(causes.len() == own.len(), "{context}: {own:#?}");
    Ok(())
}

#[test]
fn collectors_that_are_absent_refuse_hang_or_talk_nonsense() -> Result<()> {
    let jdk = any_jdk()?;
    for fault in [Fault::Absent, Fault::Refusing, Fault::Hanging, Fault::Garbage] {
        let endpoint = collectors::start(fault)?;
        for protocol in ["http/protobuf", "grpc"] {
            let context = format!("{fault:?} by {protocol}");
            let argument = shipped(&format!(
                "otel.exporter.otlp.endpoint={endpoint};otel.exporter.otlp.protocol={protocol};\
                 otel.bsp.schedule.delay=50;otel.exporter.otlp.timeout=500"
            ));
            let own = survives(&context, &jdk, &[&argument], &[], plain()?)?;
            ensure!(own.iter().any(|line| line.contains("spans lost")), "{context}: {own:#?}");
        }
    }
    Ok(())
}

#[test]
fn the_wrong_port_both_ways() -> Result<()> {
    let jdk = any_jdk()?;
    let receiver = Receiver::start(ReceiverOptions::free_ports())?;
    for (protocol, endpoint) in
        [("http/protobuf", receiver.grpc_endpoint()), ("grpc", receiver.http_endpoint())]
    {
        let argument = shipped(&format!(
            "otel.exporter.otlp.endpoint={endpoint};otel.exporter.otlp.protocol={protocol};\
             otel.bsp.schedule.delay=50;otel.exporter.otlp.timeout=500"
        ));
        let own = survives(protocol, &jdk, &[&argument], &[], plain()?)?;
        ensure!(own.iter().any(|line| line.contains("spans lost")), "{protocol}: {own:#?}");
    }
    Ok(())
}

#[test]
fn misspelt_options() -> Result<()> {
    let jdk = any_jdk()?;
    let options = "otel.bsp.shedule.delay=1;==;otel.exporter.otlp.endpoint=nowhere at all;;\u{1}=\u{2}";
    let own =
        survives("misspelt", &jdk, &[&shipped(options)], &[("OTEL_TRACES_SAMPLER", "often")], plain()?)?;
    ensure!(own.iter().any(|line| line.contains("otel.bsp.shedule.delay")), "{own:#?}");
    ensure!(own.iter().any(|line| line.contains("OTEL_TRACES_SAMPLER")), "{own:#?}");
    Ok(())
}

/// Entries that a run of the survivor with `-agentpath` does not pass: those of the other ways of attaching, and that of an
/// unloaded loader, which is in `loaders.rs`.
const OTHER_WAYS: [&str; 3] = ["on-attach", "jni-on-load", "object-free"];

/// A getter that no class has: one of the entries is what says so.
const ABSENT_GETTER: &str = "
rules:
  - class: fixture.Survivor
    method: own
    attributes:
      absent: argument[1].absent()
";

#[test]
fn a_panic_at_every_entry() -> Result<()> {
    let jdk = any_jdk()?;
    let folder = TempDir::new()?;
    let rules = folder.path().join("rules.yaml");
    fs::write(&rules, ABSENT_GETTER)?;
    // Where nothing is sent no span is finished.
    let receiver = Receiver::start(ReceiverOptions::free_ports())?;
    let options = format!(
        "otel.exporter.otlp.endpoint={};otel.instrumentation.rules.files={}",
        receiver.http_endpoint(),
        rules.display()
    );
    let argument = argument_for(&agent::with_faults()?, &options);
    let names = agent::entry_names()?;
    for name in names.iter().filter(|name| !OTHER_WAYS.contains(&name.as_str())) {
        let fault = format!("panic:{name}");
        let own = survives(&fault, &jdk, &[&argument], &[("OTELRS_FAULT", &fault)], plain()?)?;
        let said = own.iter().filter(|line| line.contains(&format!("internal error at {name};"))).count();
        ensure!(said == 1, "{fault}: the fault was not met, or not said once: {own:#?}");
    }
    Ok(())
}

#[test]
fn a_panic_at_the_entries_of_a_running_jvm() -> Result<()> {
    let library = agent::with_faults()?;
    let jdk = any_jdk()?;
    let jcmd = jdk.home.join("bin/jcmd");
    let path = library.display().to_string();
    for (name, how) in [("on-attach", "JVMTI.agent_load"), ("class-prepare", "JVMTI.agent_load")] {
        let fault = format!("panic:{name}");
        let server = Served::start(&mut survivor()?.command(&jdk, &[], &[("OTELRS_FAULT", &fault)]))?;
        let id = server.child.id().to_string();
        let loaded = run(program::clean_command(&jcmd).args([&id, how, &path]))?;
        ensure!(loaded.status.success(), "{loaded:?}");
        let (observed, own) = observe(server, |_| Ok(()))?;
        ensure!(
            observed.without_positions() == plain()?.without_positions(),
            "{fault}: {observed:#?} {own:#?}"
        );
        ensure!(
            own.iter().any(|line| line.contains(&format!("internal error at {name};"))),
            "{fault}: {own:#?}"
        );
    }
    let source = "public class Load { public static void main(String[] arguments) {
        System.load(arguments[0]); System.out.println(\"loaded\"); } }";
    let classes = Classes::compile(&[("Load.java", source)], &[])?;
    let class_path = classes.path().display().to_string();
    let ended =
        run(&mut java(&jdk, &["-cp", &class_path, "Load", &path], &[("OTELRS_FAULT", "panic:jni-on-load")]))?;
    ensure!(ended.status.success() && ended.stdout == "loaded\n", "{ended:?}");
    ensure!(own_lines(&ended.stderr).len() == 1 && ended.stderr.contains("at jni-on-load;"), "{ended:?}");
    Ok(())
}

#[test]
fn memory_that_is_refused_to_the_agent() -> Result<()> {
    let jdk = any_jdk()?;
    // So that it is refused where spans are finished and sent, too.
    let receiver = Receiver::start(ReceiverOptions::free_ports())?;
    let options = format!("otel.exporter.otlp.endpoint={}", receiver.http_endpoint());
    let argument = argument_for(&agent::with_faults()?, &options);
    for after in [0, 10, 100, 1_000, 5_000] {
        let context = format!("memory is refused after {after} allocations");
        let after = after.to_string();
        let own = survives(&context, &jdk, &[&argument], &[("OTELRS_FAULT_ALLOCATION", &after)], plain()?)?;
        ensure!(own.iter().any(|line| line.contains("could not get memory")), "{context}: {own:#?}");
    }
    Ok(())
}

/// The trace of the request for `path`, the n-th of [`REQUESTS`].
fn trace_of<'t>(traces: &'t [Trace], path: &str) -> Option<&'t Trace> {
    let number = REQUESTS.iter().position(|request| *request == path)? + 1;
    traces.iter().find(|trace| {
        u64::try_from(number).is_ok_and(|number| trace.trace_id.0.ends_with(&number.to_be_bytes()))
    })
}

/// Kinds of a trace's spans, root first, each the child of the one before.
fn chain(trace: &Trace) -> Option<Vec<Kind>> {
    let mut kinds = Vec::new();
    // The request's parent is nobody's; that of the request within it is the CLIENT span.
    let known = |id| trace.spans.iter().any(|span| Some(span.span_id) == id);
    let mut parent = trace.spans.iter().find(|span| !known(span.parent_span_id))?;
    loop {
        kinds.push(parent.kind);
        match trace.spans.iter().find(|span| span.parent_span_id == Some(parent.span_id)) {
            Some(child) => parent = child,
            None => return (kinds.len() == trace.spans.len()).then_some(kinds),
        }
    }
}

#[test]
fn checks_of_the_jvm_small_stacks_and_stacks_that_end() -> Result<()> {
    for jdk in jdk::found() {
        for flags in [&["-Xcheck:jni"][..], &["-Xverify:all"], &["-Xss256k"]] {
            let context = format!("{flags:?} on JDK {}", jdk.feature);
            let expected = without(&jdk, flags)?;
            let receiver = Receiver::start(ReceiverOptions::free_ports())?;
            let argument = shipped(&format!("otel.exporter.otlp.endpoint={}", receiver.http_endpoint()));
            let mut jvm = flags.to_vec();
            jvm.push(&argument);
            let own = survives(&context, &jdk, &jvm, &[], &expected)?;
            ensure!(own.is_empty(), "{context}: {own:#?}");
            let traces = receiver.shutdown().traces();
            ensure!(traces.len() == REQUESTS.len(), "{context}: {traces:?}");
            // A stack that ended under a span leaves the context as it was: what follows is the span's child.
            let deep = trace_of(&traces, "/ctx/deep").and_then(chain);
            let expected = [Kind::Server, Kind::Client, Kind::Server];
            ensure!(
                deep.as_deref() == Some(&expected),
                "{context}: {deep:?} of {:#?}",
                trace_of(&traces, "/ctx/deep")
            );
        }
    }
    Ok(())
}

#[test]
fn damaged_classes_fail_as_without_us() -> Result<()> {
    let library = paths::fixture_jar("tomcat-plain");
    let classes = Classes::of_fixture("Damaged", &library)?;
    let path = format!("{}:{}", classes.path().display(), library.display());
    let jar = library.display().to_string();
    let program = [
        "-cp",
        &path,
        "fixture.Damaged",
        &jar,
        "150",
        "org.apache.catalina.connector.CoyoteAdapter",
        "org.apache.catalina.core.StandardHostValve",
        "org.apache.tomcat.util.threads.ThreadPoolExecutor",
        "fixture.PlainTomcat",
    ];
    for jdk in jdk::found() {
        let plain = run(&mut java(&jdk, &program, &[]))?;
        let argument = shipped("");
        let mut arguments = vec![argument.as_str()];
        arguments.extend(program);
        let traced = run(&mut java(&jdk, &arguments, &[]))?;
        ensure!(plain.status.success() && plain.stdout.lines().count() == 600, "{plain:?}");
        let mut named = 0;
        for (plain, traced) in plain.stdout.lines().zip(traced.stdout.lines()) {
            if plain != traced {
                ensure!(names_no_constant(plain), "JDK {}: {plain} became {traced}", jdk.feature);
                named += 1;
            }
        }
        ensure!(named <= 3, "JDK {}: {named} copies of 600", jdk.feature);
        ensure!(plain.stdout.lines().count() == traced.stdout.lines().count(), "{traced:?}");
        ensure!(traced.stderr == plain.stderr, "{traced:?}");
        for error in ["java.lang.ClassFormatError", "java.lang.VerifyError", "initialised"] {
            ensure!(plain.stdout.contains(error), "no copy gave {error}: the damage is too uniform");
        }
    }
    Ok(())
}

/// Whether a class is refused for an index that its pool does not have (`CLASS COPY of CONSTANTS: ERROR`). In a method that is
/// not edited such an index is copied as it is, and may come to name what an edit has added.
fn names_no_constant(line: &str) -> bool {
    let Some((copy, error)) = line.split_once(": ") else { return false };
    let constants = copy.rsplit(' ').next().and_then(|count| count.parse::<u32>().ok());
    let numbers = error.split(|character: char| !character.is_ascii_digit());
    let mut numbers = numbers.filter_map(|number| number.parse::<u32>().ok());
    error.contains("index") && constants.is_some_and(|constants| numbers.any(|index| index >= constants))
}

#[test]
fn the_exit_waits_for_a_hanging_collector_no_longer_than_its_bound() -> Result<()> {
    let jdk = any_jdk()?;
    let endpoint = collectors::start(Fault::Hanging)?;
    let argument = shipped(&format!("otel.exporter.otlp.endpoint={endpoint}"));
    let server = Served::start(&mut survivor()?.command(&jdk, &[&argument], &[]))?;
    server.get("/ctx/plain", 1)?;
    let asked = Instant::now();
    let ended = server.stop()?;
    // Three seconds are the agent's; the rest is a busy machine's.
    ensure!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    ensure!(ended.status.code() == Some(143) && own_lines(&ended.stderr).len() <= 2, "{ended:?}");
    Ok(())
}

#[test]
fn the_exit_sends_what_is_queued() -> Result<()> {
    for jdk in jdk::found() {
        let receiver = Receiver::start(ReceiverOptions::free_ports())?;
        let argument = shipped(&format!(
            "otel.exporter.otlp.endpoint={};otel.bsp.schedule.delay=600000",
            receiver.http_endpoint()
        ));
        let server = Served::start(&mut survivor()?.command(&jdk, &[&argument], &[]))?;
        for number in 1..=20 {
            server.get("/ctx/plain", number)?;
        }
        let ended = server.stop()?;
        let traces = receiver.shutdown().traces();
        ensure!(traces.len() == 20, "JDK {}: {} traces; {ended:?}", jdk.feature, traces.len());
    }
    Ok(())
}

/// Whether this process may make a mount namespace and drop what it may do.
fn may_confine() -> bool {
    let confined = confined(&mut Command::new("true")).output();
    confined.is_ok_and(|output| output.status.success())
}

/// The command in a mount namespace with a read-only root and a `/tmp` of its own, as uid 65534 without capabilities.
fn confined(command: &mut Command) -> Command {
    const SCRIPT: &str = "mount -t tmpfs -o mode=1777 none /tmp && mount -o remount,bind,ro / && cd / && \
        exec setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all -- \"$@\"";
    let mut confined = program::clean_command(Path::new("unshare"));
    confined.args(["--mount", "--propagation", "private", "sh", "-c", SCRIPT, "sh"]);
    confined.arg(command.get_program()).args(command.get_args());
    confined
}

#[test]
fn as_nobody_on_a_read_only_root_without_capabilities() -> Result<()> {
    if !may_confine() {
        eprintln!("skipped: a read-only root, for want of the right to make one (root)");
        return Ok(());
    }
    for jdk in jdk::found() {
        let program = ["-jar".to_owned(), paths::fixture_jar("tomcat-plain").display().to_string()];
        let receiver = Receiver::start(ReceiverOptions::free_ports())?;
        let argument = shipped(&format!("otel.exporter.otlp.endpoint={}", receiver.http_endpoint()));
        let server =
            Served::start(&mut confined(&mut java(&jdk, &[&[argument][..], &program].concat(), &[])))?;
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id()))?;
        ensure!(status.contains("Uid:\t65534") && status.contains("CapEff:\t0000000000000000"), "{status}");
        let answer = server.get("/ctx/exact", 1)?;
        ensure!((answer.status, answer.body.as_str()) == (200, "exact"), "{answer:?}");
        let ended = server.stop()?;
        ensure!(
            ended.status.code() == Some(143) && own_lines(&ended.stderr).is_empty(),
            "JDK {}: {ended:?}",
            jdk.feature
        );
        let traces = receiver.shutdown().traces();
        ensure!(traces.len() == 1, "JDK {}: {traces:?} {ended:?}", jdk.feature);
    }
    Ok(())
}

#[test]
fn one_more_thread_and_nothing_else() -> Result<()> {
    for jdk in jdk::found() {
        let look = |jvm: &[&str]| -> Result<Snapshot> {
            let server = Served::start(&mut survivor()?.command(&jdk, jvm, &[]))?;
            for number in 1..=3 {
                server.get("/ctx/plain", number)?;
            }
            let snapshot = Snapshot::of(server.child.id())?;
            server.stop()?;
            Ok(snapshot)
        };
        let without = look(&[])?;
        let receiver = Receiver::start(ReceiverOptions::free_ports())?;
        let argument = shipped(&format!(
            "otel.bsp.schedule.delay=10;otel.exporter.otlp.endpoint={}",
            receiver.http_endpoint()
        ));
        let mut with = look(&[&argument])?;
        let own = with.threads.iter().position(|name| name == "otelrs");
        with.threads.remove(own.with_context(|| format!("JDK {}: {with:?}", jdk.feature))?);
        ensure!(with == without, "JDK {}: {without:#?} became {with:#?}", jdk.feature);
        ensure!(without.listening == 1 && without.children.is_empty(), "{without:?}");
    }
    Ok(())
}
