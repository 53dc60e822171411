//! The options as the rest of the agent sees them: typed, with every fallback applied.

use std::time::Duration;

use crate::endpoint::{Protocol, traces_url};
use crate::instrumentation::Switches;
use crate::layers::{Found, Layers, Sources};
use crate::notices::notices;
use crate::option::{Kind, Opt};
use crate::problem::{Problem, clean};
use crate::table::*;
use crate::value::{Value, items, parse};

/// What was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// `otel.javaagent.enabled`.
    pub agent_enabled: bool,
    /// `otel.sdk.disabled`.
    pub sdk_disabled: bool,
    /// `otel.javaagent.debug`.
    pub debug: bool,
    /// `otel.service.name`, else `service.name` of the resource attributes.
    pub service_name: Option<String>,
    /// `otel.resource.attributes`, decoded, without `service.name`.
    pub resource_attributes: Vec<(String, String)>,
    /// `otel.resource.process-arguments.enabled`.
    pub process_arguments: bool,
    /// `otel.traces.exporter`.
    pub traces_exporters: TracesExporters,
    /// `otel.exporter.otlp[.traces].*`.
    pub otlp: OtlpTraces,
    /// `otel.bsp.*`.
    pub batch: Batch,
    /// `otel.traces.sampler` and its argument.
    pub sampler: Sampler,
    /// `otel.propagators`.
    pub propagators: Propagators,
    /// `otel.span.*.limit`.
    pub limits: SpanLimits,
    /// `otel.instrumentation.rules.files`: paths.
    pub rule_files: Vec<String>,
    /// `otel.instrumentation.http.known-methods`.
    pub http_known_methods: Vec<String>,
    /// `otel.instrumentation.sanitization.url.experimental.sensitive-query-parameters`.
    pub sensitive_query_parameters: Vec<String>,
    /// `otel.instrumentation.jdbc.prepared-query-text.enabled`.
    pub prepared_query_text: bool,
    /// `otel.instrumentation.common.exception-message.enabled`.
    pub exception_message: bool,
    switches: Switches,
}

/// Where spans go; neither for `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TracesExporters {
    /// To a collector.
    pub otlp: bool,
    /// To standard error.
    pub console: bool,
}

/// How spans get to a collector.
#[derive(Clone, PartialEq, Eq)]
pub struct OtlpTraces {
    /// The protocol to begin with.
    pub protocol: Protocol,
    /// Without it the other protocol may be tried as well.
    pub protocol_was_set: bool,
    /// `otel.exporter.otlp.traces.endpoint`; [`OtlpTraces::url`] applies the rules.
    pub traces_endpoint: Option<String>,
    /// `otel.exporter.otlp.endpoint`.
    pub endpoint: Option<String>,
    /// Decoded.
    pub headers: Vec<(String, String)>,
    /// Of one request.
    pub timeout: Duration,
    /// gzip.
    pub compress: bool,
    /// Path of a PEM file.
    pub certificate: Option<String>,
    /// Path of a PEM file.
    pub client_key: Option<String>,
    /// Path of a PEM file.
    pub client_certificate: Option<String>,
}

impl OtlpTraces {
    /// Where `protocol` sends spans: a whole URL for http/protobuf, the origin for gRPC.
    pub fn url(&self, protocol: Protocol) -> String {
        traces_url(self.traces_endpoint.as_deref(), self.endpoint.as_deref(), protocol)
    }
}

impl std::fmt::Debug for OtlpTraces {
    /// Without the headers' values and the endpoints' passwords.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let url = self.url(self.protocol);
        let names: Vec<_> = self.headers.iter().map(|header| &header.0).collect();
        let mut out = formatter.debug_struct("OtlpTraces");
        out.field("protocol", &self.protocol).field("protocol_was_set", &self.protocol_was_set);
        out.field("url", &Kind::Url.shown(&url)).field("headers", &names).field("timeout", &self.timeout);
        out.field("compress", &self.compress).finish_non_exhaustive()
    }
}

