//! The README's part: the figures that a reader asks for first.

use super::BUSY_MACHINE;
use super::sections::{added, median, targets_table};
use super::table::Table;
use crate::run::Results;
use crate::samples::{Figure, Metric, Unit};
use crate::scenario::{Endpoint, Pace};
use crate::target::Verdict;
use crate::variant::Variant;

/// A short table, and the targets of which something was measured; `name` is that of the results.
pub(crate) fn summary(results: &Results, name: &str) -> String {
    let environment = &results.environment;
    let Some(run) = results.runs.first() else { return String::new() };
    let samples = &run.samples;
    let heads = ["", "none", "otelrs adds", &format!("Java agent {} adds", environment.java_agent_version())];
    let mut table = Table::new(&heads);
    let mut metrics = vec![
        Metric::HelloWall,
        Metric::HelloCpu,
        Metric::FirstAnswerWall,
        Metric::FirstAnswerCpu,
        Metric::IdleMemory,
        Metric::LoadedMemory,
        Metric::Threads,
    ];
    for pace in Pace::ALL {
        metrics.extend(Endpoint::ALL.map(|endpoint| Metric::Request(endpoint, pace, Figure::Cpu)));
    }
    for metric in metrics {
        if samples.median(metric, Variant::None).is_some() {
            table.row([
                metric.to_string(),
                median(samples, metric, Variant::None),
                added(samples, metric, Variant::Ours),
                added(samples, metric, Variant::JavaAgent),
            ]);
        }
    }
    for endpoint in Endpoint::ALL {
        let lost = |variant| samples.lost(variant, endpoint, Pace::Saturated);
        if lost(Variant::Ours).is_some() {
            let show = |variant| lost(variant).map_or("-".to_owned(), |share| Unit::Share.show(share));
            table.row([
                format!("spans lost at saturation, {}", endpoint.label()),
                "-".to_owned(),
                show(Variant::Ours),
                show(Variant::JavaAgent),
            ]);
        }
    }
    let busy = if environment.is_busy() { format!("**{BUSY_MACHINE}** ") } else { String::new() };
    format!(
        "{busy}{}, median of the rounds and what is added to it, with its 95 % confidence interval; a variant that lost \
         spans is not compared. {}; Linux {}. All figures: [bench/results/{name}](bench/results/{name}/report.md).\n\n\
         {table}\n{}",
        run.setting.label(),
        environment.machine,
        environment.kernel,
        targets_table(results, |verdict| !matches!(
            verdict,
            Verdict::NotMeasured | Verdict::ByAdvice | Verdict::Elsewhere
        )),
    )
}
