//! Reading, as a user sees it: what was written where, and what came of it.

use super::*;
use crate::instrumentation::switch;
use crate::layers::{Origin, normalised};
use crate::option::variable;

/// What a test writes where; everything else is absent.
#[derive(Default)]
struct Given<'a> {
    agent: &'a str,
    properties: &'a [(&'a str, &'a str)],
    environment: &'a [(&'a str, &'a str)],
    file: Option<&'a str>,
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn read(given: &Given<'_>) -> (Settings, Vec<String>) {
    let read_file = |path: &str| match given.file {
        Some(text) if path == "/etc/otel.properties" => Ok(text.to_owned()),
        _ => Err("No such file or directory".to_owned()),
    };
    let (settings, problems) = Settings::read(&Sources {
        agent_options: given.agent,
        system_property: &|_| None,
        system_properties: Some(owned(given.properties)),
        environment: &owned(given.environment),
        read_file: &read_file,
    });
    (settings, problems.iter().map(Problem::to_string).collect())
}

/// What agent options alone come to.
fn agent(options: &str) -> (Settings, Vec<String>) {
    read(&Given { agent: options, ..Given::default() })
}

/// The settings of options that are right.
fn valid(options: &str) -> Settings {
    let (settings, problems) = agent(options);
    assert_eq!(problems, [""; 0], "{options}");
    settings
}

#[test]
fn nothing_configured_means_the_java_agents_defaults() {
    let settings = valid("");
    assert!(settings.agent_enabled && !settings.sdk_disabled && !settings.debug);
    assert_eq!((settings.service_name.as_deref(), settings.resource_attributes.len()), (None, 0));
    assert_eq!(settings.traces_exporters, TracesExporters { otlp: true, console: false });
    assert_eq!(settings.otlp.url(Protocol::HttpProtobuf), "http://localhost:4318/v1/traces");
    assert_eq!((settings.otlp.protocol, settings.otlp.protocol_was_set), (Protocol::HttpProtobuf, false));
    assert_eq!((settings.otlp.timeout, settings.otlp.compress), (Duration::from_secs(10), false));
    assert_eq!(
        settings.batch,
        Batch {
            schedule_delay: Duration::from_secs(5),
            max_queue_size: 2048,
            max_export_batch_size: 512,
            export_timeout: Duration::from_secs(30),
        }
    );
    assert_eq!(settings.sampler, Sampler { name: "parentbased_always_on", ratio: 1.0 });
    assert_eq!(settings.propagators, Propagators { trace_context: true, baggage: true });
    assert_eq!(
        settings.limits,
        SpanLimits { attribute_count: 128, attribute_value_length: None, event_count: 128 }
    );
    assert_eq!(settings.http_known_methods.len(), 9);
    assert!(settings.sensitive_query_parameters.contains(&"X-Goog-Signature".to_owned()));
    assert!(!settings.prepared_query_text && !settings.exception_message && !settings.process_arguments);
    assert!(settings.instrumentation_enabled(&["jdbc"]));
    assert_eq!(settings, Settings::default());
}

#[test]
fn the_first_source_that_says_something_wins() {
    const NAME: &str = "otel.service.name";
    let file = "otel.service.name=file\notel.javaagent.configuration-file=/elsewhere";
    let at = ("OTEL_JAVAAGENT_CONFIGURATION_FILE", "/etc/otel.properties");
    for (agent, property, variable, expected) in [
        ("otel.service.name=agent", Some("property"), Some("variable"), "agent"),
        ("", Some("property"), Some("variable"), "property"),
        ("", None, Some("variable"), "variable"),
        ("", None, None, "file"),
        ("otel.service.name=", Some(" "), Some("variable"), "variable"),
    ] {
        let properties: Vec<_> = property.map(|value| (NAME, value)).into_iter().collect();
        let mut environment: Vec<_> =
            variable.map(|value| ("OTEL_SERVICE_NAME", value)).into_iter().collect();
        environment.push(at);
        let given = Given { agent, properties: &properties, environment: &environment, file: Some(file) };
        let (settings, problems) = read(&given);
        assert_eq!((settings.service_name.as_deref(), problems.len()), (Some(expected), 0), "{problems:?}");
    }
}

