//! The queue between the request threads and the agent's own thread: bounded in records and in bytes, lock-free.
//!
//! It is striped so that request threads on different cores write different cache lines. A thread starts at a stripe
//! of its own and goes on to the next ones only when that one is full, so nothing is dropped while any stripe has
//! room. What finds no room is dropped and counted; a producer never waits.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};

use crossbeam_queue::ArrayQueue;

use crate::record::Record;

/// More stripes than this cost memory and drain time and save nothing measurable.
const MAX_STRIPES: usize = 16;
/// A stripe shorter than this fills too soon to keep threads apart.
const MIN_STRIPE_LEN: usize = 64;

/// How much the ring holds and when it asks to be drained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RingLimits {
    /// Records in all stripes together (`otel.bsp.max.queue.size`); at least 1 is taken.
    pub max_records: usize,
    /// Payload bytes in all stripes together, not counting what the allocator adds.
    pub max_bytes: usize,
    /// Records from which a push asks for a drain (`otel.bsp.max.export.batch.size`).
    pub batch: usize,
}

impl Default for RingLimits {
    fn default() -> Self {
        Self { max_records: 2048, max_bytes: 16 << 20, batch: 512 }
    }
}

/// What a push asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Push {
    /// About a batch is waiting: unpark the exporter. Said at most once between two drains.
    pub wake: bool,
}

/// The queue. Any number of producers; drained by the agent's own thread (more drainers are sound).
#[derive(Debug)]
pub struct Ring {
    stripes: Box<[Stripe]>,
    /// Payload bytes that one stripe may hold.
    stripe_bytes: usize,
    /// A stripe looks at the others once in so many records of its own.
    share: usize,
    batch: usize,
    wake_pending: Padded<AtomicBool>,
    /// Where the next drain starts, so that no stripe is always last.
    cursor: Padded<AtomicUsize>,
}

#[derive(Debug)]
struct Stripe {
    counters: Padded<Counters>,
    queue: ArrayQueue<Record>,
}

/// Raised before a record is stored and lowered after it is taken: never below what the queue really holds.
#[derive(Debug, Default)]
struct Counters {
    records: AtomicUsize,
    bytes: AtomicUsize,
    dropped: AtomicU64,
}

/// 128, not 64: adjacent cache lines are fetched in pairs on x86-64, and some aarch64 cores have lines of 128 bytes.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Padded<T>(T);

impl Ring {
    /// A ring with as many stripes as the machine runs threads at once, within reason.
    pub fn new(limits: RingLimits) -> Self {
        let parallelism = std::thread::available_parallelism().map_or(1, usize::from);
        let stripes = parallelism.next_power_of_two().min(limits.max_records / MIN_STRIPE_LEN);
        Self::with_stripes(limits, stripes.min(MAX_STRIPES))
    }

    /// A ring with a given number of stripes, which is kept between 1 and `max_records`.
    pub fn with_stripes(limits: RingLimits, stripes: usize) -> Self {
        let max_records = limits.max_records.max(1);
        let count = stripes.clamp(1, max_records);
        let (each, more) = (max_records / count, max_records % count);
        // Half of what fits: a batch that equals the queue would be asked for only when it is too late.
        let batch = limits.batch.min(max_records / 2).max(1);
        let stripe = |index| Stripe {
            counters: Padded::default(),
            queue: ArrayQueue::new(each + usize::from(index < more)),
        };
        Self {
            stripes: (0..count).map(stripe).collect(),
            stripe_bytes: limits.max_bytes / count,
            share: (batch / count).max(1),
            batch,
            wake_pending: Padded::default(),
            cursor: Padded::default(),
        }
    }

    /// Hands a record over, or drops and counts it when neither this thread's stripe nor another has room.
    pub fn push(&self, record: Record) -> Push {
        let bytes = record.payload.len();
        let home = thread_stripe() % self.stripes.len();
        let (before, from) = self.stripes.split_at(home);
        let mut record = record;
        for stripe in from.iter().chain(before) {
            match stripe.push(record, bytes, self.stripe_bytes) {
                Ok(records) => return Push { wake: self.wants_drain(records) },
                Err(refused) => record = refused,
            }
        }
        if let Some(stripe) = from.first() {
            stripe.counters.0.dropped.fetch_add(1, Relaxed);
        }
        Push { wake: !self.wake_pending.0.swap(true, Relaxed) }
    }

