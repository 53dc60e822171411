//! What became of the spans of a server: none is lost without being counted.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::variant::Variant;

/// What the agent says at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reported {
    /// Accepted by the collector.
    pub(crate) exported: u64,
    /// Not queued, because the queue was full.
    pub(crate) dropped: u64,
    /// Queued and not accepted.
    pub(crate) failed: u64,
}

/// Both sides of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    /// By all requests.
    pub(crate) made: u64,
    /// By the collector.
    pub(crate) received: u64,
    /// By the agent.
    pub(crate) reported: Reported,
}

impl Reported {
    /// Of what the agent wrote to standard error at its debug level.
    ///
    /// # Errors
    /// When it did not come to its end.
    fn read(stderr: &str) -> Result<Self> {
        let counts =
            stderr.lines().rev().find_map(|line| line.split_once("; spans: ")).map(|(_, counts)| counts);
        let counts = counts.context("the agent did not say what became of its spans")?;
        let count = |name: &str| {
            let count =
                counts.split(", ").find_map(|count| count.trim().strip_suffix(name)?.trim().parse().ok());
            count.with_context(|| format!("the agent did not say how many spans were {name}: {counts}"))
        };
        Ok(Self { exported: count("exported")?, dropped: count("dropped")?, failed: count("failed")? })
    }
}

impl Account {
    /// The account of a server that has ended, and wrote this to standard error.
    ///
    /// # Errors
    /// As [`Reported::read`] and [`Account::check`].
    pub(crate) fn of(variant: Variant, made: u64, received: u64, stderr: &str) -> Result<Self> {
        let reported = match variant {
            Variant::Ours => Reported::read(stderr)?,
            _ => Reported::default(),
        };
        let account = Self { made, received, reported };
        account.check()?;
        Ok(account)
    }

    /// Whether every span was received or is counted as dropped, and none twice.
    ///
    /// # Errors
    /// When the sides differ.
    fn check(&self) -> Result<()> {
        let Self { made, received, reported } = *self;
        ensure!(
            reported.exported == received && received + reported.dropped + reported.failed == made,
            "of {made} spans {received} were received, and the agent says {reported:?}"
        );
        ensure!(reported.failed == 0, "a slow collector is waited for: {reported:?}");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_agent_says_is_read() {
        let said = "[otelrs] debug: 40 classes seen; spans: 7 exported, 3 dropped, 0 failed\n";
        assert_eq!(Reported::read(said).unwrap(), Reported { exported: 7, dropped: 3, failed: 0 });
        assert!(Reported::read("[otelrs] debug: nothing\n").is_err());
    }

    #[test]
    fn a_span_that_is_neither_received_nor_counted_is_noticed() {
        let good =
            Account { made: 10, received: 7, reported: Reported { exported: 7, dropped: 3, failed: 0 } };
        assert!(good.check().is_ok());
        let reported = good.reported;
        for bad in [
            Account { made: 11, ..good },
            Account { received: 6, ..good },
            Account { reported: Reported { dropped: 2, ..reported }, ..good },
            Account { made: 11, reported: Reported { failed: 1, ..reported }, ..good },
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }
}
