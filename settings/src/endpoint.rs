//! Where OTLP goes (OpenTelemetry protocol exporter specification, "Endpoint URLs for OTLP/HTTP").

/// How OTLP is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `http/protobuf`.
    HttpProtobuf,
    /// `grpc`.
    Grpc,
}

impl Protocol {
    /// As the option writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::HttpProtobuf => "http/protobuf",
            Self::Grpc => "grpc",
        }
    }

    /// The collector on this machine.
    fn local(self) -> &'static str {
        match self {
            Self::HttpProtobuf => "http://localhost:4318",
            Self::Grpc => "http://localhost:4317",
        }
    }
}

/// An `http(s)` URL with a host, and with neither query nor fragment.
pub(crate) fn is_valid(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let known = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let authority = rest.split('/').next().unwrap_or_default();
    let host_and_port = authority.rsplit('@').next().unwrap_or_default();
    let printable = |byte: u8| byte.is_ascii_graphic() && !b"?#\\\"<>^`{|}".contains(&byte);
    known && has_host_and_port(host_and_port) && url.bytes().all(printable)
}

/// The port is optional; an IPv6 address stands in brackets.
fn has_host_and_port(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => match port.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None => return false,
        },
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    !host.is_empty() && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port != 0))
}

/// The URL to send spans to: the option for spans as it is, else the general one with the signal's path appended.
pub(crate) fn traces_url(traces: Option<&str>, general: Option<&str>, protocol: Protocol) -> String {
    match (protocol, traces, general) {
        (Protocol::Grpc, traces, general) => {
            origin(traces.or(general).unwrap_or(protocol.local())).to_owned()
        }
        (Protocol::HttpProtobuf, Some(traces), _) => traces.to_owned(),
        (Protocol::HttpProtobuf, None, general) => {
            format!("{}/v1/traces", general.unwrap_or(protocol.local()).trim_end_matches('/'))
        }
    }
}

/// Scheme, host and port.
fn origin(url: &str) -> &str {
    let host_at = url.find("://").map_or(0, |at| at + 3);
    let path_at = url.get(host_at..).and_then(|rest| rest.find('/'));
    path_at.and_then(|at| url.get(..host_at + at)).unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_an_http_url() {
        for (url, valid) in [
            ("http://localhost:4318", true),
            ("https://collector.example.com", true),
            ("HTTPS://collector.example.com/some/path/", true),
            ("http://[::1]:4318/v1/traces", true),
            ("http://user:secret@host:4318", true),
            ("localhost:4318", false),
            ("grpc://localhost:4317", false),
            ("http://", false),
            ("http:///v1/traces", false),
            ("http://:4318", false),
            ("http://host:port", false),
            ("http://host:70000", false),
            ("http://host:4318?key=1", false),
            ("http://host:4318/#top", false),
            ("http://ho st", false),
            ("http://[::1", false),
            ("http://höst", false),
        ] {
            assert_eq!(is_valid(url), valid, "{url}");
        }
    }

    #[test]
    fn the_general_endpoint_gets_the_path_of_the_signal_and_the_special_one_is_used_as_it_is() {
        use Protocol::{Grpc, HttpProtobuf};
        for (traces, general, protocol, expected) in [
            (None, None, HttpProtobuf, "http://localhost:4318/v1/traces"),
            (None, None, Grpc, "http://localhost:4317"),
            (None, Some("http://c:4318"), HttpProtobuf, "http://c:4318/v1/traces"),
            (None, Some("http://c:4318/"), HttpProtobuf, "http://c:4318/v1/traces"),
            (None, Some("http://c/otlp"), HttpProtobuf, "http://c/otlp/v1/traces"),
            (None, Some("http://c:4317/otlp/x"), Grpc, "http://c:4317"),
            (Some("http://t:1/custom"), Some("http://c:4318"), HttpProtobuf, "http://t:1/custom"),
            (Some("http://t:1"), None, HttpProtobuf, "http://t:1"),
            (Some("http://t:1/"), None, HttpProtobuf, "http://t:1/"),
            (Some("https://t:1/custom"), Some("http://c:4318"), Grpc, "https://t:1"),
        ] {
            assert_eq!(traces_url(traces, general, protocol), expected);
        }
    }
}