    /// Moves up to `max` records to `into`, each stripe's in the order they were pushed; says how many.
    pub fn drain(&self, max: usize, into: &mut Vec<Record>) -> usize {
        self.wake_pending.0.store(false, Relaxed);
        let start = self.cursor.0.fetch_add(1, Relaxed) % self.stripes.len();
        let (before, from) = self.stripes.split_at(start);
        let mut drained = 0;
        for stripe in from.iter().chain(before) {
            while drained < max {
                let Some(record) = stripe.pop() else { break };
                into.push(record);
                drained += 1;
            }
        }
        drained
    }

    /// Records dropped since the start.
    pub fn dropped(&self) -> u64 {
        self.stripes.iter().map(|stripe| stripe.counters.0.dropped.load(Relaxed)).sum()
    }

    /// Records waiting; exact when nobody is pushing or draining.
    pub fn len(&self) -> usize {
        self.stripes.iter().map(|stripe| stripe.counters.0.records.load(Relaxed)).sum()
    }

    /// Whether nothing waits; see [`Ring::len`].
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Payload bytes waiting; see [`Ring::len`].
    pub fn bytes(&self) -> usize {
        self.stripes.iter().map(|stripe| stripe.counters.0.bytes.load(Relaxed)).sum()
    }

    /// The other stripes' lines are read only once in `share` pushes, and the flag is written once a drain.
    fn wants_drain(&self, stripe_records: usize) -> bool {
        stripe_records.is_multiple_of(self.share)
            && self.len() >= self.batch
            && !self.wake_pending.0.load(Relaxed)
            && !self.wake_pending.0.swap(true, Relaxed)
    }
}

impl Stripe {
    /// Stores the record and says how many the stripe holds now, or gives the record back.
    fn push(&self, record: Record, bytes: usize, max_bytes: usize) -> Result<usize, Record> {
        let counters = &self.counters.0;
        let fits = counters.bytes.fetch_add(bytes, Relaxed).saturating_add(bytes) <= max_bytes;
        let records = counters.records.fetch_add(1, Relaxed) + 1;
        let pushed = if fits { self.queue.push(record) } else { Err(record) };
        pushed.map(|()| records).inspect_err(|_| self.release(bytes))
    }

    fn pop(&self) -> Option<Record> {
        self.queue.pop().inspect(|record| self.release(record.payload.len()))
    }

    fn release(&self, bytes: usize) {
        self.counters.0.bytes.fetch_sub(bytes, Relaxed);
        self.counters.0.records.fetch_sub(1, Relaxed);
    }
}

