//! Percentiles of durations.

/// p50, p95 and p99 of a set of durations, nanoseconds, by nearest rank: each is a duration that occurred.
///
/// Exact over the spans that the store holds, and no histogram: the store is bounded by bytes already, so that there are
/// never more durations than it can hold, and a selection over 100,000 of them takes about a millisecond.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Percentiles {
    /// Median.
    pub p50_nanos: u64,
    /// 19 of 20 are no longer.
    pub p95_nanos: u64,
    /// 99 of 100 are no longer.
    pub p99_nanos: u64,
}

impl Percentiles {
    /// All zero for no durations. Reorders them.
    #[must_use]
    pub fn of(durations: &mut [u64]) -> Self {
        let mut at = |percent: usize| {
            let rank = (durations.len() * percent).div_ceil(100);
            let Some(index) = rank.checked_sub(1) else { return 0 };
            *durations.select_nth_unstable(index).1
        };
        Self { p50_nanos: at(50), p95_nanos: at(95), p99_nanos: at(99) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_durations_that_occurred() {
        let of = |mut durations: Vec<u64>| {
            let Percentiles { p50_nanos, p95_nanos, p99_nanos } = Percentiles::of(&mut durations);
            (p50_nanos, p95_nanos, p99_nanos)
        };
        assert_eq!(of(Vec::new()), (0, 0, 0));
        assert_eq!(of(vec![7]), (7, 7, 7));
        assert_eq!(of(vec![9, 1]), (1, 9, 9));
        assert_eq!(of((1..=100).rev().collect()), (50, 95, 99));
        assert_eq!(of((1..=1000).collect()), (500, 950, 990));
    }
}
