//! Virtual users: connections, each used by one request at a time, that join at once or one after the other.

use std::time::Duration;

use clap::Args;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Args)]
pub(crate) struct Users {
    /// Virtual users from the beginning.
    #[arg(long = "users", default_value_t = Users::FEW.first)]
    pub(crate) first: u32,
    /// More that join.
    #[arg(long = "more-users", default_value_t = Users::FEW.more)]
    pub(crate) more: u32,
    /// Within so many seconds.
    #[arg(long = "joining", default_value_t = Users::FEW.joining)]
    pub(crate) joining: f64,
}

impl Users {
    /// As many as keep one processor busy.
    pub(crate) const FEW: Self = Self { first: 8, more: 0, joining: 0.0 };

    /// All of them.
    pub(crate) fn count(self) -> u32 {
        self.first + self.more
    }

    /// When the one of this number joins: the last at the end of the time.
    pub(crate) fn join_after(self, number: u32) -> Duration {
        let place = (number + 1).saturating_sub(self.first);
        Duration::from_secs_f64(self.joining * f64::from(place) / f64::from(self.more.max(1)))
    }

    /// The arguments that say so.
    pub(crate) fn arguments(self) -> [String; 3] {
        let Self { first, more, joining } = self;
        [format!("--users={first}"), format!("--more-users={more}"), format!("--joining={joining}")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_join_one_after_the_other_within_the_time() {
        let users = Users { first: 100, more: 900, joining: 1.8 };
        assert_eq!(users.count(), 1000);
        for (number, milliseconds) in [(0, 0), (99, 0), (100, 2), (549, 900), (999, 1800)] {
            assert_eq!(users.join_after(number), Duration::from_millis(milliseconds), "{number}");
        }
        assert_eq!(Users::FEW.join_after(7), Duration::ZERO);
    }
}
