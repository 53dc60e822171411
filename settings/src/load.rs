//! What loading the library into a running JVM asks of the agent, and what the agent answers.
//!
//! The attach protocol carries a text one way and a number back: what `Agent_OnAttach` returns.

/// The option by which a load asks the agent to leave the JVM: `otelrs.detach=true`.
pub const DETACH: &str = "otelrs.detach";

/// Whether the options of a load (`key=value;key2=value2`) ask the agent to leave.
pub fn asks_to_detach(options: &str) -> bool {
    options.split(';').any(|option| {
        option
            .split_once('=')
            .is_some_and(|(key, value)| key.trim() == DETACH && value.trim().eq_ignore_ascii_case("true"))
    })
}

/// The agent's answer to a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadAnswer {
    /// What was asked for is done.
    Done,
    /// An internal error ended the load.
    Failed,
    /// The agent is at work in this JVM.
    AlreadyAttached,
    /// The agent is not at work in this JVM.
    NotAttached,
    /// Another file, of this version or another, was in this JVM first.
    AnotherCopy,
    /// The JVM runs javac, keytool, jps or their like.
    JdkTool,
    /// The JVM runs a launcher or daemon of a build tool.
    BuildTool,
    /// The JVM records or creates an AOT cache.
    WritesAotCache,
    /// An option switches the agent off, or each of its instrumentations.
    SwitchedOff,
    /// The agent has given up in this JVM, for good.
    GivenUp,
    /// The JVM lets no agent change classes.
    NoCapabilities,
    /// It was attached and detached too often.
    TooOften,
    /// Some classes kept their splices, which do nothing.
    NotRestored,
}

/// Each answer, its number, and what is wrong and what to do. Numbers start beyond those that HotSpot uses itself.
const ANSWERS: [(LoadAnswer, i32, &str); 13] = [
    (LoadAnswer::Done, 0, "done"),
    (
        LoadAnswer::Failed,
        200,
        "an internal error ended the load; the JVM's standard error has a line about it",
    ),
    (
        LoadAnswer::AlreadyAttached,
        201,
        "otelrs is attached already; to change its options, detach it first (otelrs detach)",
    ),
    (LoadAnswer::NotAttached, 202, "otelrs is not attached"),
    (
        LoadAnswer::AnotherCopy,
        203,
        "another build or copy of otelrs was attached to this JVM before; only that very file can be attached again \
         (--agent names it), any other after a restart",
    ),
    (LoadAnswer::JdkTool, 204, "it runs a tool of the JDK, which is left alone"),
    (LoadAnswer::BuildTool, 205, "it runs a build tool, which is left alone"),
    (
        LoadAnswer::WritesAotCache,
        206,
        "it records or creates an AOT cache, which patched classes would spoil; attach to the application that uses it",
    ),
    (
        LoadAnswer::SwitchedOff,
        207,
        "the agent is switched off there: by otel.javaagent.enabled, otel.sdk.disabled or the switches of its \
         instrumentations (--option goes before the JVM's properties and variables)",
    ),
    (
        LoadAnswer::GivenUp,
        208,
        "the agent has given up there, beside the OpenTelemetry Java agent or after internal errors; a line of the JVM's \
         standard error says which",
    ),
    (LoadAnswer::NoCapabilities, 209, "this JVM does not let classes be changed"),
    (LoadAnswer::TooOften, 210, "it was attached and detached too often; restart the JVM to attach it again"),
    (
        LoadAnswer::NotRestored,
        211,
        "spans have ended, but some classes could not be restored: what is left in them does nothing. With \
         otel.javaagent.debug=true the JVM's standard error names them",
    ),
];

impl LoadAnswer {
    fn row(self) -> (i32, &'static str) {
        let row = ANSWERS.iter().find(|(answer, _, _)| *answer == self);
        row.map_or((0, ""), |(_, code, text)| (*code, *text))
    }

    /// What `Agent_OnAttach` returns.
    pub fn code(self) -> i32 {
        self.row().0
    }

    /// The answer of this number; `None` for a number that is not the agent's.
    pub fn of(code: i32) -> Option<LoadAnswer> {
        ANSWERS.iter().find(|(_, known, _)| *known == code).map(|(answer, _, _)| *answer)
    }

    /// What is wrong and what to do.
    pub fn text(self) -> &'static str {
        self.row().1
    }
}

#[cfg(test)]
mod tests {
    use super::{ANSWERS, LoadAnswer, asks_to_detach};

    #[test]
    fn a_load_asks_to_detach_by_its_option_alone() {
        for (options, expected) in [
            ("otelrs.detach=true", true),
            ("otel.javaagent.debug=true; otelrs.detach = TRUE", true),
            ("otelrs.detach=false", false),
            ("otelrs.detach", false),
            ("x=otelrs.detach=true", false),
            ("", false),
        ] {
            assert_eq!(asks_to_detach(options), expected, "{options}");
        }
    }

    #[test]
    fn every_answer_has_a_number_of_its_own() {
        for (answer, code, text) in ANSWERS {
            assert_eq!(LoadAnswer::of(code), Some(answer));
            assert_eq!((answer.code(), answer.text()), (code, text));
        }
        assert_eq!(LoadAnswer::of(-1), None);
    }
}