/// Where this OS thread starts. A virtual thread may have another carrier at its next call: never keep the result.
fn thread_stripe() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: Cell<Option<usize>> = const { Cell::new(None) };
    }
    let assign = |mine: &Cell<Option<usize>>| {
        mine.get().unwrap_or_else(|| {
            let stripe = NEXT.fetch_add(1, Relaxed);
            mine.set(Some(stripe));
            stripe
        })
    };
    MINE.try_with(assign).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Barrier;

    use super::*;

    fn record(span_id: u64, payload_len: usize) -> Record {
        Record {
            site: 1,
            trace_id: [1, 2],
            span_id,
            parent_span_id: 0,
            flags: 1,
            start: 10,
            end: 20,
            resource: 0,
            payload: vec![0; payload_len].into(),
        }
    }

    fn limits(max_records: usize, max_bytes: usize, batch: usize) -> RingLimits {
        RingLimits { max_records, max_bytes, batch }
    }

    fn drain_all(ring: &Ring) -> Vec<u64> {
        let mut records = Vec::new();
        ring.drain(usize::MAX, &mut records);
        records.into_iter().map(|record| record.span_id).collect()
    }

    #[test]
    fn one_thread_may_use_the_whole_capacity_whatever_the_number_of_stripes() {
        for (capacity, stripes) in [(1, 1), (7, 3), (64, 16), (2048, 8), (5, 16)] {
            let ring = Ring::with_stripes(limits(capacity, 1 << 20, 512), stripes);
            for id in 0..capacity as u64 + 3 {
                let _ = ring.push(record(id, 4));
            }
            assert_eq!(ring.dropped(), 3, "{capacity} in {stripes}");
            assert_eq!((ring.len(), ring.bytes()), (capacity, capacity * 4));
            assert_eq!(drain_all(&ring).len(), capacity);
            assert_eq!((ring.len(), ring.bytes()), (0, 0));
        }
    }

    #[test]
    fn payload_bytes_are_bounded_and_given_back() {
        let ring = Ring::with_stripes(limits(100, 1000, 50), 2);
        for id in 0..12 {
            let _ = ring.push(record(id, 100));
        }
        assert_eq!((ring.bytes(), ring.dropped()), (1000, 2));
        let _ = ring.push(record(99, 0));
        assert_eq!(ring.dropped(), 2, "a record without a payload still fits");
        drain_all(&ring);
        let _ = ring.push(record(100, 500));
        assert_eq!((ring.bytes(), ring.dropped()), (500, 2));
        let _ = ring.push(record(101, 501));
        assert_eq!(ring.dropped(), 3, "no stripe may hold it");
    }

    #[test]
    fn a_drain_takes_no_more_than_asked_in_the_order_of_each_stripe() {
        let ring = Ring::with_stripes(limits(10, 1000, 5), 1);
        for id in 0..5 {
            let _ = ring.push(record(id, 1));
        }
        let mut records = Vec::new();
        assert_eq!(ring.drain(3, &mut records), 3);
        assert_eq!(records.iter().map(|record| record.span_id).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(drain_all(&ring), [3, 4]);
    }

    #[test]
    fn a_push_asks_for_a_drain_once_when_a_batch_is_waiting() {
        let ring = Ring::with_stripes(limits(64, 1 << 20, 16), 4);
        let wakes = |count: u64| (0..count).filter(|id| ring.push(record(*id, 1)).wake).count();
        assert_eq!(wakes(15), 0);
        assert_eq!(wakes(5), 1);
        assert_eq!(wakes(20), 0, "asked already");
        drain_all(&ring);
        assert_eq!(wakes(20), 1);
    }

    #[test]
    fn a_drop_asks_for_a_drain_even_when_the_batch_is_never_reached() {
        let ring = Ring::with_stripes(limits(64, 10, 32), 1);
        assert!(!ring.push(record(1, 10)).wake);
        assert!(ring.push(record(2, 10)).wake);
    }

    #[test]
    fn counters_of_different_stripes_lie_on_different_cache_lines() {
        let ring = Ring::with_stripes(RingLimits::default(), 16);
        let lines_of = |counters: &Counters| {
            let start = std::ptr::from_ref(counters).addr();
            (start / 64, (start + size_of::<Counters>() - 1) / 64)
        };
        let mut lines = BTreeSet::new();
        for stripe in &ring.stripes {
            let (first, last) = lines_of(&stripe.counters.0);
            assert_eq!(first, last, "one stripe's counters share one line");
            assert!(lines.insert(first), "two stripes share line {first}");
        }
        let queue = std::ptr::from_ref(&ring.stripes[0].queue).addr() / 64;
        assert!(!lines.contains(&queue));
        // What each push reads, and what pushes and the agent's thread write.
        let line_of = |address: usize| address / 64;
        let stripes = line_of(std::ptr::from_ref(&ring.stripes).addr());
        let wake_pending = line_of(std::ptr::from_ref(&ring.wake_pending).addr());
        let cursor = line_of(std::ptr::from_ref(&ring.cursor).addr());
        assert_eq!(BTreeSet::from([stripes, wake_pending, cursor]).len(), 3);
    }

    #[test]
    fn whatever_was_pushed_is_drained_once_or_counted_as_dropped() {
        const THREADS: u64 = 8;
        const EACH: u64 = 20_000;
        let ring = Ring::with_stripes(limits(256, 4096, 64), 4);
        let begin = Barrier::new(THREADS as usize + 1);
        let mut seen = std::thread::scope(|scope| {
            let (ring, begin) = (&ring, &begin);
            let producers: Vec<_> = (0..THREADS)
                .map(|thread| {
                    scope.spawn(move || {
                        begin.wait();
                        for id in 0..EACH {
                            let _ = ring.push(record(thread * EACH + id, (id % 40) as usize));
                        }
                    })
                })
                .collect();
            begin.wait();
            let mut seen = Vec::new();
            while !producers.iter().all(|producer| producer.is_finished()) {
                seen.extend(drain_all(ring));
            }
            seen
        });
        seen.extend(drain_all(&ring));
        assert_eq!(seen.len() as u64 + ring.dropped(), THREADS * EACH);
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "no record came twice");
        assert_eq!((ring.len(), ring.bytes()), (0, 0));
    }
}
