//! What was not right with the configuration. None of it stops the agent, let alone the application.

use crate::layers::Origin;

/// One line for the log; names and values from outside are shortened and escaped, secrets left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A value that cannot be parsed.
    #[error("{name} ({origin}): {shown} is not {expected}; {used}")]
    Invalid {
        /// The option as it was written.
        name: String,
        /// Where it was written.
        origin: Origin,
        /// The value, quoted, or a stand-in for a secret.
        shown: String,
        /// The form that was expected.
        expected: String,
        /// What holds instead.
        used: String,
    },
    /// A valid value that cannot have the effect it asks for.
    #[error("{name} ({origin}): {reason}")]
    NoEffect {
        /// The option as it was written.
        name: String,
        /// Where it was written.
        origin: Origin,
        /// Why, and what holds instead.
        reason: String,
    },
    /// No such option.
    #[error("{name} ({origin}) is not an option{}", suggestion.as_ref().map(|name| format!("; did you mean {name}?")).unwrap_or_default())]
    Unknown {
        /// The option as it was written.
        name: String,
        /// Where it was written.
        origin: Origin,
        /// The nearest option there is, in the form of `origin`.
        suggestion: Option<String>,
    },
    /// Options that only the OpenTelemetry Java agent has; all of them in one line.
    #[error("known to the OpenTelemetry Java agent, not to otelrs yet: {}", names.join(", "))]
    NotYet {
        /// The options as they were written.
        names: Vec<String>,
    },
    /// A part of the agent's options that is no `key=value`.
    #[error("the agent's options: {shown} is not of the form key=value")]
    Malformed {
        /// The part, quoted.
        shown: String,
    },
    /// The configuration file cannot be read.
    #[error("{name} ({origin}): {path} cannot be read: {error}")]
    File {
        /// The option as it was written.
        name: String,
        /// Where it was written.
        origin: Origin,
        /// The path, quoted.
        path: String,
        /// Why.
        error: String,
    },
}

/// A name from outside, fit for a line.
pub(crate) fn clean(name: &str) -> String {
    const MAX: usize = 120;
    name.chars().take(MAX).flat_map(char::escape_debug).collect()
}
