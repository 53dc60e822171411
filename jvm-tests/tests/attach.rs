//! Attaching: every way in, on every JDK, and what keeps out.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use otelrs_jvm_tests::agent::argument_for;
use otelrs_jvm_tests::classes::Classes;
use otelrs_jvm_tests::program::{self, java, own_lines, run};
use otelrs_jvm_tests::served::Served;
use otelrs_test_support::child::Ended;
use otelrs_test_support::jdk::{self, Jdk};
use otelrs_test_support::paths;
use otelrs_viewer::receiver::{Receiver, ReceiverOptions};
use otelrs_viewer::span::Trace;
use tempfile::TempDir;

fn shipped(options: &str) -> String {
    argument_for(&paths::agent_library(), options)
}

fn hello() -> String {
    paths::fixture_jar("hello").display().to_string()
}

fn tomcat() -> String {
    paths::fixture_jar("tomcat-plain").display().to_string()
}

/// A JDK of each side of the great changes, for what the release hardly matters to.
fn two_jdks() -> Vec<Jdk> {
    jdk::found().into_iter().filter(|jdk| matches!(jdk.feature, 17 | 25)).collect()
}

fn name_missing() {
    for feature in jdk::missing() {
        eprintln!("skipped: JDK {feature}, which this machine lacks");
    }
}

