//! What is done now, and how long the rest will take.

use std::time::{Duration, Instant};

/// Steps of a known share of the work; speaks on standard error.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Seconds that all steps would take on a machine of two cores.
    planned: f64,
    done: f64,
    started: Instant,
}

impl Progress {
    /// Begins work that would take so many seconds on a machine of two cores.
    pub(crate) fn begin(planned: f64) -> Self {
        Self { planned, done: 0.0, started: Instant::now() }
    }

    /// Says what is done next, which is so many seconds of the plan.
    pub(crate) fn step(&mut self, what: &str, seconds: f64) {
        let left = left(self.planned, self.done, self.started.elapsed());
        eprintln!("bench: {what}; about {} left", shown(left));
        self.done += seconds;
    }
}

/// The plan, corrected by how long what is done has taken.
fn left(planned: f64, done: f64, elapsed: Duration) -> Duration {
    let pace = if done > 0.0 { elapsed.as_secs_f64() / done } else { 1.0 };
    Duration::from_secs_f64(((planned - done) * pace).max(0.0))
}

fn shown(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..90 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_follows_the_pace_so_far() {
        for (done, elapsed, expected, text) in [
            (0.0, 0, 600, "10 min"),
            (300.0, 600, 600, "10 min"),
            (580.0, 580, 20, "20 s"),
            (700.0, 700, 0, "0 s"),
        ] {
            let left = left(600.0, done, Duration::from_secs(elapsed));
            assert_eq!((left.as_secs(), shown(left).as_str()), (expected, text), "{done} in {elapsed} s");
        }
    }
}
