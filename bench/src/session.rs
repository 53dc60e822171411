//! A session: everything that one command measures, written down and shown.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use otelrs_test_support::fixture::features_of;
use otelrs_test_support::{Jdk, jdk, paths};

use crate::affinity::Cores;
use crate::environment::{Environment, jdk_name};
use crate::jvm::Jvm;
use crate::measure::Bench;
use crate::plan::{Plan, PlanOptions};
use crate::progress::Progress;
use crate::run::{Archive, Collector, Results, Run, Setting, results_folder};
use crate::sink::Sink;
use crate::variant::{Agents, Variant};
use crate::{archive, generated, hook_agent, interrupt, report};

/// The command line.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// Within 3 minutes instead of 30: to see that it works, and differences that are large
    #[arg(long)]
    quick: bool,
    /// The other JDKs and garbage collectors too, and AppCDS and an AOT cache (exec to first 200): hours
    #[arg(long, conflicts_with = "quick")]
    all: bool,
    /// Only how long 20,000 generated classes take to load, beside the class hook alone: within 5 minutes
    #[arg(long, conflicts_with_all = ["quick", "all"])]
    classes: bool,
    /// Results go to bench/results/NAME ("latest", "quick" and "classes" are not committed)
    #[arg(long)]
    name: Option<String>,
    /// Measure nothing: make tables and plots of the results that there are again
    #[arg(long)]
    report: bool,
    /// Put the summary into README.md
    #[arg(long)]
    update_readme: bool,
    /// Feature release of the JDK
    #[arg(long, default_value_t = 25)]
    jdk: u16,
    /// Garbage collector
    #[arg(long, value_enum, default_value = "g1")]
    collector: Collector,
    /// One more argument for every JVM (repeatable)
    #[arg(long, allow_hyphen_values = true)]
    jvm_option: Vec<String>,
    #[command(flatten)]
    plan: PlanOptions,
}

/// One run that is to be made.
struct Planned {
    jdk: Jdk,
    collector: Collector,
    archive: Archive,
    plan: Plan,
}

impl Options {
    /// Measures, writes the results and shows them.
    ///
    /// # Errors
    /// When a JDK, a fixture or an agent is missing, or a program does not do what it should.
    pub(crate) fn run(&self) -> Result<()> {
        let by_default = match (self.quick, self.classes) {
            (true, _) => "quick",
            (_, true) => "classes",
            _ => "latest",
        };
        let name = self.name.as_deref().unwrap_or(by_default);
        let folder = results_folder(name);
        let results = if self.report { Results::read(&folder)? } else { self.measure(&folder)? };
        report::write(&results, &folder)?;
        println!("{}", report::render(&results));
        if self.update_readme {
            report::readme::update(&paths::workspace().join("README.md"), &report::summary(&results, name))?;
        }
        eprintln!("bench: report, plots and samples are in {}", folder.display());
        Ok(())
    }

    fn measure(&self, folder: &Path) -> Result<Results> {
        interrupt::end_children_when_interrupted()?;
        let work = paths::target().join("bench");
        let agents = Agents::found(hook_agent(&work));
        let plan = match (self.quick, self.classes) {
            (true, _) => Plan::quick(),
            (_, true) => Plan::classes(),
            _ => Plan::full(),
        };
        let plan = plan.with(&self.plan);
        let runs = self.planned(&without_missing(plan, &agents))?;
        let cores = Cores::choose()?;
        if cores.is_none() {
            eprintln!("bench: one processor only: server, load generator and collector share it");
        }
        let environment = Environment::read();
        if environment.is_busy() {
            eprintln!("bench: others are using this machine: the figures will mean little");
        }
        let sink = Sink::start(cores.map(|cores| cores.others))?;
        let mut progress = Progress::begin(runs.iter().map(|run| run.plan.seconds()).sum());
        let mut results = Results { environment, runs: Vec::new() };
        for Planned { jdk, collector, archive, plan } in runs {
            let setting = setting(&jdk, collector, archive, &plan, cores.is_some());
            eprintln!("bench: {}", setting.label());
            let mut jvm = Jvm {
                jdk,
                collector,
                agents: agents.clone(),
                endpoint: sink.endpoint(),
                options: self.jvm_option.clone(),
                archive: None,
            };
            let jar = prepared(&mut jvm, archive, &work)?;
            let classes = classes(&plan, &work)?;
            let bench = Bench { sink: &sink, cores, jar: &jar, classes: classes.as_deref() };
            let samples = bench.run(&jvm, &plan, &mut progress)?;
            results.runs.push(Run { setting, samples });
            // What is measured is kept, whatever comes of the next run.
            results.write(folder)?;
        }
        Ok(results)
    }