/// The batch span processor's four.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// `otel.bsp.schedule.delay`.
    pub schedule_delay: Duration,
    /// `otel.bsp.max.queue.size`.
    pub max_queue_size: usize,
    /// `otel.bsp.max.export.batch.size`; never more than the queue.
    pub max_export_batch_size: usize,
    /// `otel.bsp.export.timeout`.
    pub export_timeout: Duration,
}

/// A standard sampler.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampler {
    /// One of the six standard names.
    pub name: &'static str,
    /// For the names with `traceidratio`; from 0 to 1.
    pub ratio: f64,
}

/// Which propagators are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Propagators {
    /// W3C trace context.
    pub trace_context: bool,
    /// W3C baggage.
    pub baggage: bool,
}

/// How large a span may get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanLimits {
    /// Attributes.
    pub attribute_count: usize,
    /// Characters of a text value; `None` for any number.
    pub attribute_value_length: Option<usize>,
    /// Events.
    pub event_count: usize,
}

impl Settings {
    /// Reads all options. What is wrong with them is told, never fatal.
    pub fn read(sources: &Sources<'_>) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let layers = Layers::new(sources, &mut problems);
        let mut reader = Reader { layers: &layers, problems };
        let settings = reader.settings();
        let not_yet = reader.note_what_has_no_effect();
        let mut problems = reader.problems;
        problems.extend(notices(&layers, not_yet));
        (settings, problems)
    }

    /// Whether an instrumentation is on. Each of `names` counts, and so does every alias in
    /// [`crate::INSTRUMENTATIONS`] of what answers to it.
    pub fn instrumentation_enabled(&self, names: &[&str]) -> bool {
        self.switches.enabled(names)
    }
}

impl Default for Settings {
    /// What holds when nothing is configured.
    fn default() -> Self {
        let sources = Sources {
            agent_options: "",
            system_property: &|_| None,
            system_properties: None,
            environment: &[],
            read_file: &|_| Err(String::new()),
        };
        Self::read(&sources).0
    }
}

