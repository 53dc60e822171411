//! How the JVMs under test are started: the same for every variant but for its agent.

use std::path::PathBuf;

use anyhow::Result;
use otelrs_test_support::Jdk;

use crate::run::Collector;
use crate::variant::{Agents, Variant};

/// The heap is of one size throughout, so that resident memory does not follow the collector's mood.
const HEAP: [&str; 2] = ["-Xms256m", "-Xmx256m"];

/// What all variants share.
#[derive(Clone, Debug)]
pub(crate) struct Jvm {
    /// The runtime.
    pub(crate) jdk: Jdk,
    /// Its collector.
    pub(crate) collector: Collector,
    /// The agents to choose from.
    pub(crate) agents: Agents,
    /// Where they send spans.
    pub(crate) endpoint: String,
    /// More arguments for every JVM.
    pub(crate) options: Vec<String>,
    /// The archive to use.
    pub(crate) archive: Option<PathArgument>,
}

/// An argument with a file.
#[derive(Clone, Debug)]
pub(crate) struct PathArgument {
    /// `-XX:SharedArchiveFile` or `-XX:AOTCache`.
    pub(crate) name: &'static str,
    /// The file.
    pub(crate) file: PathBuf,
}

impl Jvm {
    /// The arguments before `-jar`.
    ///
    /// # Errors
    /// When the variant's agent is not on this machine.
    pub(crate) fn arguments(&self, variant: Variant) -> Result<Vec<String>> {
        let mut arguments = self.plain_arguments();
        arguments.extend(
            self.archive.iter().map(|archive| format!("{}={}", archive.name, archive.file.display())),
        );
        arguments.extend(variant.agent_argument(&self.agents)?);
        Ok(arguments)
    }

    /// Those that do not depend on the variant or on an archive.
    pub(crate) fn plain_arguments(&self) -> Vec<String> {
        let fixed = HEAP.into_iter().chain([self.collector.argument()]).map(str::to_owned);
        fixed.chain(self.options.iter().cloned()).collect()
    }

    /// The variables of a variant: traces alone over http/protobuf, because only these can be compared, and a short wait
    /// for a batch to fill, so that the end of a measurement is soon known. Under load batches are full before that.
    pub(crate) fn environment(&self, variant: Variant) -> Vec<(&str, &str)> {
        let mut variables = vec![
            ("OTEL_SERVICE_NAME", "bench"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", self.endpoint.as_str()),
            ("OTEL_BSP_SCHEDULE_DELAY", "200"),
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_LOGS_EXPORTER", "none"),
        ];
        variables.extend(variant.environment());
        variables
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_differ_by_their_agent_and_their_variable_only() {
        let agents =
            Agents { ours: Some("/o.so".into()), hook_only: None, java_agent: Some("/j.jar".into()) };
        let jvm = Jvm {
            jdk: Jdk { feature: 25, home: "/jdk".into(), java: "/jdk/bin/java".into(), has_javac: false },
            collector: Collector::Z,
            agents,
            endpoint: "http://127.0.0.1:1".to_owned(),
            options: vec!["-Xint".to_owned()],
            archive: Some(PathArgument { name: "-XX:AOTCache", file: "/c.aot".into() }),
        };
        let none = ["-Xms256m", "-Xmx256m", "-XX:+UseZGC", "-Xint", "-XX:AOTCache=/c.aot"];
        assert_eq!(jvm.arguments(Variant::None).unwrap(), none);
        assert_eq!(jvm.arguments(Variant::Ours).unwrap(), [&none[..], &["-agentpath:/o.so"]].concat());
        assert_eq!(jvm.arguments(Variant::JavaAgent).unwrap(), [&none[..], &["-javaagent:/j.jar"]].concat());
        assert!(jvm.arguments(Variant::HookOnly).is_err());
        let common = jvm.environment(Variant::None);
        assert_eq!(
            jvm.environment(Variant::OursSampledOut),
            [&common[..], &[("OTEL_TRACES_SAMPLER", "always_off")]].concat()
        );
    }
}
