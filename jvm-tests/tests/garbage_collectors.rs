//! Under each garbage collector: requests leave no handle behind, threads are stopped for
//! nothing that they are not stopped for without us, and traces are whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use otelrs_jvm_tests::expected::Expected;
use otelrs_jvm_tests::handles::{self, Handles};
use otelrs_jvm_tests::load::Load;
use otelrs_jvm_tests::program::{clean_command, run};
use otelrs_jvm_tests::traced::{Launch, Traced, spring_boot_for};
use otelrs_jvm_tests::wait;
use otelrs_test_support::jdk::{self, Jdk};
use otelrs_test_support::safepoints::{self, Safepoint};
use tempfile::TempDir;

/// A garbage collector, by the argument that chooses it, with the beginnings of the names of its VM operations. Which of
/// them run in a phase depends on how full the heap is.
const COLLECTORS: [(&str, &[&str]); 5] = [
    ("-XX:+UseSerialGC", &["GenCollect", "Serial"]),
    ("-XX:+UseParallelGC", &["Parallel"]),
    ("-XX:+UseG1GC", &["G1"]),
    ("-XX:+UseZGC", &["Z", "X"]),
    ("-XX:+UseShenandoahGC", &["Shenandoah"]),
];

/// What a JVM does now and then with any collector: a full metaspace or code cache, classes to clean up after, locks that
/// were biased, its own timer.
const HOUSEKEEPING: [&str; 6] = [
    "CollectForMetadataAllocation",
    "ICBufferFull",
    "CleanClassLoaderDataMetaspaces",
    "Cleanup",
    "RevokeBias",
    "BulkRevokeBias",
];

/// A request with a query, one with a Statement, one with a call by an HTTP client.
const ON_ONE_THREAD: [&str; 3] = ["/orders/1", "/statement", "/call/1"];

/// Over an executor too. Not before an attachment: a worker that waits for tasks then keeps the code that it waits in.
const OVER_THREADS: [&str; 5] = ["/orders/1", "/statement", "/call/1", "/fanout", "/execute"];

/// Requests after which each path has run often enough for nothing to be loaded or linked any more.
const WARM_UP: u64 = 200;

/// What happened while requests were answered.
struct Phase {
    safepoints: Vec<Safepoint>,
    /// How many more handles there were afterwards.
    growth: Handles,
}

impl Phase {
    fn operations(&self) -> BTreeSet<&str> {
        self.safepoints.iter().map(|safepoint| safepoint.operation.as_str()).collect()
    }

    fn milliseconds(&self) -> f64 {
        self.safepoints.iter().map(|safepoint| safepoint.milliseconds).sum()
    }

    fn longest(&self) -> f64 {
        self.safepoints.iter().map(|safepoint| safepoint.milliseconds).fold(0.0, f64::max)
    }
}

/// A Spring Boot application under one collector, whose JVM logs each handle and each safepoint.
struct Observed {
    application: Traced,
    paths: &'static [&'static str],
    jdk: Jdk,
    log: PathBuf,
    _folder: TempDir,
}

impl Observed {
    fn start(jdk: &Jdk, collector: &str, later: bool) -> Result<Observed> {
        let folder = TempDir::new()?;
        let log = folder.path().join("log");
        // In one file, however long, so that none of it is missed.
        let logging =
            format!("-Xlog:{},oopstorage+ref=trace:file={}::filesize=0", safepoints::LOGGING, log.display());
        let jvm = [
            "-Xmx128m",
            // Small enough to be collected while requests run, in which most objects die.
            "-Xmn8m",
            // JDK 11 has ZGC only so; the fixture has the serial collector otherwise.
            "-XX:+UnlockExperimentalVMOptions",
            "-XX:-UseSerialGC",
            collector,
            &logging,
        ];
        let launch = Launch { jvm: &jvm, later, ..Launch::default() };
        let application = Traced::start(jdk, spring_boot_for(jdk), &launch)?;
        let paths: &[&str] = if later { &ON_ONE_THREAD } else { &OVER_THREADS };
        Ok(Observed { application, paths, jdk: jdk.clone(), log, _folder: folder })
    }

    fn log(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&fs::read(&self.log)?).into_owned())
    }

    fn jcmd(&self, command: &str) -> Result<String> {
        let id = self.application.process().id().to_string();
        let ended = run(clean_command(&self.jdk.home.join("bin/jcmd")).args([&id, command]))?;
        ensure!(ended.status.success(), "jcmd {command}: {ended:?}");
        Ok(ended.stdout)
    }

    /// The handles that are left when what nobody refers to has been collected and no compiler thread is at work, which
    /// holds a method by a handle. The JVM's own count of the strong ones of JNI shows that none was missed.
    fn handles(&self) -> Result<Handles> {
        self.jcmd("GC.run")?;
        let mut live = Handles::new();
        wait::until("the JVM counts the handles that its log has", || {
            let threads = self.jcmd("Thread.print")?;
            live = handles::live(&self.log()?);
            let counted = threads.lines().find_map(|line| line.strip_prefix("JNI global refs: "));
            let counted = counted.and_then(|line| line.split(',').next()?.trim().parse().ok());
            let counted: i64 = counted.with_context(|| format!("no count of handles: {threads}"))?;
            Ok(live.get("JNI Global") == Some(&counted) && live.get("JNI Weak").is_none_or(|weak| *weak == 0))
        })?;
        Ok(live)
    }

    fn send(&self, requests: u64) -> Result<u64> {
        let load = Load::start(self.application.process().port(), self.paths);
        // A hundred at a time: each wait has its own deadline.
        (0..requests.div_ceil(100)).try_for_each(|_| load.wait_for(100))?;
        load.stop()
    }

    /// Sends requests, and looks before and after.
    fn phase(&self, requests: u64) -> Result<Phase> {
        self.send(WARM_UP)?;
        let before = self.handles()?;
        let safepoints_before = safepoints::read(&self.log()?).len();
        self.send(requests)?;
        let mut safepoints = safepoints::read(&self.log()?);
        safepoints.drain(..safepoints_before);
        let mut growth = self.handles()?;
        for (storage, count) in before {
            *growth.entry(storage).or_default() -= count;
        }
        Ok(Phase { safepoints, growth })
    }

    /// Every request of the expectation file has its whole tree.
    fn gives_whole_trees(self, context: &str) -> Result<()> {
        let skip: &[&str] = if self.jdk.feature < 21 { &["/virtual"] } else { &[] };
        let shows = |tree: otelrs_viewer::tree::TreeOptions| tree.hide(&["user_agent.original"]).with_scope();
        Expected::read("spring-boot")?.check(context, self.application, skip, shows).map(drop)
    }
}