/// Runs the plain Tomcat for one request. Gives its end, and what was received.
fn one_request(jdk: &Jdk, arguments: &[String], env: &[(&str, &str)]) -> Result<(Ended, Vec<Trace>)> {
    let receiver = Receiver::start(ReceiverOptions::free_ports())?;
    let endpoint = receiver.http_endpoint();
    let mut env = env.to_vec();
    env.push(("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint));
    let mut arguments = arguments.to_vec();
    arguments.extend(["-jar".to_owned(), tomcat()]);
    let server = Served::start(&mut java(jdk, &arguments, &env))?;
    let answer = server.get("/ctx/exact", 7)?;
    ensure!((answer.status, answer.body.as_str()) == (200, "exact"), "{answer:?}");
    let ended = server.stop()?;
    Ok((ended, receiver.shutdown().traces()))
}

/// Names of all spans received.
fn span_names(traces: &[Trace]) -> Vec<&str> {
    traces.iter().flat_map(|trace| trace.spans.iter().map(|span| span.name.as_str())).collect()
}

const ONE_SPAN: [&str; 1] = ["GET /ctx/exact"];

#[test]
fn each_way_of_attaching_gives_the_trace_and_no_output() -> Result<()> {
    name_missing();
    let (bare, with_options) = (shipped(""), shipped("otel.service.name=way;otel.bsp.schedule.delay=100"));
    for jdk in jdk::found() {
        for (way, arguments, env) in [
            ("no options", vec![bare.clone()], vec![]),
            ("options", vec![with_options.clone()], vec![]),
            ("JAVA_TOOL_OPTIONS", vec![], vec![("JAVA_TOOL_OPTIONS", with_options.as_str())]),
        ] {
            let context = format!("{way} on JDK {}", jdk.feature);
            let (ended, traces) = one_request(&jdk, &arguments, &env).context(context.clone())?;
            ensure!(span_names(&traces) == ONE_SPAN, "{context}: {traces:?}");
            let service = traces[0].spans[0].service();
            ensure!((service == "way") == (way != "no options"), "{context}: {service}");
            ensure!(ended.stdout == "READY <port>\n", "{context}: {}", ended.stdout);
            ensure!(own_lines(&ended.stderr).is_empty(), "{context}: {}", ended.stderr);
        }
    }
    Ok(())
}

#[test]
fn output_equals_that_of_a_run_without_the_agent() -> Result<()> {
    for jdk in jdk::found() {
        for flags in [&[][..], &["-Xcheck:jni"], &["-Xverify:all"], &["-Xint"], &["-Xshare:off"]] {
            let mut arguments: Vec<String> = flags.iter().map(|&flag| flag.to_owned()).collect();
            let program = ["-jar".to_owned(), hello(), "--exit=3".to_owned(), "grüße".to_owned()];
            let plain = run(&mut java(&jdk, &[&arguments[..], &program].concat(), &[]))?;
            arguments.push(shipped(""));
            let traced = run(&mut java(&jdk, &[&arguments[..], &program].concat(), &[]))?;
            let context = format!("{flags:?} on JDK {}", jdk.feature);
            ensure!(plain.status.code() == Some(3), "{context}: {plain:?}");
            ensure!(format!("{plain:?}") == format!("{traced:?}"), "{context}: {plain:?} became {traced:?}");
        }
    }
    Ok(())
}

/// Where each class came from, as the JVM's own log says, and the classes that the agent patched.
fn class_sources(jdk: &Jdk, arguments: &[String]) -> Result<(BTreeMap<String, String>, Vec<String>)> {
    let directory = TempDir::new()?;
    let log = directory.path().join("classes");
    let mut all = vec![format!("-Xlog:class+load:file={}", log.display())];
    all.extend_from_slice(arguments);
    all.extend(["-jar".to_owned(), hello()]);
    let ended = run(&mut java(jdk, &all, &[]))?;
    ensure!(ended.status.success() && ended.stdout == "hello\n", "{ended:?}");
    let text = fs::read_to_string(log)?;
    let classes = text.lines().filter_map(|line| line.rsplit_once("] ")?.1.split_once(" source: "));
    let sources = classes.map(|(name, source)| (name.to_owned(), source.to_owned())).collect();
    let patched = ended.stderr.lines().filter_map(|line| line.split_once("] patched ")?.1.split_once(' '));
    Ok((sources, patched.map(|(name, _)| name.replace('/', ".")).collect()))
}

const SHARED: &str = "shared objects file";

/// Every class that came out of an archive without the agent comes out of it with the agent, but for those that it
/// patches.
fn archive_is_used(jdk: &Jdk, arguments: &[String], own_class: bool) -> Result<()> {
    let (without, _) = class_sources(jdk, arguments)?;
    let mut traced = arguments.to_vec();
    traced.push(shipped("otel.javaagent.debug=true"));
    let (with, patched) = class_sources(jdk, &traced)?;
    let shared = |sources: &BTreeMap<String, String>, name: &str| {
        sources.get(name).is_some_and(|source| source.starts_with(SHARED))
    };
    let archived: Vec<&String> = without.keys().filter(|name| shared(&without, name)).collect();
    ensure!(archived.len() > 100, "JDK {}: {arguments:?} uses no archive", jdk.feature);
    ensure!(!own_class || shared(&without, "fixture.Hello"), "JDK {}: {arguments:?}", jdk.feature);
    ensure!(
        patched.len() < 10,
        "JDK {}: so many classes are patched in a greeting: {patched:?}",
        jdk.feature
    );
    let lost: Vec<_> =
        archived.into_iter().filter(|name| !shared(&with, name) && !patched.contains(name)).collect();
    ensure!(lost.is_empty(), "JDK {}: {arguments:?}: not from the archive any more: {lost:?}", jdk.feature);
    Ok(())
}

/// Runs hello with these arguments, for the archive that the JVM writes meanwhile.
fn write_archive(jdk: &Jdk, arguments: &[&str]) -> Result<Ended> {
    let mut all: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    all.extend(["-jar".to_owned(), hello()]);
    run(&mut java(jdk, &all, &[]))
}

#[test]
fn the_default_archive_is_used_as_without_us() -> Result<()> {
    for jdk in jdk::found() {
        if !jdk.home.join("lib/server/classes.jsa").is_file() {
            eprintln!("skipped: JDK {} has no archive of its own", jdk.feature);
            continue;
        }
        archive_is_used(&jdk, &[], false)?;
    }
    Ok(())
}

#[test]
fn an_archive_of_the_applications_classes_is_used_as_without_us() -> Result<()> {
    // Written at exit from JDK 13 on.
    for jdk in jdk::found().into_iter().filter(|jdk| jdk.feature >= 17) {
        let directory = TempDir::new()?;
        let archive = directory.path().join("app.jsa");
        write_archive(&jdk, &[&format!("-XX:ArchiveClassesAtExit={}", archive.display())])?;
        ensure!(archive.is_file(), "JDK {} wrote no archive", jdk.feature);
        let file = format!("-XX:SharedArchiveFile={}", archive.display());
        archive_is_used(&jdk, &[file, "-Xshare:on".to_owned()], true)?;
    }
    Ok(())
}

fn jdk_with_aot_cache() -> Option<Jdk> {
    let found = jdk::feature(25);
    if found.is_none() {
        eprintln!("skipped: AOT caches, for want of JDK 25");
    }
    found
}

fn using_cache(cache: &Path) -> Vec<String> {
    vec![format!("-XX:AOTCache={}", cache.display()), "-XX:AOTMode=on".to_owned()]
}

#[test]
fn an_aot_cache_is_used_as_without_us() -> Result<()> {
    let Some(jdk) = jdk_with_aot_cache() else { return Ok(()) };
    let directory = TempDir::new()?;
    let cache = directory.path().join("app.aot");
    write_archive(&jdk, &[&format!("-XX:AOTCacheOutput={}", cache.display())])?;
    archive_is_used(&jdk, &using_cache(&cache), true)
}

#[test]
fn the_agent_stands_down_while_an_aot_cache_is_made() -> Result<()> {
    let Some(jdk) = jdk_with_aot_cache() else { return Ok(()) };
    let directory = TempDir::new()?;
    let path = |name: &str| directory.path().join(name).display().to_string();
    let agent = shipped("otel.javaagent.debug=true");
    let configuration = format!("-XX:AOTConfiguration={}", path("app.conf"));
    for (arguments, cache) in [
        (vec![vec![format!("-XX:AOTCacheOutput={}", path("one.aot")), agent.clone()]], "one.aot"),
        (
            vec![
                vec!["-XX:AOTMode=record".to_owned(), configuration.clone(), agent.clone()],
                vec![
                    "-XX:AOTMode=create".to_owned(),
                    configuration,
                    format!("-XX:AOTCache={}", path("two.aot")),
                ],
            ],
            "two.aot",
        ),
    ] {
        for step in arguments {
            let traced = step.contains(&agent);
            let step: Vec<&str> = step.iter().map(String::as_str).collect();
            let ended = write_archive(&jdk, &step)?;
            ensure!(ended.status.success(), "{ended:?}");
            let own = own_lines(&ended.stderr);
            ensure!(!traced || own.iter().any(|line| line.contains("creates an AOT cache")), "{ended:?}");
            ensure!(own.iter().all(|line| line.contains("does nothing")), "{ended:?}");
        }
        // The cache is good, and without the agent's doing.
        archive_is_used(&jdk, &using_cache(&directory.path().join(cache)), true)?;
    }
    Ok(())
}

#[test]
fn otelrs_run_refuses_a_command_that_writes_a_cds_archive() -> Result<()> {
    let Some(jdk) = jdk::feature(17) else { return Ok(()) };
    let directory = TempDir::new()?;
    let archive = directory.path().join("app.jsa");
    let ended = run(program::clean_command(&paths::otelrs_program())
        .args(["run", "--"])
        .arg(&jdk.java)
        .arg(format!("-XX:ArchiveClassesAtExit={}", archive.display()))
        .args(["-jar", &hello()]))?;
    ensure!(!ended.status.success() && ended.stderr.contains("-XX:ArchiveClassesAtExit"), "{ended:?}");
    ensure!(ended.stdout.is_empty() && !archive.exists(), "{ended:?}");
    Ok(())
}

#[test]
fn tools_of_the_jdk_work_as_without_us() -> Result<()> {
    let (silent, debug) = (shipped(""), shipped("otel.javaagent.debug=true"));
    let classes = TempDir::new()?;
    let source = classes.path().join("A.java");
    fs::write(&source, "class A {}")?;
    let source = source.display().to_string();
    for jdk in jdk::found() {
        for (tool, arguments) in [
            ("javac", vec![source.as_str()]),
            ("jar", vec!["--version"]),
            ("keytool", vec!["-help"]),
            ("jps", vec!["-help"]),
            ("jcmd", vec!["-h"]),
        ] {
            let path = jdk.home.join("bin").join(tool);
            if !path.is_file() {
                continue;
            }
            let start = |variable: Option<&str>| {
                let mut command = program::clean_command(&path);
                command.args(&arguments).envs(variable.map(|value| ("JAVA_TOOL_OPTIONS", value)));
                run(&mut command)
            };
            let (plain, traced, told) = (start(None)?, start(Some(&silent))?, start(Some(&debug))?);
            let context = format!("{tool} of JDK {}: {plain:?}, {traced:?}, {told:?}", jdk.feature);
            ensure!(plain.status == traced.status && plain.stdout == traced.stdout, "{context}");
            let others: Vec<&str> =
                traced.stderr.lines().filter(|line| !line.contains("JAVA_TOOL_OPTIONS")).collect();
            ensure!(plain.stderr.lines().collect::<Vec<_>>() == others, "{context}");
            ensure!(
                own_lines(&told.stderr) == ["[otelrs] does nothing: this is a tool of the JDK"],
                "{context}"
            );
        }
    }
    ensure!(classes.path().join("A.class").is_file(), "javac compiled nothing");
    Ok(())
}

#[test]
fn build_launchers_are_left_alone() -> Result<()> {
    let launchers = [
        ("org/gradle/wrapper", "GradleWrapperMain"),
        ("org/apache/maven/wrapper", "MavenWrapperMain"),
        ("org/codehaus/plexus/classworlds/launcher", "Launcher"),
    ];
    let sources: Vec<(String, String)> = launchers
        .iter()
        .map(|(folder, class)| {
            let package = folder.replace('/', ".");
            let main = "public static void main(String[] a) { System.out.println(\"built\"); }";
            (
                format!("{folder}/{class}.java"),
                format!("package {package}; public class {class} {{ {main} }}"),
            )
        })
        .collect();
    let sources: Vec<(&str, &str)> =
        sources.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let classes = Classes::compile(&sources, &[])?;
    let jdk = jdk::found().into_iter().next().context("no JDK")?;
    for (folder, class) in launchers {
        let main = format!("{}.{class}", folder.replace('/', "."));
        let path = classes.path().display().to_string();
        let arguments = [shipped("otel.javaagent.debug=true"), "-cp".to_owned(), path, main];
        let ended = run(&mut java(&jdk, &arguments, &[]))?;
        ensure!(ended.status.success() && ended.stdout == "built\n", "{class}: {ended:?}");
        ensure!(ended.stderr == "[otelrs] does nothing: this is a build tool\n", "{class}: {ended:?}");
    }
    Ok(())
}

#[test]
fn a_second_copy_or_another_version_is_refused_by_name() -> Result<()> {
    let directory = TempDir::new()?;
    let copy = directory.path().join("libother.so");
    fs::copy(paths::agent_library(), &copy)?;
    let bridge = Classes::compile(
        &[(
            "OtelrsBridge.java",
            "package java.lang; public final class OtelrsBridge extends ClassLoader { \
             public static final int ABI = 99; \
             public OtelrsBridge(ClassLoader parent) { super(parent); } }",
        )],
        // For 8 there are no modules, so a class of java.lang is one like any other.
        &["--release", "8"],
    )?;
    let other_version = format!("--patch-module=java.base={}", bridge.path().display());
    // A class that the JVM loads before it asks agents to begin, as another agent's bridge is.
    let loaded_before = "-Djava.system.class.loader=java.lang.OtelrsBridge".to_owned();
    for jdk in two_jdks() {
        for (case, arguments, line, spans) in [
            ("loaded twice", vec![shipped(""), shipped("")], "otelrs was loaded twice", &ONE_SPAN[..]),
            ("a copy", vec![shipped(""), argument_for(&copy, "")], "another copy of otelrs", &ONE_SPAN),
            (
                "another version",
                vec![other_version.clone(), loaded_before.clone(), shipped("")],
                "another version of otelrs (ABI 99)",
                &[],
            ),
        ] {
            let context = format!("{case} on JDK {}", jdk.feature);
            let (ended, traces) = one_request(&jdk, &arguments, &[]).context(context.clone())?;
            let own = own_lines(&ended.stderr);
            ensure!(own.len() == 1 && own[0].contains(line), "{context}: {own:?}");
            ensure!(span_names(&traces) == spans, "{context}: {traces:?}");
        }
    }
    Ok(())
}

#[test]
fn beside_the_opentelemetry_java_agent_we_stand_down_with_one_line() -> Result<()> {
    let source = "package io.opentelemetry.javaagent;
        public final class OpenTelemetryAgent { public static void premain(String options) {} }";
    let classes = Classes::compile(&[("OpenTelemetryAgent.java", source)], &[])?;
    let jar = classes.jar("agent.jar", "Premain-Class: io.opentelemetry.javaagent.OpenTelemetryAgent\n")?;
    let java_agent = format!("-javaagent:{}", jar.display());
    for jdk in two_jdks() {
        for arguments in [[shipped(""), java_agent.clone()], [java_agent.clone(), shipped("")]] {
            let (ended, traces) = one_request(&jdk, &arguments, &[])?;
            let own = own_lines(&ended.stderr);
            ensure!(own.len() == 1 && own[0].contains("OpenTelemetry Java agent"), "{arguments:?}: {own:?}");
            ensure!(traces.is_empty(), "{arguments:?}: {traces:?}");
        }
    }
    Ok(())
}

#[test]
fn a_running_jvm_is_traced_from_the_moment_of_attach() -> Result<()> {
    for jdk in jdk::found() {
        let jcmd = jdk.home.join("bin/jcmd");
        if !jcmd.is_file() {
            eprintln!("skipped: JDK {} has no jcmd", jdk.feature);
            continue;
        }
        let receiver = Receiver::start(ReceiverOptions::free_ports())?;
        let server = Served::start(&mut java(&jdk, &["-Xcheck:jni", "-jar", &tomcat()], &[]))?;
        server.get("/ctx/exact", 1)?;
        let options = format!("\"otel.exporter.otlp.endpoint={}\"", receiver.http_endpoint());
        let library = paths::agent_library().display().to_string();
        let id = server.child.id().to_string();
        let loaded = run(program::clean_command(&jcmd).args([&id, "JVMTI.agent_load", &library, &options]))?;
        ensure!(loaded.status.success(), "{loaded:?}");
        server.get("/ctx/exact", 2)?;
        let ended = server.stop()?;
        let traces = receiver.shutdown().traces();
        ensure!(span_names(&traces) == ONE_SPAN, "JDK {}: {loaded:?} {ended:?}: {traces:?}", jdk.feature);
        ensure!(ended.stdout == "READY <port>\n", "JDK {}: {ended:?}", jdk.feature);
        ensure!(own_lines(&ended.stderr).is_empty(), "JDK {}: {ended:?}", jdk.feature);
    }
    Ok(())
}

#[test]
fn the_library_can_be_loaded_by_the_application() -> Result<()> {
    let source = "import java.net.URI; import java.net.http.*;
        public class Load { public static void main(String[] arguments) throws Exception {
            System.load(arguments[0]);
            HttpRequest request = HttpRequest.newBuilder(URI.create(arguments[1])).build();
            System.out.println(HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.discarding()).statusCode());
        } }";
    let classes = Classes::compile(&[("Load.java", source)], &[])?;
    let path = classes.path().display().to_string();
    let library = paths::agent_library().display().to_string();
    for jdk in jdk::found() {
        let receiver = Receiver::start(ReceiverOptions::free_ports())?;
        let endpoint = receiver.http_endpoint();
        let url = format!("{endpoint}/nothing-there");
        let ended = run(&mut java(
            &jdk,
            &["-cp", &path, "Load", &library, &url],
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)],
        ))?;
        let traces = receiver.shutdown().traces();
        ensure!(ended.stdout == "404\n", "JDK {}: {ended:?}", jdk.feature);
        ensure!(own_lines(&ended.stderr).is_empty(), "JDK {}: {ended:?}", jdk.feature);
        ensure!(span_names(&traces) == ["GET"], "JDK {}: {ended:?} {traces:?}", jdk.feature);
    }
    Ok(())
}