    /// The asked one first, then the archives and the other collectors with the same JDK, then the other JDKs.
    fn planned(&self, plan: &Plan) -> Result<Vec<Planned>> {
        let jdk = jdk::feature(self.jdk).with_context(|| format!("no JDK {}: run ./x jdks", self.jdk))?;
        let run = |jdk: &Jdk, collector, archive, plan: &Plan| {
            let (jdk, plan) = (jdk.clone(), plan.clone());
            Planned { jdk, collector, archive, plan }
        };
        let asked = self.collector;
        let mut runs = vec![run(&jdk, asked, Archive::Default, plan)];
        if self.all {
            for archive in [Archive::AppCds, Archive::AotCache] {
                if archive.is_possible(jdk.feature) {
                    runs.push(run(&jdk, asked, archive, &plan.starts_only()));
                }
            }
            for other in Collector::value_variants() {
                if *other != asked && other.is_in(&jdk)? {
                    runs.push(run(&jdk, *other, Archive::Default, plan));
                }
            }
            for other in jdk::found() {
                if other.feature != jdk.feature && features_of("boot35").contains(&other.feature) {
                    runs.push(run(&other, asked, Archive::Default, plan));
                }
            }
        }
        Ok(runs)
    }
}

fn setting(jdk: &Jdk, collector: Collector, archive: Archive, plan: &Plan, pinned: bool) -> Setting {
    let under_load = plan.rounds > 0;
    Setting {
        feature: jdk.feature,
        jdk: jdk_name(jdk),
        collector,
        archive,
        warm_up_seconds: if under_load { plan.durations.warm_up } else { 0.0 },
        load_seconds: if under_load { plan.durations.load } else { 0.0 },
        pinned,
    }
}

/// The jar to start; an archive of its classes is made where one is asked for.
fn prepared(jvm: &mut Jvm, archive: Archive, work: &Path) -> Result<PathBuf> {
    if archive == Archive::Default {
        return Ok(paths::fixture_jar("boot35"));
    }
    eprintln!("bench: writing the {}", archive.label());
    let folder = work.join(format!("{}-{}", jvm.jdk.feature, archive.label().replace(' ', "-")));
    fs::create_dir_all(&folder)?;
    let jar = archive::unpacked(jvm, &folder)?;
    jvm.archive = archive::write(jvm, archive, &jar, &folder)?;
    Ok(jar)
}

/// The jar of generated classes, where the plan has rounds of it and there is a compiler.
fn classes(plan: &Plan, work: &Path) -> Result<Option<PathBuf>> {
    if plan.class_rounds == 0 {
        return Ok(None);
    }
    let Some(compiler) = jdk::with_compiler() else { return Ok(None) };
    generated::jar(&compiler, generated::CLASSES, &work.join("generated")).map(Some)
}

fn hook_agent(work: &Path) -> Option<PathBuf> {
    hook_agent::compile(work).map_err(|failure| eprintln!("bench: {failure:#}")).ok()
}

/// Without the variants whose agent this machine lacks, each of which is named.
fn without_missing(mut plan: Plan, agents: &Agents) -> Plan {
    plan.variants.retain(|variant: &Variant| match variant.agent_argument(agents) {
        Ok(_) => true,
        Err(missing) => {
            eprintln!("bench: left out: {}: {missing}", variant.label());
            false
        }
    });
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::parsed;

    fn planned(line: &[&str]) -> Vec<Planned> {
        parsed::<Options>(line).planned(&Plan::full()).unwrap()
    }

    #[test]
    fn all_is_each_archive_and_collector_and_jdk() {
        if jdk::feature(25).is_none() {
            return;
        }
        assert_eq!(planned(&[]).len(), 1);
        let runs = planned(&["--all", "--collector", "serial"]);
        let [first, ..] = runs.as_slice() else { panic!("none") };
        assert_eq!(
            (first.jdk.feature, first.collector, first.archive),
            (25, Collector::Serial, Archive::Default)
        );
        let has = |wanted: &dyn Fn(&Planned) -> bool| runs.iter().filter(|run| wanted(run)).count() == 1;
        for archive in [Archive::AppCds, Archive::AotCache] {
            assert!(has(&|run| run.archive == archive && run.plan.rounds == 0), "{archive:?}");
        }
        for collector in [Collector::G1, Collector::Parallel] {
            assert!(has(&|run| run.collector == collector && run.plan.rounds > 0), "{collector:?}");
        }
        let others = jdk::found().into_iter().filter(|jdk| [17, 21].contains(&jdk.feature));
        for other in others {
            assert!(has(&|run| run.jdk.feature == other.feature && run.plan.rounds > 0), "{}", other.feature);
        }
    }
}