#[test]
fn every_option_can_be_given_in_every_source() {
    for option in OPTIONS {
        let value = "\u{1}invalid";
        let variable = variable(option.name);
        for (given, origin) in [
            (Given { agent: &format!("{}={value}", option.name), ..Given::default() }, Origin::AgentOption),
            (Given { properties: &[(option.name, value)], ..Given::default() }, Origin::SystemProperty),
            (Given { environment: &[(&variable, value)], ..Given::default() }, Origin::Environment),
        ] {
            let (_, problems) = read(&given);
            let takes_anything = matches!(option.kind, Kind::Text | Kind::List | Kind::Path);
            let expected = format!("{} ({origin}): ", origin.spelt(option.name));
            let told = problems.iter().any(|problem| problem.starts_with(&expected));
            assert!(told || takes_anything, "{}: {problems:?}", option.name);
            assert!(!problems.iter().any(|problem| problem.contains("not an option")), "{problems:?}");
        }
    }
}

#[test]
fn system_properties_that_cannot_be_listed_are_looked_up() {
    let system_property = |name: &str| match name {
        "otel.service.name" => Some("shop".to_owned()),
        "otel.instrumentation.servlet.enabled" => Some("false".to_owned()),
        _ => None,
    };
    let (settings, problems) = Settings::read(&Sources {
        agent_options: "",
        system_property: &system_property,
        system_properties: None,
        environment: &[],
        read_file: &|_| Err(String::new()),
    });
    assert_eq!(settings.service_name.as_deref(), Some("shop"));
    assert!(!settings.instrumentation_enabled(&["tomcat"]));
    assert_eq!(problems, []);
}

#[test]
fn names_are_taken_as_the_java_agent_takes_them() {
    let given = Given {
        properties: &[("otel.exporter.otlp.client-key", "/key.pem"), ("OTEL.Javaagent.Debug", "TRUE")],
        ..Given::default()
    };
    let (settings, problems) = read(&given);
    assert_eq!((settings.otlp.client_key.as_deref(), settings.debug), (Some("/key.pem"), true));
    assert_eq!(problems, [""; 0]);
}

#[test]
fn the_service_name_comes_from_its_option_before_the_resource_attributes() {
    for (options, name, others) in [
        ("otel.resource.attributes=service.name=a,x=%C3%BC%2C", Some("a"), &[("x", "ü,")][..]),
        ("otel.resource.attributes=service.name=a;otel.service.name=b", Some("b"), &[]),
        ("otel.resource.attributes=service.name=", None, &[]),
    ] {
        let settings = valid(options);
        assert_eq!(
            (settings.service_name.as_deref(), settings.resource_attributes),
            (name, owned(others)),
            "{options}"
        );
    }
}

#[test]
fn what_is_set_for_traces_goes_before_what_is_set_for_all() {
    let all = "otel.exporter.otlp.endpoint=http://all:1;otel.exporter.otlp.headers=a=1;otel.exporter.otlp.timeout=1s;\
               otel.exporter.otlp.compression=gzip;otel.exporter.otlp.protocol=grpc;\
               otel.exporter.otlp.certificate=/all.pem";
    let otlp = valid(all).otlp;
    assert_eq!(otlp.url(otlp.protocol), "http://all:1");
    assert_eq!((otlp.protocol, otlp.protocol_was_set), (Protocol::Grpc, true));
    assert_eq!(
        (otlp.headers, otlp.timeout, otlp.compress),
        (owned(&[("a", "1")]), Duration::from_secs(1), true)
    );
    assert_eq!(otlp.certificate.as_deref(), Some("/all.pem"));

    let traces = ";otel.exporter.otlp.traces.endpoint=http://traces:2/x;otel.exporter.otlp.traces.headers=b=2;\
                  otel.exporter.otlp.traces.timeout=2s;otel.exporter.otlp.traces.compression=none;\
                  otel.exporter.otlp.traces.protocol=http/protobuf;otel.exporter.otlp.traces.certificate=/traces.pem";
    let otlp = valid(&format!("{all}{traces}")).otlp;
    assert_eq!(otlp.url(otlp.protocol), "http://traces:2/x");
    assert_eq!(otlp.protocol, Protocol::HttpProtobuf);
    assert_eq!(
        (otlp.headers, otlp.timeout, otlp.compress),
        (owned(&[("b", "2")]), Duration::from_secs(2), false)
    );
    assert_eq!(otlp.certificate.as_deref(), Some("/traces.pem"));
}

