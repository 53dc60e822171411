//! From when on something counts as a finding. One table of names, defaults and texts; help and documentation derive
//! from it.

use std::str::FromStr;
use std::time::Duration;

/// Limits from which on findings are made. Each can be set by its name in [`Thresholds::TABLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// `settle`
    pub settle: Duration,
    /// `missing-parent-wait`
    pub missing_parent_wait: Duration,
    /// `missing-parent-remote`
    pub missing_parent_remote: bool,
    /// `unaccounted-time`
    pub unaccounted_time: Duration,
    /// `unaccounted-share`, percent
    pub unaccounted_share: u64,
    /// `repeated-query`
    pub repeated_query: u64,
    /// `cardinality`
    pub cardinality: u64,
    /// `cardinality-window`
    pub cardinality_window: Duration,
    /// `connection-wait`
    pub connection_wait: Duration,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            settle: Duration::from_secs(2),
            missing_parent_wait: Duration::from_secs(10),
            missing_parent_remote: false,
            unaccounted_time: Duration::from_millis(100),
            unaccounted_share: 50,
            repeated_query: 5,
            cardinality: 100,
            cardinality_window: Duration::from_secs(600),
            connection_wait: Duration::from_millis(100),
        }
    }
}

/// What a threshold's value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A whole number and `ms`, `s` or `m`.
    Duration,
    /// A whole number, at least 1.
    Count,
    /// A whole number from 0 to 100.
    Percent,
    /// `true` or `false`.
    Flag,
}

impl Form {
    /// The accepted form in words.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Duration => "a whole number and ms, s or m, such as 250ms",
            Self::Count => "a whole number of at least 1",
            Self::Percent => "a whole number from 0 to 100",
            Self::Flag => "true or false",
        }
    }
}

/// One threshold.
#[derive(Debug, Clone, Copy)]
pub struct Threshold {
    /// Such as `repeated-query`.
    pub name: &'static str,
    /// In its own form.
    pub default: &'static str,
    /// What its value looks like.
    pub form: Form,
    /// What it decides, one sentence.
    pub text: &'static str,
}

/// A threshold and its value, written `name=value`. Known to be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    name: String,
    value: String,
}

impl FromStr for Setting {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('=');
        let (name, value) = parts.ok_or_else(|| ThresholdError::Setting { given: text.to_owned() })?;
        Thresholds::default().set(name, value)?;
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

/// Why a threshold was not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThresholdError {
    /// Not a name and a value.
    #[error("expected NAME=VALUE, such as repeated-query=10, not {given:?}; the names are {}", names())]
    Setting {
        /// The text given.
        given: String,
    },
    /// No threshold has this name.
    #[error("there is no threshold {given:?}; the thresholds are {}", names())]
    Name {
        /// The name given.
        given: String,
    },
    /// The value is not in the threshold's form.
    #[error("threshold {name} is {}, not {given:?}", form.describe())]
    Value {
        /// The threshold.
        name: &'static str,
        /// What it accepts.
        form: Form,
        /// The value given.
        given: String,
    },
}

fn names() -> String {
    Thresholds::TABLE.map(|threshold| threshold.name).join(", ")
}

impl Thresholds {
    /// Every threshold.
    pub const TABLE: [Threshold; 9] = [
        Threshold {
            name: "settle",
            default: "2s",
            form: Form::Duration,
            text: "A trace is judged when nothing has come for it this long, or when it leaves the full store.",
        },
        Threshold {
            name: "missing-parent-wait",
            default: "10s",
            form: Form::Duration,
            text: "A parent is missing when it has not come this long after the trace's last span.",
        },
        Threshold {
            name: "missing-parent-remote",
            default: "false",
            form: Form::Flag,
            text: "Whether parents in other processes, which may send their spans elsewhere, can be missing too.",
        },
        Threshold {
            name: "unaccounted-time",
            default: "100ms",
            form: Form::Duration,
            text: "At least this much of one span lies under none of the spans below it.",
        },
        Threshold {
            name: "unaccounted-share",
            default: "50",
            form: Form::Percent,
            text: "And that is at least this share of the span.",
        },
        Threshold {
            name: "repeated-query",
            default: "5",
            form: Form::Count,
            text: "The same query this many times under one parent.",
        },
        Threshold {
            name: "cardinality",
            default: "100",
            form: Form::Count,
            text: "More than this many names from one scope, or values of one attribute, within the window.",
        },
        Threshold {
            name: "cardinality-window",
            default: "10m",
            form: Form::Duration,
            text: "The window in which names and values are counted.",
        },
        Threshold {
            name: "connection-wait",
            default: "100ms",
            form: Form::Duration,
            text: "Getting a connection takes at least this long.",
        },
    ];

