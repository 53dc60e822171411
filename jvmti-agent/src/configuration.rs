//! From the settings, which know no sibling, to what each part is told.

use std::path::PathBuf;

use otelrs_advice::Options;
use otelrs_exporter::config::{
    Batch, Compression, Config, ExporterKind, Otlp, Privacy, Protocol, Proxy, ProxyAddress, TrustStore,
};
use otelrs_sdk::propagation::Propagators;
use otelrs_sdk::sampler::SamplerPlan;
use otelrs_settings::{Problem, Settings, Sources};

use crate::jvmti::Jvmti;

/// A configuration file larger than this is none.
const MAX_FILE: u64 = 1 << 20;

/// Reads all options: the agent's, the JVM's system properties, the environment, the configuration file.
pub(crate) fn read(jvmti: Jvmti, options: &str) -> (Settings, Vec<Problem>) {
    let environment: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let property = |name: &str| jvmti.system_property(name);
    Settings::read(&Sources {
        agent_options: options,
        system_property: &property,
        system_properties: Some(jvmti.system_properties()),
        environment: &environment,
        read_file: &read_file,
    })
}

/// The text of a file that an option names.
pub(crate) fn read_file(path: &str) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_FILE {
        return Err(format!("{size} bytes are too many for a configuration file"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// The sampler as the bridge decides by it.
pub(crate) fn sampler(settings: &Settings) -> SamplerPlan {
    SamplerPlan::named(settings.sampler.name, settings.sampler.ratio)
        .unwrap_or(SamplerPlan::PARENT_BASED_ALWAYS_ON)
}

/// Which headers are read and written.
pub(crate) fn propagators(settings: &Settings) -> Propagators {
    Propagators { trace_context: settings.propagators.trace_context, baggage: settings.propagators.baggage }
}

/// What the advice may say.
pub(crate) fn advice(settings: &Settings) -> Options {
    Options {
        known_methods: settings.http_known_methods.clone(),
        sensitive_query_parameters: settings.sensitive_query_parameters.clone(),
        exception_messages: settings.exception_message,
        prepared_query_text: settings.prepared_query_text,
    }
}

/// What the exporter does.
pub(crate) fn exporter(settings: &Settings, jvmti: Jvmti) -> Config {
    let mut exporters = Vec::new();
    if settings.traces_exporters.otlp {
        exporters.push(ExporterKind::Otlp);
    }
    if settings.traces_exporters.console {
        exporters.push(ExporterKind::Console);
    }
    let otlp = &settings.otlp;
    Config {
        exporters,
        otlp: Otlp {
            protocol: match otlp.protocol {
                otelrs_settings::Protocol::HttpProtobuf => Protocol::HttpProtobuf,
                otelrs_settings::Protocol::Grpc => Protocol::Grpc,
            },
            protocol_was_set: otlp.protocol_was_set,
            endpoint: otlp.url(otlp.protocol),
            headers: otlp.headers.clone(),
            timeout: otlp.timeout,
            compression: if otlp.compress { Compression::Gzip } else { Compression::None },
            certificate: otlp.certificate.clone().map(PathBuf::from),
            client_key: otlp.client_key.clone().map(PathBuf::from),
            client_certificate: otlp.client_certificate.clone().map(PathBuf::from),
            proxy: proxy(jvmti),
            trust_store: trust_store(jvmti),
        },
        batch: Batch {
            schedule_delay: settings.batch.schedule_delay,
            max_export_batch_size: settings.batch.max_export_batch_size,
            export_timeout: settings.batch.export_timeout,
            max_queue_size: settings.batch.max_queue_size,
        },
        privacy: Privacy { exception_messages: settings.exception_message },
        ..Config::default()
    }
}

/// The JVM's own network properties (java.net, "Networking Properties").
fn proxy(jvmti: Jvmti) -> Proxy {
    let address = |scheme: &str| {
        let host = jvmti.system_property(&format!("{scheme}.proxyHost")).filter(|host| !host.is_empty())?;
        let port = jvmti.system_property(&format!("{scheme}.proxyPort")).and_then(|port| port.parse().ok());
        Some(ProxyAddress { host, port })
    };
    Proxy {
        http: address("http"),
        https: address("https"),
        non_proxy_hosts: jvmti.system_property("http.nonProxyHosts"),
    }
}

fn trust_store(jvmti: Jvmti) -> Option<TrustStore> {
    let path = jvmti.system_property("javax.net.ssl.trustStore").filter(|path| !path.is_empty())?;
    Some(TrustStore {
        path: PathBuf::from(path),
        kind: jvmti.system_property("javax.net.ssl.trustStoreType"),
        password: jvmti.system_property("javax.net.ssl.trustStorePassword"),
    })
}

#[cfg(test)]
mod tests {
    use otelrs_settings::INSTRUMENTATIONS;

    #[test]
    fn every_rule_has_a_switch_and_every_switch_a_rule() {
        for rule in otelrs_advice::rules() {
            assert!(INSTRUMENTATIONS.iter().any(|known| known.name == rule.instrumentation), "{rule:?}");
        }
        for known in INSTRUMENTATIONS {
            let built_in = otelrs_advice::rules().any(|rule| rule.instrumentation == known.name);
            assert!(built_in || known.name == otelrs_advice::rule_files::INSTRUMENTATION, "{known:?}");
        }
    }
}