#[test]
fn limits_of_spans_go_before_general_limits() {
    for (options, count, length) in [
        ("otel.attribute.count.limit=10;otel.attribute.value.length.limit=20", 10, Some(20)),
        ("otel.attribute.count.limit=10;otel.span.attribute.count.limit=0", 0, None),
        ("otel.attribute.value.length.limit=20;otel.span.attribute.value.length.limit=30", 128, Some(30)),
    ] {
        let limits = valid(options).limits;
        assert_eq!((limits.attribute_count, limits.attribute_value_length), (count, length), "{options}");
    }
}

#[test]
fn exporters_and_propagators_are_lists_of_known_names() {
    for (value, otlp, console) in [
        ("otlp", true, false),
        ("console", false, true),
        ("logging,otlp", true, true),
        ("none", false, false),
    ] {
        let exporters = valid(&format!("otel.traces.exporter={value}")).traces_exporters;
        assert_eq!(exporters, TracesExporters { otlp, console }, "{value}");
    }
    for (value, trace_context, baggage) in
        [("baggage, tracecontext", true, true), ("tracecontext", true, false), ("none", false, false)]
    {
        let propagators = valid(&format!("otel.propagators={value}")).propagators;
        assert_eq!(propagators, Propagators { trace_context, baggage }, "{value}");
    }
    let (settings, problems) = agent("otel.propagators=tracecontext,b3");
    assert_eq!(settings.propagators, Propagators { trace_context: true, baggage: false });
    let [problem] = &problems[..] else { panic!("{problems:?}") };
    assert!(problem.ends_with("; only tracecontext is used"), "{problem}");
}

#[test]
fn an_instrumentation_is_switched_as_the_java_agent_does() {
    const ON: &str = "";
    const OFF: &str = "otel.instrumentation.common.default-enabled=false;";
    for (default, options, name, enabled) in [
        (ON, "", "jdbc", true),
        (ON, "otel.instrumentation.jdbc.enabled=false", "jdbc", false),
        (ON, "otel.instrumentation.jdbc.enabled=FALSE", "executors", true),
        (ON, "otel.instrumentation.servlet.enabled=false", "tomcat", false),
        (ON, "otel.instrumentation.servlet.enabled=false", "jetty", false),
        (ON, "otel.instrumentation.tomcat.enabled=false", "jetty", true),
        (
            ON,
            "otel.instrumentation.tomcat-10.0.enabled=false;otel.instrumentation.tomcat.enabled=true",
            "tomcat",
            false,
        ),
        (ON, "otel.instrumentation.spring-webmvc-6.0.enabled=false", "spring-webmvc", false),
        (OFF, "", "jdbc", false),
        (OFF, "otel.instrumentation.jdbc.enabled=true", "jdbc", true),
        (
            OFF,
            "otel.instrumentation.servlet.enabled=true;otel.instrumentation.tomcat.enabled=false",
            "tomcat",
            true,
        ),
        (OFF, "otel.instrumentation.jdbc.enabled=true", "java-http-client", false),
    ] {
        let settings = valid(&format!("{default}{options}"));
        assert_eq!(settings.instrumentation_enabled(&[name]), enabled, "{default}{options}");
    }
    let environment = &[("OTEL_INSTRUMENTATION_HTTP_URL_CONNECTION_ENABLED", "false")];
    let (settings, _) = read(&Given { environment, ..Given::default() });
    assert!(!settings.instrumentation_enabled(&["http-url-connection"]));
}

