//! Processor time of handing a record over when 1, 2, 4 and 16 threads do so at once: `cargo bench -p otelrs-costs --bench
//! threads`. Where they share no line that is written, it is the same for each.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use criterion::Criterion;
use nix::time::{ClockId, clock_gettime};
use otelrs_costs::server_record;
use otelrs_sdk::ring::{Ring, RingLimits};

const THREADS: [usize; 4] = [1, 2, 4, 16];
/// Each thread's, before all of them are taken out again.
const RECORDS: u64 = 4_096;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("handed over");
    for threads in THREADS {
        // Nothing is dropped, and nobody is asked to take anything out.
        let capacity = threads * RECORDS as usize;
        let ring = Ring::new(RingLimits { max_records: 2 * capacity, max_bytes: usize::MAX / 2, batch: 512 });
        group.bench_function(format!("{threads} threads"), |bencher| {
            bencher.iter_custom(|records| {
                let mut used = Duration::ZERO;
                let mut left = records;
                while left > 0 {
                    let now = left.min(RECORDS);
                    used += handed_over(&ring, threads, now);
                    left -= now;
                }
                used
            });
        });
        assert_eq!(ring.dropped(), 0, "what is dropped costs nothing");
    }
    group.finish();
    criterion.final_summary();
}

/// The processor time that each of the threads takes for so many records, on average.
fn handed_over(ring: &Ring, threads: usize, records: u64) -> Duration {
    let begin = Barrier::new(threads);
    let each = || {
        let record = server_record();
        begin.wait();
        let before = processor_time();
        for _ in 0..records {
            let _ = black_box(ring.push(record.clone()));
        }
        processor_time().saturating_sub(before)
    };
    let used: Duration = thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(each)).collect();
        all.into_iter().filter_map(|thread| thread.join().ok()).sum()
    });
    ring.drain(usize::MAX, &mut Vec::new());
    used / u32::try_from(threads).unwrap_or(1)
}

fn processor_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from).unwrap_or_default()
}
