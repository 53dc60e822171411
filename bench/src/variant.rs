//! What is compared: the same program with nothing, with ours, with the agent of others.

use std::path::PathBuf;

use clap::ValueEnum;
use otelrs_test_support::paths;
use serde::{Deserialize, Serialize};

use crate::scenario::Endpoint;

/// How the JVM under test is started. In the order of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Variant {
    /// With no agent: what all others are compared with.
    None,
    /// With no agent a second time: what it differs from the first by is the noise of the machine (the A/A row).
    NoneAgain,
    /// With an agent that only enables the class hook: what any native agent costs that wants to see classes.
    HookOnly,
    /// With otelrs.
    Ours,
    /// With otelrs and the sampler `always_off`.
    OursSampledOut,
    /// With otelrs and all instrumentation switched off.
    OursOff,
    /// With the OpenTelemetry Java agent.
    JavaAgent,
    /// With the OpenTelemetry Java agent and the sampler `always_off`.
    JavaAgentSampledOut,
}

/// Where the agents are that variants load; [`None`] for one that this machine lacks.
#[derive(Clone, Debug)]
pub(crate) struct Agents {
    /// `libotelrs.so`.
    pub(crate) ours: Option<PathBuf>,
    /// The agent of `hook/hook.c`, compiled.
    pub(crate) hook_only: Option<PathBuf>,
    /// The OpenTelemetry Java agent's jar.
    pub(crate) java_agent: Option<PathBuf>,
}

impl Agents {
    /// What `./x build` and `./x peers` left, and the given hook agent.
    pub(crate) fn found(hook_only: Option<PathBuf>) -> Self {
        let file = |path: PathBuf| path.is_file().then_some(path);
        Self {
            ours: file(paths::agent_library()),
            hook_only,
            java_agent: file(paths::peer(paths::OPENTELEMETRY_JAVA_AGENT)),
        }
    }
}

impl Variant {
    /// Every variant.
    pub(crate) const ALL: [Self; 8] = [
        Self::None,
        Self::NoneAgain,
        Self::HookOnly,
        Self::Ours,
        Self::OursSampledOut,
        Self::OursOff,
        Self::JavaAgent,
        Self::JavaAgentSampledOut,
    ];

    /// What tables call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::NoneAgain => "none again (A/A)",
            Self::HookOnly => "class hook only",
            Self::Ours => "otelrs",
            Self::OursSampledOut => "otelrs, sampled out",
            Self::OursOff => "otelrs, instrumentation off",
            Self::JavaAgent => "Java agent",
            Self::JavaAgentSampledOut => "Java agent, sampled out",
        }
    }

    /// The JVM argument that loads its agent.
    ///
    /// # Errors
    /// What is missing and how to get it, when the agent is not on this machine.
    pub(crate) fn agent_argument(self, agents: &Agents) -> Result<Option<String>, MissingAgent> {
        let (file, flag, missing) = match self {
            Self::None | Self::NoneAgain => return Ok(None),
            Self::HookOnly => (&agents.hook_only, "-agentpath", MissingAgent::HookOnly),
            Self::Ours | Self::OursSampledOut | Self::OursOff => {
                (&agents.ours, "-agentpath", MissingAgent::Ours(paths::agent_library()))
            }
            Self::JavaAgent | Self::JavaAgentSampledOut => (
                &agents.java_agent,
                "-javaagent",
                MissingAgent::JavaAgent(paths::peer(paths::OPENTELEMETRY_JAVA_AGENT)),
            ),
        };
        file.as_ref().map(|file| Some(format!("{flag}:{}", file.display()))).ok_or(missing)
    }

    /// The variable that makes it differ from the agent's defaults.
    pub(crate) fn environment(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::OursSampledOut | Self::JavaAgentSampledOut => Some(("OTEL_TRACES_SAMPLER", "always_off")),
            Self::OursOff => Some(("OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED", "false")),
            _ => None,
        }
    }

    /// Whether it sends spans.
    pub(crate) fn is_traced(self) -> bool {
        matches!(self, Self::Ours | Self::JavaAgent)
    }

    /// Whether otelrs changes classes of the application under it.
    pub(crate) fn changes_classes(self) -> bool {
        matches!(self, Self::Ours | Self::OursSampledOut)
    }

    /// Spans that one request to `endpoint` makes.
    pub(crate) fn spans_a_request(self, endpoint: Endpoint) -> u64 {
        if self.is_traced() { endpoint.spans() } else { 0 }
    }

    /// Whether it is put under load: the hook alone costs nothing once the classes are loaded.
    pub(crate) fn is_loaded(self) -> bool {
        self != Self::HookOnly
    }
}

/// An agent that is not on this machine.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MissingAgent {
    /// Ours is not built.
    #[error("no {}: run ./x build", .0.display())]
    Ours(PathBuf),
    /// The hook agent could not be compiled, which was said.
    #[error("the agent of bench/hook/hook.c is not compiled")]
    HookOnly,
    /// The Java agent was not fetched.
    #[error("no {}: run ./x peers", .0.display())]
    JavaAgent(PathBuf),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_variant_loads_its_agent_and_a_missing_one_is_named() {
        let none = Agents { ours: None, hook_only: None, java_agent: None };
        let all = Agents {
            ours: Some("/ours.so".into()),
            hook_only: Some("/hook.so".into()),
            java_agent: Some("/agent.jar".into()),
        };
        for (variant, argument) in [
            (Variant::None, None),
            (Variant::NoneAgain, None),
            (Variant::HookOnly, Some("-agentpath:/hook.so")),
            (Variant::Ours, Some("-agentpath:/ours.so")),
            (Variant::OursSampledOut, Some("-agentpath:/ours.so")),
            (Variant::OursOff, Some("-agentpath:/ours.so")),
            (Variant::JavaAgent, Some("-javaagent:/agent.jar")),
            (Variant::JavaAgentSampledOut, Some("-javaagent:/agent.jar")),
        ] {
            assert_eq!(variant.agent_argument(&all).unwrap().as_deref(), argument, "{variant:?}");
            assert_eq!(variant.agent_argument(&none).is_err(), argument.is_some(), "{variant:?}");
        }
    }

    #[test]
    fn only_what_samples_makes_spans() {
        for variant in Variant::ALL {
            let makes = matches!(variant, Variant::Ours | Variant::JavaAgent);
            assert_eq!(variant.spans_a_request(Endpoint::FanOut), if makes { 4 } else { 0 }, "{variant:?}");
        }
    }
}