#[test]
fn a_switch_obeys_the_precedence_of_sources() {
    let given = Given {
        properties: &[("otel.instrumentation.jdbc.enabled", "true")],
        environment: &[("OTEL_INSTRUMENTATION_JDBC_ENABLED", "false")],
        ..Given::default()
    };
    assert!(read(&given).0.instrumentation_enabled(&["jdbc"]));
}

#[test]
fn what_cannot_be_parsed_is_told_in_one_line_and_the_default_used() {
    for (options, expected) in [
        (
            "otel.bsp.schedule.delay=5 sec",
            "otel.bsp.schedule.delay (agent option): \"5 sec\" is not a time of at least 1 ms, such as 5000 \
             (milliseconds), 5000ms, 5s or 1m; the default 5000 is used",
        ),
        (
            "otel.sdk.disabled=yes",
            "otel.sdk.disabled (agent option): \"yes\" is not true or false; the default false is used",
        ),
        (
            "otel.bsp.max.queue.size=1000000000",
            "otel.bsp.max.queue.size (agent option): \"1000000000\" is not a whole number from 1 to 131072; \
             the default 2048 is used",
        ),
        (
            "otel.traces.sampler.arg=2",
            "otel.traces.sampler.arg (agent option): \"2\" is not a number from 0 to 1; the default 1 is used",
        ),
        (
            "otel.exporter.otlp.endpoint=localhost:4318",
            "otel.exporter.otlp.endpoint (agent option): \"localhost:4318\" is not a URL such as \
             http://localhost:4318, without query and fragment; it is ignored",
        ),
        (
            "otel.exporter.otlp.protocol=http/json",
            "otel.exporter.otlp.protocol (agent option): \"http/json\" is not one of http/protobuf, grpc; \
             the default http/protobuf is used",
        ),
        (
            "otel.resource.attributes=a=1\n,b",
            "otel.resource.attributes (agent option): \"a=1\\n,b\" is not key=value pairs separated by commas; \
             it is ignored",
        ),
        ("nonsense", "the agent's options: \"nonsense\" is not of the form key=value"),
        (
            "otel.instrumentation.jdbc.enabled=off",
            "otel.instrumentation.jdbc.enabled (agent option): \"off\" is not true or false; it is ignored",
        ),
    ] {
        let (settings, problems) = agent(options);
        assert_eq!(settings, Settings::default(), "{options}");
        let [problem] = &problems[..] else { panic!("{options}: {problems:?}") };
        assert_eq!(problem, expected);
    }
}

#[test]
fn secrets_are_never_shown() {
    let given = Given {
        environment: &[
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization: Bearer s3cret"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:s3cret@host:x"),
        ],
        ..Given::default()
    };
    let (_, problems) = read(&given);
    assert_eq!(problems.len(), 2);
    assert!(problems.iter().all(|problem| !problem.contains("s3cret")), "{problems:?}");
    let (_, problems) = agent("otel.exporter.otlp.headers=cookie=a; s3cret");
    assert_eq!(problems, ["the agent's options: the value (not shown) is not of the form key=value"]);
    let settings = valid("otel.exporter.otlp.headers=a=s3cret;otel.exporter.otlp.endpoint=http://u:s3cret@h");
    assert!(!format!("{settings:?}").contains("s3cret"));
}