/// A request that leaves a handle behind leaves as many as there are requests. JNI's and JVMTI's, which are an agent's, are
/// to be as many as before, but for one that JVMTI has for each thread from JDK 21 on, for as long as it lives.
fn nothing_is_left_behind(context: &str, phase: &Phase, requests: u64) -> Result<()> {
    let threads = phase.growth.get("Thread OopStorage").copied().unwrap_or_default();
    for (storage, growth) in &phase.growth {
        let bound = match storage.as_str() {
            "JVMTI OopStorage" => threads.max(0),
            name if name.starts_with("JNI") || name.starts_with("JVMTI") => 0,
            _ => i64::try_from(requests)? - 1,
        };
        ensure!(
            *growth <= bound,
            "{context}: {growth} more of {storage} after {requests} requests: {:?}",
            phase.growth
        );
    }
    Ok(())
}

fn nothing_else_stops_threads(context: &str, own: &[&str], with: &Phase, without: &Phase) -> Result<()> {
    let mut ours = with.operations();
    ours.retain(|operation| {
        !without.operations().contains(operation)
            && !HOUSEKEEPING.contains(operation)
            && !own.iter().any(|beginning| operation.starts_with(beginning))
    });
    ensure!(ours.is_empty(), "{context}: threads were stopped for {ours:?}: {:?}", with.safepoints);
    Ok(())
}

/// Whether this JVM has it; one that has not is named.
fn has(jdk: &Jdk, collector: &str) -> Result<bool> {
    let asked = ["-XX:+UnlockExperimentalVMOptions", collector, "-Xmx64m", "-version"];
    let ended = run(clean_command(&jdk.java).args(asked))?;
    if !ended.status.success() {
        eprintln!("skipped: {collector} on JDK {}, which has none", jdk.feature);
    }
    Ok(ended.status.success())
}

/// What was seen, for a person: how long pauses are decides nothing.
fn say(context: &str, requests: u64, phase: &Phase) {
    let mut counts = BTreeMap::<&str, usize>::new();
    for safepoint in &phase.safepoints {
        *counts.entry(&safepoint.operation).or_default() += 1;
    }
    let growth: Handles = phase.growth.clone().into_iter().filter(|(_, more)| *more != 0).collect();
    println!(
        "{context}: {requests} requests, {} safepoints of {:.2} ms in all, the longest {:.2} ms: {counts:?}; handles: {growth:?}",
        phase.safepoints.len(),
        phase.milliseconds(),
        phase.longest(),
    );
}

fn under_each_collector(feature: u16, requests: u64, from_the_start_too: bool) -> Result<()> {
    let Some(jdk) = jdk::feature(feature) else {
        eprintln!("skipped: collectors of JDK {feature}, which this machine lacks");
        return Ok(());
    };
    for (collector, own) in COLLECTORS {
        if !has(&jdk, collector)? {
            continue;
        }
        let context = |how: &str| format!("JDK {feature} {collector}, {how}");
        let application = Observed::start(&jdk, collector, true)?;
        let without = application.phase(requests).with_context(|| context("without us"))?;
        say(&context("without us"), requests, &without);
        let with_us = |application: Observed, how: &str| -> Result<()> {
            let context = context(how);
            let with = application.phase(requests).with_context(|| context.clone())?;
            say(&context, requests, &with);
            nothing_is_left_behind(&context, &with, requests)?;
            nothing_else_stops_threads(&context, own, &with, &without)?;
            application.gives_whole_trees(&context)
        };
        application.application.attach()?;
        with_us(application, "attached")?;
        if from_the_start_too {
            with_us(Observed::start(&jdk, collector, false)?, "from the start")?;
        }
    }
    Ok(())
}

#[test]
fn on_jdk_17() -> Result<()> {
    under_each_collector(17, 500, false)
}

#[test]
fn on_jdk_25() -> Result<()> {
    under_each_collector(25, 500, false)
}

#[test]
#[ignore = "half an hour: ./x test --full"]
fn on_each_jdk_attached_and_from_the_start() -> Result<()> {
    jdk::FEATURES.into_iter().try_for_each(|feature| under_each_collector(feature, 2_000, true))
}