#[test]
fn what_is_wrong_with_the_settings_is_said_and_the_application_starts() -> Result<()> {
    let jdk = jdk::found().into_iter().next_back().context("no JDK")?;
    for (options, property, lines) in [
        ("otel.bsp.schedule.delay=soon", "a=b", &[&["otel.bsp.schedule.delay", "soon", "is not"][..]][..]),
        (
            "otel.bsp.schedule.delay=soon;otel.bsp.max.queue.size=many",
            "otel.traces.sampler=sometimes",
            &[
                &["otel.bsp.schedule.delay", "soon"],
                &["otel.bsp.max.queue.size", "many"],
                &["otel.traces.sampler", "sometimes"],
            ],
        ),
        ("otel.exporter.otlp.endpiont=x", "a=b", &[&["otel.exporter.otlp.endpiont", "did you mean"]]),
        ("nonsense", "a=b", &[&["nonsense", "key=value"]]),
        ("otel.javaagent.configuration-file=/nowhere", "a=b", &[&["/nowhere"]]),
    ] {
        let property = format!("-D{property}");
        let arguments = [shipped(options), property, "-jar".to_owned(), hello()];
        let ended = run(&mut java(&jdk, &arguments, &[]))?;
        ensure!(ended.status.success() && ended.stdout == "hello\n", "{options}: {ended:?}");
        let own = own_lines(&ended.stderr);
        ensure!(own.len() == lines.len(), "{options}: {own:#?}");
        for parts in lines {
            let said = own.iter().any(|line| parts.iter().all(|part| line.contains(part)));
            ensure!(said, "{options}: {parts:?} in none of {own:#?}");
        }
    }
    Ok(())
}

