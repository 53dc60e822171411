//! What an option is.

/// One option of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opt {
    /// As a system property and an agent option, e.g. `otel.service.name`.
    pub name: &'static str,
    /// Other names with the same meaning: of the OpenTelemetry Java agent, now or in older versions.
    pub aliases: &'static [&'static str],
    /// What its values look like.
    pub kind: Kind,
    /// In the form in which a user would write it; empty for "none".
    pub default: &'static str,
    /// Where the manual lists it.
    pub group: Group,
    /// One or two sentences for the manual.
    pub text: &'static str,
}

/// The form of an option's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// The path of a file.
    Path,
    /// `true` or `false`, in any case.
    Bool,
    /// A whole number in this range, ends included.
    Integer(u64, u64),
    /// A number from 0 to 1.
    Ratio,
    /// Milliseconds, or a number with a unit; at least 1 ms.
    Duration,
    /// Texts, separated by commas.
    List,
    /// `key=value` pairs, separated by commas, values percent-encoded.
    Map,
    /// A map whose values are secret: never shown.
    SecretMap,
    /// An `http` or `https` URL.
    Url,
    /// One of these.
    Choice(&'static [&'static str]),
    /// Some of these, separated by commas; `none` stands alone.
    Choices(&'static [&'static str]),
}

/// A section of the manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Whether and how loudly the agent runs.
    Agent,
    /// What the telemetry is about.
    Resource,
    /// Where the telemetry goes.
    Export,
    /// How spans are queued and sent.
    Batch,
    /// Which traces are recorded.
    Sampling,
    /// What crosses the wire with a request.
    Propagation,
    /// How large a span may get.
    Limits,
    /// What is instrumented, and what its spans hold.
    Instrumentation,
}

impl Group {
    /// All of them, in the manual's order.
    pub const ALL: [Self; 8] = [
        Self::Agent,
        Self::Resource,
        Self::Export,
        Self::Batch,
        Self::Sampling,
        Self::Propagation,
        Self::Limits,
        Self::Instrumentation,
    ];

    /// The section's heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Agent => "The agent",
            Self::Resource => "Service and resource",
            Self::Export => "Export",
            Self::Batch => "Batches",
            Self::Sampling => "Sampling",
            Self::Propagation => "Propagation",
            Self::Limits => "Limits of a span",
            Self::Instrumentation => "Instrumentation",
        }
    }
}

impl Kind {
    /// What a value has to look like, to go after "expected".
    pub fn expected(self) -> String {
        match self {
            Self::Text => "a text".into(),
            Self::Path => "the path of a file".into(),
            Self::Bool => "true or false".into(),
            Self::Integer(min, max) => format!("a whole number from {min} to {max}"),
            Self::Ratio => "a number from 0 to 1".into(),
            Self::Duration => "a time of at least 1 ms, such as 5000 (milliseconds), 5000ms, 5s or 1m".into(),
            Self::List => "texts separated by commas".into(),
            Self::Map | Self::SecretMap => "key=value pairs separated by commas".into(),
            Self::Url => "a URL such as http://localhost:4318, without query and fragment".into(),
            Self::Choice(names) => format!("one of {}", names.join(", ")),
            Self::Choices(names) => format!("some of {} separated by commas, none alone", names.join(", ")),
        }
    }

    /// A value as a message may show it.
    pub(crate) fn shown(self, value: &str) -> String {
        const MAX: usize = 100;
        let secret = self == Self::SecretMap || (self == Self::Url && value.contains('@'));
        let long = value.chars().nth(MAX).is_some();
        match (secret, long) {
            (true, _) => "the value (not shown)".into(),
            (false, true) => format!("{:?}...", value.chars().take(MAX).collect::<String>()),
            (false, false) => format!("{value:?}"),
        }
    }
}

/// `otel.x.y-z` as an environment variable: `OTEL_X_Y_Z`.
pub fn variable(name: &str) -> String {
    name.replace(['.', '-'], "_").to_ascii_uppercase()
}