struct Reader<'a> {
    layers: &'a Layers,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn settings(&mut self) -> Settings {
        let (service_name, resource_attributes) = self.resource();
        let default_enabled = self.bool(&DEFAULT_ENABLED);
        let exporters = self.choices(&TRACES_EXPORTER);
        let propagators = self.choices(&PROPAGATORS);
        Settings {
            agent_enabled: self.bool(&JAVAAGENT_ENABLED),
            sdk_disabled: self.bool(&SDK_DISABLED),
            debug: self.bool(&JAVAAGENT_DEBUG),
            service_name,
            resource_attributes,
            process_arguments: self.bool(&PROCESS_ARGUMENTS),
            traces_exporters: TracesExporters {
                otlp: exporters.contains(&"otlp"),
                console: exporters.contains(&"console") || exporters.contains(&"logging"),
            },
            otlp: self.otlp(),
            batch: self.batch(),
            sampler: Sampler {
                name: self.choice(&TRACES_SAMPLER).unwrap_or(TRACES_SAMPLER.default),
                ratio: self.ratio(&TRACES_SAMPLER_ARG),
            },
            propagators: Propagators {
                trace_context: propagators.contains(&"tracecontext"),
                baggage: propagators.contains(&"baggage"),
            },
            limits: self.limits(),
            rule_files: self.list(&RULES_FILES),
            http_known_methods: self.list(&HTTP_KNOWN_METHODS),
            sensitive_query_parameters: self.list(&SENSITIVE_QUERY_PARAMETERS),
            prepared_query_text: self.bool(&PREPARED_QUERY_TEXT),
            exception_message: self.bool(&EXCEPTION_MESSAGE),
            switches: Switches::new(self.layers, default_enabled),
        }
    }

    fn resource(&mut self) -> (Option<String>, Vec<(String, String)>) {
        let attributes = self.map(&RESOURCE_ATTRIBUTES).unwrap_or_default();
        let (named, others): (Vec<_>, _) = attributes.into_iter().partition(|(key, _)| key == "service.name");
        let from_attributes = named.into_iter().map(|(_, value)| value).rfind(|value| !value.is_empty());
        (self.text(&SERVICE_NAME).or(from_attributes), others)
    }

    fn otlp(&mut self) -> OtlpTraces {
        let mut protocol_set = |option| match self.set(option) {
            Some(Value::Choice("grpc")) => Some(Protocol::Grpc),
            Some(_) => Some(Protocol::HttpProtobuf),
            None => None,
        };
        let protocols = [protocol_set(&OTLP_TRACES_PROTOCOL), protocol_set(&OTLP_PROTOCOL)];
        let protocol = protocols.into_iter().flatten().next();
        let compression = [self.choice(&OTLP_TRACES_COMPRESSION), self.choice(&OTLP_COMPRESSION)];
        let timeouts = [self.duration(&OTLP_TRACES_TIMEOUT), self.duration(&OTLP_TIMEOUT)];
        let headers = [self.map(&OTLP_TRACES_HEADERS), self.map(&OTLP_HEADERS)];
        OtlpTraces {
            protocol: protocol.unwrap_or(Protocol::HttpProtobuf),
            protocol_was_set: protocol.is_some(),
            traces_endpoint: self.text(&OTLP_TRACES_ENDPOINT),
            endpoint: self.text(&OTLP_ENDPOINT),
            headers: headers.into_iter().flatten().next().unwrap_or_default(),
            timeout: timeouts.into_iter().flatten().next().unwrap_or_default(),
            compress: compression.into_iter().flatten().next() == Some("gzip"),
            certificate: self.text_of(&OTLP_TRACES_CERTIFICATE, &OTLP_CERTIFICATE),
            client_key: self.text_of(&OTLP_TRACES_CLIENT_KEY, &OTLP_CLIENT_KEY),
            client_certificate: self.text_of(&OTLP_TRACES_CLIENT_CERTIFICATE, &OTLP_CLIENT_CERTIFICATE),
        }
    }

    fn batch(&mut self) -> Batch {
        let max_queue_size = self.integer(&BSP_MAX_QUEUE_SIZE).unwrap_or_default();
        let max_export_batch_size = self.integer(&BSP_MAX_EXPORT_BATCH_SIZE).unwrap_or_default();
        if max_export_batch_size > max_queue_size
            && let Some(found) = self.layers.find(&BSP_MAX_EXPORT_BATCH_SIZE)
        {
            self.no_effect(found, format!("the queue holds {max_queue_size} spans; that many are used"));
        }
        Batch {
            schedule_delay: self.duration(&BSP_SCHEDULE_DELAY).unwrap_or_default(),
            max_queue_size,
            max_export_batch_size: max_export_batch_size.min(max_queue_size),
            export_timeout: self.duration(&BSP_EXPORT_TIMEOUT).unwrap_or_default(),
        }
    }

    fn limits(&mut self) -> SpanLimits {
        let counts = [self.integer(&SPAN_ATTRIBUTE_COUNT_LIMIT), self.integer(&ATTRIBUTE_COUNT_LIMIT)];
        let lengths =
            [self.integer(&SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT), self.integer(&ATTRIBUTE_VALUE_LENGTH_LIMIT)];
        self.integer(&SPAN_LINK_COUNT_LIMIT);
        SpanLimits {
            attribute_count: counts.into_iter().flatten().next().unwrap_or_default(),
            attribute_value_length: lengths.into_iter().flatten().next(),
            event_count: self.integer(&SPAN_EVENT_COUNT_LIMIT).unwrap_or_default(),
        }
    }

    /// Options that are accepted for the Java agent's sake; returns those that ask for what is not covered yet.
    fn note_what_has_no_effect(&mut self) -> Vec<String> {
        if !self.bool(&QUERY_SANITIZATION)
            && let Some(found) = self.layers.find(&QUERY_SANITIZATION)
        {
            let reason =
                format!("otelrs masks SQL literals always; {} is the exception", PREPARED_QUERY_TEXT.name);
            self.no_effect(found, reason);
        }
        let covered = |option: &Opt, item: &str| match option.name {
            name if name == SEMCONV_OPT_IN.name => !item.ends_with("/dup"),
            _ => matches!(item, "otlp" | "none"),
        };
        let asked = [METRICS_EXPORTER, LOGS_EXPORTER, SEMCONV_OPT_IN];
        let found = asked.iter().filter_map(|option| Some((option, self.layers.find(option)?)));
        let missing = found.filter(|(option, found)| !items(found.value).all(|item| covered(option, item)));
        missing.map(|(_, found)| clean(&format!("{}={}", found.name, found.value))).collect()
    }

    /// The value that was given, when it can be understood.
    fn set(&mut self, option: &Opt) -> Option<Value> {
        let found = self.layers.find(option)?;
        let value = parse(option.kind, found.value);
        if value.is_some() {
            return value;
        }
        let known = known_choices(option.kind, found.value);
        let used = match (&known, option.default) {
            (Some(Value::Choices(names)), _) => format!("only {} is used", names.join(",")),
            (_, "") => "it is ignored".into(),
            (_, default) => format!("the default {default} is used"),
        };
        self.problems.push(Problem::Invalid {
            name: clean(found.name),
            origin: found.origin,
            shown: option.kind.shown(found.value),
            expected: option.kind.expected(),
            used,
        });
        known
    }

    fn value(&mut self, option: &Opt) -> Option<Value> {
        let default = || if option.default.is_empty() { None } else { parse(option.kind, option.default) };
        self.set(option).or_else(default)
    }

    fn bool(&mut self, option: &Opt) -> bool {
        self.value(option) == Some(Value::Bool(true))
    }

    fn text(&mut self, option: &Opt) -> Option<String> {
        if let Some(Value::Text(text)) = self.value(option) { Some(text) } else { None }
    }

    fn text_of(&mut self, special: &Opt, general: &Opt) -> Option<String> {
        let texts = [self.text(special), self.text(general)];
        texts.into_iter().flatten().next()
    }

    fn integer(&mut self, option: &Opt) -> Option<usize> {
        if let Some(Value::Integer(number)) = self.value(option) {
            usize::try_from(number).ok()
        } else {
            None
        }
    }

    fn ratio(&mut self, option: &Opt) -> f64 {
        if let Some(Value::Ratio(ratio)) = self.value(option) { ratio } else { 1.0 }
    }

    fn duration(&mut self, option: &Opt) -> Option<Duration> {
        if let Some(Value::Duration(duration)) = self.value(option) { Some(duration) } else { None }
    }

    fn list(&mut self, option: &Opt) -> Vec<String> {
        if let Some(Value::List(items)) = self.value(option) { items } else { Vec::new() }
    }

    fn map(&mut self, option: &Opt) -> Option<Vec<(String, String)>> {
        if let Some(Value::Map(pairs)) = self.value(option) { Some(pairs) } else { None }
    }

    fn choice(&mut self, option: &Opt) -> Option<&'static str> {
        if let Some(Value::Choice(name)) = self.value(option) { Some(name) } else { None }
    }

    fn choices(&mut self, option: &Opt) -> Vec<&'static str> {
        if let Some(Value::Choices(names)) = self.value(option) { names } else { Vec::new() }
    }

    fn no_effect(&mut self, found: Found<'_>, reason: String) {
        self.problems.push(Problem::NoEffect { name: clean(found.name), origin: found.origin, reason });
    }
}

/// Of several names those that are known: `tracecontext,b3` still means trace context.
fn known_choices(kind: Kind, text: &str) -> Option<Value> {
    let Kind::Choices(names) = kind else { return None };
    let known: Vec<_> = items(text).filter(|item| *item != "none" && names.contains(item)).collect();
    parse(kind, &known.join(","))
}

#[cfg(test)]
mod tests;