#[test]
fn what_is_switched_off_changes_no_class() -> Result<()> {
    let jdk = jdk::found().into_iter().next_back().context("no JDK")?;
    for (option, patched_by_others) in [
        ("otel.sdk.disabled=true", false),
        ("otel.javaagent.enabled=false", false),
        ("otel.instrumentation.common.default-enabled=false", false),
        ("otel.instrumentation.tomcat.enabled=false", true),
    ] {
        let (ended, traces) =
            one_request(&jdk, &[shipped(&format!("otel.javaagent.debug=true;{option}"))], &[])?;
        let patched: Vec<&str> = ended.stderr.lines().filter(|line| line.contains("] patched ")).collect();
        ensure!(patched.is_empty() != patched_by_others, "{option}: {patched:#?}");
        ensure!(!patched.iter().any(|line| line.ends_with(" by tomcat")), "{option}: {patched:#?}");
        ensure!(traces.is_empty(), "{option}: {traces:?}");
    }
    Ok(())
}

#[test]
fn libraries_that_are_not_covered_yet_are_named_at_debug_level() -> Result<()> {
    let sources = [
        ("okhttp3/OkHttpClient.java", "package okhttp3; public class OkHttpClient { }"),
        (
            "Uses.java",
            "public class Uses { public static void main(String[] a) { new okhttp3.OkHttpClient(); } }",
        ),
    ];
    let classes = Classes::compile(&sources, &[])?;
    let path = classes.path().display().to_string();
    for jdk in jdk::found() {
        for (options, expected) in [("otel.javaagent.debug=true", 1), ("", 0)] {
            let agent = argument_for(&paths::agent_library(), options);
            let ended = run(&mut java(&jdk, &[&agent, "-cp", &path, "Uses"], &[]))?;
            let line = "[otelrs] seen, and not covered yet: OkHttp";
            let named = ended.stderr.lines().filter(|said| said.starts_with(line)).count();
            ensure!(named == expected, "JDK {}, {options:?}: {ended:?}", jdk.feature);
        }
    }
    Ok(())
}
