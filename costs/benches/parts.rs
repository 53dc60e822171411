//! Nanoseconds of each part: `cargo bench -p otelrs-costs`, with the agent's profile `--profile agent`.

use criterion::{Criterion, Throughput};
use otelrs_costs::{NAMES, Part};

fn main() -> anyhow::Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    for name in NAMES {
        let mut part = Part::named(name)?;
        let mut group = criterion.benchmark_group(part.name);
        group.throughput(Throughput::Elements(part.operations));
        group.bench_function("wall", |bencher| bencher.iter(|| part.run()));
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}
