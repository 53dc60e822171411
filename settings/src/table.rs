//! The options themselves, each named once. What is not here is not an option.

use crate::option::{Group, Kind, Opt};

/// Declares each option as a constant and lists them all.
macro_rules! options {
    ($($group:ident { $($constant:ident = $name:literal $(| $alias:literal)*, $kind:expr, $default:literal, $text:literal;)* })*) => {
        $($(
            #[doc = concat!("`", $name, "`: ", $text)]
            pub const $constant: Opt = Opt {
                name: $name,
                aliases: &[$($alias),*],
                kind: $kind,
                default: $default,
                group: Group::$group,
                text: $text,
            };
        )*)*

        /// Every option, in the manual's order.
        pub const OPTIONS: &[Opt] = &[$($($constant),*),*];
    };
}

/// A queue entry takes memory whether it is used or not, and the agent promises to stay small.
const MAX_QUEUE: u64 = 131_072;
const MAX_COUNT: u64 = 1_000_000;
const SAMPLERS: &[&str] = &[
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
];
const PROTOCOLS: &[&str] = &["http/protobuf", "grpc"];
const COMPRESSIONS: &[&str] = &["none", "gzip"];

options! {
    Agent {
        JAVAAGENT_ENABLED = "otel.javaagent.enabled", Kind::Bool, "true",
            "With `false` the agent loads and does nothing.";
        SDK_DISABLED = "otel.sdk.disabled", Kind::Bool, "false",
            "With `true` no telemetry is made.";
        JAVAAGENT_DEBUG = "otel.javaagent.debug", Kind::Bool, "false",
            "Writes to standard error which class was changed by which rule, and which was left alone and why.";
        CONFIGURATION_FILE = "otel.javaagent.configuration-file", Kind::Path, "",
            "A Java properties file with more options; it comes last in precedence. It cannot name another one.";
    }
    Resource {
        SERVICE_NAME = "otel.service.name", Kind::Text, "",
            "The attribute `service.name`. Without it: `service.name` of `otel.resource.attributes`, else Spring's application name, the manifest, the jar's name, else `unknown_service:java`.";
        RESOURCE_ATTRIBUTES = "otel.resource.attributes", Kind::Map, "",
            "Attributes of the resource. Values may be percent-encoded.";
        PROCESS_ARGUMENTS = "otel.resource.process-arguments.enabled"
            | "otel.instrumentation.resources.experimental.process-command-attributes.enabled",
            Kind::Bool, "false",
            "Adds the command line to the resource. Off, because passwords are passed on command lines. The first name is otelrs's own.";
    }
    Export {
        TRACES_EXPORTER = "otel.traces.exporter", Kind::Choices(&["otlp", "console", "logging", "none"]), "otlp",
            "Where spans go. `console` writes a line for each span to standard error; `logging` is its old name.";
        METRICS_EXPORTER = "otel.metrics.exporter", Kind::Text, "otlp",
            "Known, so that one configuration serves both agents; otelrs makes no metrics yet.";
        LOGS_EXPORTER = "otel.logs.exporter", Kind::Text, "otlp",
            "Known, so that one configuration serves both agents; otelrs makes no logs yet.";
        OTLP_ENDPOINT = "otel.exporter.otlp.endpoint", Kind::Url, "",
            "The collector. `v1/traces` is appended for http/protobuf; only the origin counts for grpc. Without it `http://localhost:4318`, or `http://localhost:4317` for grpc.";
        OTLP_TRACES_ENDPOINT = "otel.exporter.otlp.traces.endpoint", Kind::Url, "",
            "The collector for spans, used as it is (grpc: its origin).";
        OTLP_PROTOCOL = "otel.exporter.otlp.protocol", Kind::Choice(PROTOCOLS), "http/protobuf",
            "How OTLP is spoken. When it is not set and the port answers only to the other protocol, that one is used.";
        OTLP_TRACES_PROTOCOL = "otel.exporter.otlp.traces.protocol", Kind::Choice(PROTOCOLS), "",
            "The same for spans; without it the general option holds.";
        OTLP_HEADERS = "otel.exporter.otlp.headers", Kind::SecretMap, "",
            "Headers of each export request. Values may be percent-encoded; they are never shown.";
        OTLP_TRACES_HEADERS = "otel.exporter.otlp.traces.headers", Kind::SecretMap, "",
            "The same for spans; without it the general option holds.";
        OTLP_TIMEOUT = "otel.exporter.otlp.timeout", Kind::Duration, "10000",
            "How long one export request may take.";
        OTLP_TRACES_TIMEOUT = "otel.exporter.otlp.traces.timeout", Kind::Duration, "",
            "The same for spans; without it the general option holds.";
        OTLP_COMPRESSION = "otel.exporter.otlp.compression", Kind::Choice(COMPRESSIONS), "none",
            "Compression of export requests.";
        OTLP_TRACES_COMPRESSION = "otel.exporter.otlp.traces.compression", Kind::Choice(COMPRESSIONS), "",
            "The same for spans; without it the general option holds.";
        OTLP_CERTIFICATE = "otel.exporter.otlp.certificate", Kind::Path, "",
            "PEM file with the certificates to trust. Without it the system's roots and the JVM's trust store.";
        OTLP_TRACES_CERTIFICATE = "otel.exporter.otlp.traces.certificate", Kind::Path, "",
            "The same for spans; without it the general option holds.";
        OTLP_CLIENT_KEY = "otel.exporter.otlp.client.key", Kind::Path, "",
            "PEM file with the private key to authenticate with.";
        OTLP_TRACES_CLIENT_KEY = "otel.exporter.otlp.traces.client.key", Kind::Path, "",
            "The same for spans; without it the general option holds.";
        OTLP_CLIENT_CERTIFICATE = "otel.exporter.otlp.client.certificate", Kind::Path, "",
            "PEM file with the certificate chain to authenticate with.";
        OTLP_TRACES_CLIENT_CERTIFICATE = "otel.exporter.otlp.traces.client.certificate", Kind::Path, "",
            "The same for spans; without it the general option holds.";
    }
    Batch {
        BSP_SCHEDULE_DELAY = "otel.bsp.schedule.delay", Kind::Duration, "5000",
            "How long a span waits for a batch to fill.";
        BSP_MAX_QUEUE_SIZE = "otel.bsp.max.queue.size", Kind::Integer(1, MAX_QUEUE), "2048",
            "Spans that wait at most; more are dropped, counted and reported.";
        BSP_MAX_EXPORT_BATCH_SIZE = "otel.bsp.max.export.batch.size", Kind::Integer(1, MAX_QUEUE), "512",
            "Spans of one export request at most; no more than the queue holds.";
        BSP_EXPORT_TIMEOUT = "otel.bsp.export.timeout", Kind::Duration, "30000",
            "How long the export of a batch may take, retries included.";
    }
    Sampling {
        TRACES_SAMPLER = "otel.traces.sampler", Kind::Choice(SAMPLERS), "parentbased_always_on",
            "Which traces are recorded.";
        TRACES_SAMPLER_ARG = "otel.traces.sampler.arg", Kind::Ratio, "1",
            "For the `traceidratio` samplers: the share of traces to record.";
    }
    Propagation {
        PROPAGATORS = "otel.propagators", Kind::Choices(&["tracecontext", "baggage", "none"]), "tracecontext,baggage",
            "Which headers are read from requests and written to them: W3C trace context, W3C baggage.";
    }
    Limits {
        SPAN_ATTRIBUTE_COUNT_LIMIT = "otel.span.attribute.count.limit", Kind::Integer(0, MAX_COUNT), "",
            "Attributes of a span; without it `otel.attribute.count.limit`.";
        ATTRIBUTE_COUNT_LIMIT = "otel.attribute.count.limit", Kind::Integer(0, MAX_COUNT), "128",
            "Attributes of anything that has some.";
        SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT = "otel.span.attribute.value.length.limit", Kind::Integer(0, MAX_COUNT), "",
            "Characters of a text value of a span; without it `otel.attribute.value.length.limit`.";
        ATTRIBUTE_VALUE_LENGTH_LIMIT = "otel.attribute.value.length.limit", Kind::Integer(0, MAX_COUNT), "",
            "Characters of a text value; without it no limit.";
        SPAN_EVENT_COUNT_LIMIT = "otel.span.event.count.limit", Kind::Integer(0, MAX_COUNT), "128",
            "Events (exceptions) of a span.";
        SPAN_LINK_COUNT_LIMIT = "otel.span.link.count.limit", Kind::Integer(0, MAX_COUNT), "128",
            "Links of a span; otelrs makes none.";
    }
    Instrumentation {
        DEFAULT_ENABLED = "otel.instrumentation.common.default-enabled", Kind::Bool, "true",
            "With `false` only what is switched on by its own name is instrumented.";
        RULES_FILES = "otel.instrumentation.rules.files", Kind::List, "",
            "Paths of rule files: spans, attributes and trace headers for methods of your own ([rules.md](rules.md)). otelrs's own.";
        HTTP_KNOWN_METHODS = "otel.instrumentation.http.known-methods", Kind::List,
            "CONNECT,DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT,TRACE",
            "HTTP methods that are reported by name; any other is `_OTHER`.";
        SENSITIVE_QUERY_PARAMETERS = "otel.instrumentation.sanitization.url.experimental.sensitive-query-parameters",
            Kind::List, "AWSAccessKeyId,Signature,X-Amz-Signature,X-Amz-Credential,X-Amz-Security-Token,sig,X-Goog-Signature",
            "Query parameters whose values are replaced by `REDACTED`.";
        QUERY_SANITIZATION = "otel.instrumentation.common.db.query-sanitization.enabled"
            | "otel.instrumentation.jdbc.query-sanitization.enabled"
            | "otel.instrumentation.common.db-statement-sanitizer.enabled"
            | "otel.instrumentation.jdbc.statement-sanitizer.enabled",
            Kind::Bool, "true",
            "Known, but otelrs masks the literals of every SQL text and `false` does not change that; see the next option.";
        PREPARED_QUERY_TEXT = "otel.instrumentation.jdbc.prepared-query-text.enabled", Kind::Bool, "false",
            "Sends the text of prepared statements as it was written, literals included. otelrs's own.";
        EXCEPTION_MESSAGE = "otel.instrumentation.common.exception-message.enabled", Kind::Bool, "false",
            "Sends the messages of exceptions, and not only their types and frames. Off, because a message may hold what a user typed. otelrs's own.";
        SEMCONV_OPT_IN = "otel.semconv-stability.opt-in", Kind::List, "",
            "Known; otelrs always follows the stable semantic conventions, so nothing has to be opted in to.";
    }
}
