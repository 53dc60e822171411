//! Plots: horizontal bars of medians, with a line from the lowest to the highest round. SVG written out: bars and lines
//! need no library, and light and dark pages both show it.

use std::fmt::Write;

use crate::samples::{Figure, Metric, Samples};
use crate::scenario::{Endpoint, Pace};
use crate::variant::Variant;

const WIDTH: f64 = 760.0;
/// Left of the bars: what they are called.
const NAMES: f64 = 200.0;
/// Right of the bars: their numbers.
const NUMBERS: f64 = 190.0;
const LINE: f64 = 18.0;
const STYLE: &str = "text{font:12px sans-serif;fill:#777}.title{font-weight:bold}.none{fill:#9aa5b1}.hook{fill:#b8c4d0}\
    .ours{fill:#2f81b7}.java{fill:#d1793a}.lost{opacity:.35}line{stroke:#777;stroke-width:1.5}";

struct Bar {
    group: &'static str,
    variant: Variant,
    median: f64,
    low: f64,
    high: f64,
    number: String,
    lost: bool,
}

/// Each plot with its name; those of which nothing was measured are left out.
pub(super) fn plots(samples: &Samples) -> Vec<(&'static str, String)> {
    let requests = |pace| {
        let metric = |endpoint| Metric::Request(endpoint, pace, Figure::Cpu);
        bars(samples, &Endpoint::ALL.map(|endpoint| (endpoint.label(), metric(endpoint))))
    };
    let start = [
        ("Hello program, wall", Metric::HelloWall),
        ("Spring Boot to first 200, wall", Metric::FirstAnswerWall),
        ("Spring Boot to first 200, CPU", Metric::FirstAnswerCpu),
    ];
    let memory = [("resident, idle", Metric::IdleMemory), ("resident after load", Metric::LoadedMemory)];
    let title = |pace: Pace| format!("CPU a request, {}", pace.label());
    [
        ("start", "Start-up".to_owned(), bars(samples, &start)),
        ("saturated", title(Pace::Saturated), requests(Pace::Saturated)),
        ("paced", title(Pace::Paced), requests(Pace::Paced)),
        ("memory", "Memory".to_owned(), bars(samples, &memory)),
    ]
    .into_iter()
    .filter(|(_, _, bars)| !bars.is_empty())
    .map(|(name, title, bars)| (name, draw(&title, &bars)))
    .collect()
}

fn bars(samples: &Samples, groups: &[(&'static str, Metric)]) -> Vec<Bar> {
    let mut bars = Vec::new();
    for &(group, metric) in groups {
        for variant in Variant::ALL {
            let Some(median) = samples.median(metric, variant) else { continue };
            let ends = samples
                .values(metric, variant)
                .fold((median, median), |(low, high), value| (f64::min(low, value), f64::max(high, value)));
            let lost = !samples.is_comparable(metric, variant);
            let mut number = metric.unit().show(median);
            if lost {
                number.push_str(", spans lost");
            }
            bars.push(Bar { group, variant, median, low: ends.0, high: ends.1, number, lost });
        }
    }
    bars
}

fn draw(title: &str, bars: &[Bar]) -> String {
    let mut body = String::new();
    let mut y = LINE;
    let _ = writeln!(body, "<text class=\"title\" x=\"0\" y=\"{y}\">{title}</text>");
    for group in bars.chunk_by(|one, other| one.group == other.group) {
        y += 1.5 * LINE;
        let _ = writeln!(
            body,
            "<text class=\"title\" x=\"0\" y=\"{y}\">{}</text>",
            group.first().map_or("", |bar| bar.group)
        );
        // Each group has a scale of its own: their units differ.
        let scale =
            (WIDTH - NAMES - NUMBERS) / group.iter().map(|bar| bar.high).fold(f64::MIN_POSITIVE, f64::max);
        for bar in group {
            y += LINE;
            let (middle, class, faint) = (y - 4.0, class(bar.variant), if bar.lost { " lost" } else { "" });
            let at = |value: f64| NAMES + value * scale;
            let _ = writeln!(
                body,
                "<text x=\"{}\" y=\"{y}\" text-anchor=\"end\">{}</text>",
                NAMES - 8.0,
                bar.variant.label()
            );
            let _ = writeln!(
                body,
                "<rect class=\"{class}{faint}\" x=\"{NAMES}\" y=\"{}\" width=\"{:.1}\" height=\"12\"/>",
                y - 10.0,
                bar.median * scale
            );
            let _ = writeln!(
                body,
                "<line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{middle}\" y2=\"{middle}\"/>",
                at(bar.low),
                at(bar.high)
            );
            let _ = writeln!(body, "<text x=\"{:.1}\" y=\"{y}\">{}</text>", at(bar.high) + 8.0, bar.number);
        }
    }
    let height = y + LINE / 2.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\">\n\
         <style>{STYLE}</style>\n{body}</svg>\n"
    )
}

fn class(variant: Variant) -> &'static str {
    match variant {
        Variant::None | Variant::NoneAgain => "none",
        Variant::HookOnly => "hook",
        Variant::Ours | Variant::OursSampledOut | Variant::OursOff => "ours",
        Variant::JavaAgent | Variant::JavaAgentSampledOut => "java",
    }
}
