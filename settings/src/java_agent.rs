//! What the OpenTelemetry Java agent knows and otelrs does not yet, so that its users get a true answer.
//!
//! The lists beside this file hold the names that the agent's own list of instrumentations (2.32) gives; the
//! constants add the names of its SDK and of the agent proper, which that list leaves out. All are texts: a list of
//! references takes three times the room, and every JVM that loads the library would have each of them filled in.

use crate::layers::normalised;

const INSTRUMENTATION_OPTIONS: &str = include_str!("java_agent/options.txt");
/// Without their versions.
const INSTRUMENTATIONS: &str = include_str!("java_agent/instrumentations.txt");
/// Names that switches take and that are no module's.
const MORE_INSTRUMENTATIONS: &str = "\
    elasticsearch hibernate-common jaxrs-client kafka logback log4j mongodb rxjava2 servlet-javax spring-boot \
    spring-webflux-server vertx opentelemetry-api internal-reflection asynchttpclient";
const OPTIONS: &str = "\
    otel.config.file otel.exporter.otlp.insecure otel.exporter.otlp.traces.insecure \
    otel.instrumentation.common.db.experimental.sqlcommenter.enabled \
    otel.instrumentation.common.db-sqlcommenter.enabled otel.instrumentation.experimental.span-suppression-strategy \
    otel.javaagent.add-thread-details otel.javaagent.extensions otel.javaagent.logging otel.resource.disabled-keys \
    otel.resource.disabled.keys";
const PREFIXES: &str = "\
    otel.blrp. otel.experimental. otel.exporter.jaeger. otel.exporter.otlp.logs. otel.exporter.otlp.metrics. \
    otel.exporter.prometheus. otel.exporter.zipkin. otel.java. otel.javaagent.exclude- otel.javaagent.experimental. \
    otel.javaagent.logging. otel.jmx. otel.metric. otel.metrics.exemplar. otel.resource.providers.";

/// Whether the Java agent has an option of this [`normalised`] name.
pub(crate) fn has_option(name: &str) -> bool {
    let is = |known: &str| normalised(known) == name;
    PREFIXES.split(' ').any(|prefix| name.starts_with(&normalised(prefix)))
        || OPTIONS.split(' ').any(is)
        || INSTRUMENTATION_OPTIONS.lines().any(is)
}

/// Whether the Java agent has an instrumentation of this [`normalised`] name, with or without a version.
pub(crate) fn has_instrumentation(name: &str) -> bool {
    let is_version =
        |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is = |known: &str| {
        let rest = name.strip_prefix(&*normalised(known));
        rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('.').is_some_and(is_version))
    };
    INSTRUMENTATIONS.lines().chain(MORE_INSTRUMENTATIONS.split(' ')).any(is)
}
