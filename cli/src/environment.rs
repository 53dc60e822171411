//! The environment that the command gets: the agent attached, its telemetry sent here. What the user set stays.

use std::ffi::OsString;

/// What the command gets on top of our own environment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Variables to set.
    pub(crate) set: Vec<(&'static str, OsString)>,
    /// What the user should know: settings of theirs that keep traces from arriving here.
    pub(crate) notes: Vec<String>,
}

/// What is to be told to the agent.
#[derive(Debug)]
pub(crate) struct Attachment<'a> {
    pub(crate) jvm_option: &'a str,
    pub(crate) service: Option<&'a str>,
    pub(crate) http_endpoint: &'a str,
    pub(crate) grpc_endpoint: &'a str,
}

/// Milliseconds; OpenTelemetry's default of 5,000 suits production, not someone who is watching.
const SCHEDULE_DELAY: &str = "200";

pub(crate) fn changes(attachment: &Attachment<'_>, variable: impl Fn(&str) -> Option<OsString>) -> Changes {
    let set_by_user = |name: &str| variable(name).filter(|value| !value.is_empty());
    let mut changes = Changes { set: Vec::new(), notes: Vec::new() };

    let mut tool_options = set_by_user("JAVA_TOOL_OPTIONS").unwrap_or_default();
    if !tool_options.is_empty() {
        tool_options.push(" ");
    }
    tool_options.push(attachment.jvm_option);
    changes.set.push(("JAVA_TOOL_OPTIONS", tool_options));

    let endpoints = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
    match endpoints.iter().find_map(|name| Some((name, set_by_user(name)?))) {
        Some((name, endpoint)) => changes.notes.push(format!(
            "{name} is set to {}: traces go there and are not shown here; unset it to see them",
            endpoint.to_string_lossy()
        )),
        None => {
            let protocol = set_by_user("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
                .or_else(|| set_by_user("OTEL_EXPORTER_OTLP_PROTOCOL"));
            let grpc = protocol.as_ref().is_some_and(|protocol| protocol == "grpc");
            let endpoint = if grpc { attachment.grpc_endpoint } else { attachment.http_endpoint };
            changes.set.push(("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.into()));
            if protocol.is_none() {
                changes.set.push(("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf".into()));
            }
        }
    }
    if let Some(exporter) = set_by_user("OTEL_TRACES_EXPORTER").filter(|exporter| exporter != "otlp") {
        let exporter = exporter.to_string_lossy();
        changes.notes.push(format!("OTEL_TRACES_EXPORTER is set to {exporter}; unset it to see traces here"));
    }
    if set_by_user("OTEL_BSP_SCHEDULE_DELAY").is_none() {
        changes.set.push(("OTEL_BSP_SCHEDULE_DELAY", SCHEDULE_DELAY.into()));
    }
    if let Some(service) = attachment.service {
        changes.set.push(("OTEL_SERVICE_NAME", service.into()));
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes_with(environment: &[(&str, &str)]) -> Changes {
        let attachment = Attachment {
            jvm_option: "-agentpath:/a/libotelrs.so",
            service: None,
            http_endpoint: "http://127.0.0.1:4318",
            grpc_endpoint: "http://127.0.0.1:4317",
        };
        changes(&attachment, |name| {
            environment.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    fn value(changes: &Changes, name: &str) -> Option<String> {
        let found = changes.set.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_bare_environment_gets_agent_endpoint_protocol_and_a_short_delay() {
        let expected = [
            ("JAVA_TOOL_OPTIONS", "-agentpath:/a/libotelrs.so"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_BSP_SCHEDULE_DELAY", "200"),
        ];
        let changes = changes_with(&[]);
        assert_eq!(changes.set, expected.map(|(name, value)| (name, OsString::from(value))));
        assert_eq!(changes.notes, [""; 0]);
        assert_eq!(
            changes_with(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "")]),
            changes,
            "an empty variable counts as unset"
        );
    }

    #[test]
    fn what_the_user_set_stays() {
        let changes = changes_with(&[
            ("JAVA_TOOL_OPTIONS", "-Xmx1g"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_BSP_SCHEDULE_DELAY", "1"),
        ]);
        assert_eq!(value(&changes, "JAVA_TOOL_OPTIONS").unwrap(), "-Xmx1g -agentpath:/a/libotelrs.so");
        assert_eq!(value(&changes, "OTEL_EXPORTER_OTLP_ENDPOINT").unwrap(), "http://127.0.0.1:4317");
        assert_eq!(value(&changes, "OTEL_EXPORTER_OTLP_PROTOCOL"), None);
        assert_eq!(value(&changes, "OTEL_BSP_SCHEDULE_DELAY"), None);
    }

    #[test]
    fn settings_that_keep_traces_away_are_said() {
        for name in ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] {
            let changes = changes_with(&[(name, "http://collector:4318")]);
            assert_eq!(value(&changes, "OTEL_EXPORTER_OTLP_ENDPOINT"), None);
            assert!(
                changes.notes[0].starts_with(&format!("{name} is set to http://collector:4318")),
                "{changes:?}"
            );
        }
        assert!(changes_with(&[("OTEL_TRACES_EXPORTER", "none")]).notes[0].contains("OTEL_TRACES_EXPORTER"));
        assert_eq!(changes_with(&[("OTEL_TRACES_EXPORTER", "otlp")]).notes, [""; 0]);
    }
}