    /// Sets the threshold of this name.
    ///
    /// # Errors
    /// An unknown name (the message lists the known ones), or a value in another form (the message says which).
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ThresholdError> {
        let known = Self::TABLE.into_iter().find(|threshold| threshold.name == name);
        let known = known.ok_or_else(|| ThresholdError::Name { given: name.to_owned() })?;
        self.assign(known.name, value).ok_or_else(|| ThresholdError::Value {
            name: known.name,
            form: known.form,
            given: value.to_owned(),
        })
    }

    /// The defaults but for these, of which a later one wins.
    #[must_use]
    pub fn with(settings: &[Setting]) -> Self {
        let mut thresholds = Self::default();
        for Setting { name, value } in settings {
            // Known to be accepted.
            let _ = thresholds.set(name, value);
        }
        thresholds
    }

    fn assign(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "settle" => self.settle = duration(value)?,
            "missing-parent-wait" => self.missing_parent_wait = duration(value)?,
            "missing-parent-remote" => self.missing_parent_remote = value.parse().ok()?,
            "unaccounted-time" => self.unaccounted_time = duration(value)?,
            "unaccounted-share" => {
                self.unaccounted_share = value.parse().ok().filter(|share| *share <= 100)?
            }
            "repeated-query" => self.repeated_query = count(value)?,
            "cardinality" => self.cardinality = count(value)?,
            "cardinality-window" => self.cardinality_window = duration(value)?,
            "connection-wait" => self.connection_wait = duration(value)?,
            _ => return None,
        }
        Some(())
    }
}

fn count(value: &str) -> Option<u64> {
    value.parse().ok().filter(|count| *count >= 1)
}

fn duration(value: &str) -> Option<Duration> {
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    match value.get(digits.len()..)? {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_secs(number.checked_mul(60)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_the_defaults() {
        for threshold in Thresholds::TABLE {
            let mut set = Thresholds::default();
            assert_eq!(set.set(threshold.name, threshold.default), Ok(()), "{}", threshold.name);
            assert_eq!(set, Thresholds::default(), "{}", threshold.name);
        }
    }

    #[test]
    fn every_threshold_can_be_set_by_its_name() {
        for threshold in Thresholds::TABLE {
            let other = match threshold.form {
                Form::Duration => "7s",
                Form::Count | Form::Percent => "7",
                Form::Flag => "true",
            };
            let mut set = Thresholds::default();
            assert_eq!(set.set(threshold.name, other), Ok(()), "{}", threshold.name);
            assert_ne!(set, Thresholds::default(), "{}", threshold.name);
        }
    }

    #[test]
    fn settings_are_checked_when_they_are_read() {
        let settings: Vec<Setting> = ["repeated-query=10", "settle=5s", "repeated-query=12"]
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect();
        let thresholds = Thresholds::with(&settings);
        assert_eq!((settings.len(), thresholds.repeated_query, thresholds.settle.as_secs()), (3, 12, 5));
        let refused = ["repeated-query", "settle=5"].map(|text| text.parse::<Setting>().is_err());
        assert_eq!(refused, [true, true]);
    }

    #[test]
    fn errors_name_the_accepted_form() {
        for (name, value, expected) in [
            ("settle", "2", "threshold settle is a whole number and ms, s or m, such as 250ms, not \"2\""),
            ("settle", "2h", "threshold settle is a whole number and ms, s or m, such as 250ms, not \"2h\""),
            ("repeated-query", "0", "threshold repeated-query is a whole number of at least 1, not \"0\""),
            (
                "unaccounted-share",
                "101",
                "threshold unaccounted-share is a whole number from 0 to 100, not \"101\"",
            ),
            ("missing-parent-remote", "yes", "threshold missing-parent-remote is true or false, not \"yes\""),
        ] {
            let error = Thresholds::default().set(name, value).map_err(|error| error.to_string());
            assert_eq!(error, Err(expected.to_owned()));
        }
        let unknown = Thresholds::default().set("n+1", "3").map_err(|error| error.to_string());
        assert!(unknown.is_err_and(|error| error.contains("\"n+1\"") && error.contains("repeated-query")));
    }
}
