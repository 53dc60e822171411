//! From the JVM's clock to the calendar: spans are timed by `CLOCK_MONOTONIC`, OTLP wants unix time.

/// An offset between two clocks, owned by the agent's own thread. The caller reads the clocks: two readings taken next
/// to each other, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Unix time minus monotonic time; wraps, since either may be the greater.
    offset: u64,
}

impl Clock {
    /// A clock that maps `monotonic` to `unix`.
    pub fn new(monotonic: u64, unix: u64) -> Self {
        Self { offset: unix.wrapping_sub(monotonic) }
    }

    /// Unix time of a monotonic time, nanoseconds.
    pub fn unix(&self, monotonic: u64) -> u64 {
        monotonic.wrapping_add(self.offset)
    }

    /// Start and end of a span, by one offset: its length is what the monotonic clock measured, whatever happened to
    /// the wall clock meanwhile. An end before the start (a record damaged on its way) becomes the start.
    pub fn span(&self, start: u64, end: u64) -> (u64, u64) {
        let unix = self.unix(start);
        (unix, unix.saturating_add(end.saturating_sub(start)))
    }

    /// Follows the wall clock, which may have been set. Between two spans only: never between the ends of one.
    pub fn recalibrate(&mut self, monotonic: u64, unix: u64) {
        *self = Self::new(monotonic, unix);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: u64 = 1_700_000_000_000_000_000;

    #[test]
    fn monotonic_times_become_unix_times() {
        let clock = Clock::new(5_000, NOON);
        assert_eq!(clock.unix(5_000), NOON);
        assert_eq!(clock.unix(6_500), NOON + 1_500);
        assert_eq!(clock.unix(4_000), NOON - 1_000, "before the calibration");
    }

    #[test]
    fn a_monotonic_clock_ahead_of_the_calendar_works_too() {
        let clock = Clock::new(NOON + 7, NOON);
        assert_eq!(clock.unix(NOON + 8), NOON + 1);
    }

    #[test]
    fn a_span_keeps_its_measured_length_when_the_wall_clock_is_set() {
        let mut clock = Clock::new(0, NOON);
        clock.recalibrate(1_000, NOON - 60_000_000_000);
        let (start, end) = clock.span(500, 900);
        assert_eq!(end - start, 400);
        assert_eq!(start, NOON - 60_000_000_000 - 500);
    }

    #[test]
    fn no_span_ends_before_it_starts() {
        let clock = Clock::new(0, NOON);
        assert_eq!(clock.span(900, 500), (NOON + 900, NOON + 900));
        assert_eq!(clock.span(0, u64::MAX).1, u64::MAX);
    }
}