#[test]
fn a_value_that_was_set_for_nothing_is_told() {
    for (options, expected) in [
        (
            "otel.instrumentation.jdbc.statement-sanitizer.enabled=false",
            "otel.instrumentation.jdbc.statement-sanitizer.enabled (agent option): otelrs masks SQL literals always; \
             otel.instrumentation.jdbc.prepared-query-text.enabled is the exception",
        ),
        ("otel.bsp.max.queue.size=100", ""),
        (
            "otel.bsp.max.export.batch.size=200;otel.bsp.max.queue.size=100",
            "otel.bsp.max.export.batch.size (agent option): the queue holds 100 spans; that many are used",
        ),
    ] {
        let (settings, problems) = agent(options);
        assert_eq!(problems.join("\n"), expected);
        assert!(settings.batch.max_export_batch_size <= settings.batch.max_queue_size);
    }
}

#[test]
fn what_only_the_java_agent_knows_is_named_in_one_line() {
    let given = Given {
        agent: "otel.metrics.exporter=prometheus;otel.logs.exporter=none;otel.semconv-stability.opt-in=database",
        properties: &[
            ("otel.instrumentation.kafka.experimental-span-attributes", "true"),
            ("otel.instrumentation.kafka-clients.enabled", "true"),
            ("otel.instrumentation.jedis-4.0.enabled", "false"),
            ("java.home", "/usr"),
        ],
        environment: &[("OTEL_METRIC_EXPORT_INTERVAL", "1000"), ("OTEL_JAVAAGENT_EXCLUDE_CLASSES", "x")],
        file: None,
    };
    assert_eq!(
        read(&given).1,
        ["known to the OpenTelemetry Java agent, not to otelrs yet: OTEL_JAVAAGENT_EXCLUDE_CLASSES, \
          OTEL_METRIC_EXPORT_INTERVAL, otel.instrumentation.kafka-clients.enabled, \
          otel.instrumentation.kafka.experimental-span-attributes, otel.metrics.exporter=prometheus"]
    );
}

#[test]
fn misspelt_options_are_named_with_the_nearest_there_is() {
    for (given, expected) in [
        (
            Given { agent: "otel.servce.name=x", ..Given::default() },
            "otel.servce.name (agent option) is not an option; did you mean otel.service.name?",
        ),
        (
            Given { agent: "service.name=x", ..Given::default() },
            "service.name (agent option) is not an option; did you mean otel.service.name?",
        ),
        (
            Given { properties: &[("otel.instrumentation.jbdc.enabled", "false")], ..Given::default() },
            "otel.instrumentation.jbdc.enabled (system property) is not an option; did you mean \
             otel.instrumentation.jdbc.enabled?",
        ),
        (
            Given { properties: &[("otel.something.else.altogether", "1")], ..Given::default() },
            "otel.something.else.altogether (system property) is not an option",
        ),
        (
            Given { environment: &[("OTEL_EXPORTER_OLTP_ENDPOINT", "http://c")], ..Given::default() },
            "OTEL_EXPORTER_OLTP_ENDPOINT (environment variable) is not an option; did you mean \
             OTEL_EXPORTER_OTLP_ENDPOINT?",
        ),
        (Given { environment: &[("OTEL_PYTHON_LOG_CORRELATION", "true")], ..Given::default() }, ""),
    ] {
        assert_eq!(read(&given).1.join("\n"), expected);
    }
}

#[test]
fn a_configuration_file_that_cannot_be_read_is_told() {
    let (settings, problems) = agent("otel.javaagent.configuration-file=/nowhere");
    assert_eq!(settings, Settings::default());
    assert_eq!(
        problems,
        [
            "otel.javaagent.configuration-file (agent option): \"/nowhere\" cannot be read: No such file or directory"
        ]
    );
}

#[test]
fn no_two_options_share_a_name() {
    let mut names: Vec<_> = OPTIONS
        .iter()
        .flat_map(|option| std::iter::once(option.name).chain(option.aliases.iter().copied()))
        .map(str::to_owned)
        // Aliases are the Java agent's: its switch of all Servlet containers is one of Tomcat and of Jetty.
        .chain(crate::instrumentation::INSTRUMENTATIONS.iter().map(|known| switch(known.name)))
        .map(|name| normalised(&name))
        .collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
}
