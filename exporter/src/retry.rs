//! When a batch is tried again. Source: OTLP specification, "OTLP/HTTP Throttling" and "OTLP/gRPC Throttling".

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::{Duration, SystemTime};

use crate::config::RetryPolicy;

/// The waits between the attempts of one batch.
pub(crate) struct Backoff<'a> {
    policy: &'a RetryPolicy,
    next: Duration,
    attempts: u32,
}

impl<'a> Backoff<'a> {
    /// The state after the first attempt.
    pub(crate) fn new(policy: &'a RetryPolicy) -> Self {
        Self { policy, next: policy.initial_backoff.min(policy.max_backoff), attempts: 1 }
    }

    /// Attempts made so far.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long to wait before the next attempt; `None` when the last one was made.
    ///
    /// What the collector asks for is kept to; otherwise a wait between 80 % and 120 % of the computed one, so that
    /// a restarted collector does not get all its clients at once.
    pub(crate) fn next_wait(&mut self, requested: Option<Duration>) -> Option<Duration> {
        if self.attempts >= self.policy.max_attempts {
            return None;
        }
        self.attempts += 1;
        let computed = self.next.mul_f64(0.8 + 0.4 * unit_random()).min(self.policy.max_backoff);
        let grown = Duration::try_from_secs_f64(self.next.as_secs_f64() * self.policy.multiplier);
        self.next = grown.unwrap_or(self.policy.max_backoff).min(self.policy.max_backoff);
        Some(requested.map_or(computed, |wait| wait.min(self.policy.max_requested)))
    }
}

/// At least 0, less than 1. `RandomState` is seeded by the system; jitter asks for no more.
fn unit_random() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 32;
    u32::try_from(bits).map_or(0.5, |bits| f64::from(bits) / (f64::from(u32::MAX) + 1.0))
}

/// `Retry-After`: seconds, or a date of RFC 9110. A date that has passed asks for no wait.
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_by_half_up_to_the_limit_and_end_with_the_attempts() {
        let policy = RetryPolicy { max_attempts: 7, ..RetryPolicy::default() };
        let mut backoff = Backoff::new(&policy);
        for expected in [1.0, 1.5, 2.25, 3.375, 5.0, 5.0] {
            let wait = backoff.next_wait(None).unwrap().as_secs_f64();
            assert!(wait >= expected * 0.799 && wait <= expected * 1.201, "{wait} for {expected}");
        }
        assert_eq!(backoff.attempts(), 7);
        assert_eq!(backoff.next_wait(None), None);
        assert_eq!(backoff.next_wait(Some(Duration::ZERO)), None);
    }

    #[test]
    fn what_the_collector_asks_for_goes_before_the_computed_wait_within_a_bound() {
        let policy = RetryPolicy::default();
        let mut backoff = Backoff::new(&policy);
        assert_eq!(backoff.next_wait(Some(Duration::from_secs(7))), Some(Duration::from_secs(7)));
        assert_eq!(backoff.next_wait(Some(Duration::from_secs(1 << 40))), Some(policy.max_requested));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let cases = [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sun, 06 Nov 1994 08:49:27 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
            ("", None),
        ];
        for (value, seconds) in cases {
            assert_eq!(retry_after(value, now), seconds.map(Duration::from_secs), "{value:?}");
        }
    }
}
