//! SERVER spans of requests on Jetty.

mod core;

use otelrs_rules::model::Rule;

pub(crate) use crate::http::server::finish;

/// Every rule about Jetty.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    core::RULES.iter()
}

#[cfg(test)]
mod tests {
    use otelrs_rules::model::ClassSelector;
    use otelrs_sdk::span::{SpanKind, Status};

    use crate::testing::{attributes, span};
    use crate::{Site, keys};

    #[test]
    fn a_request_becomes_a_server_span_of_its_own_scope() {
        let texts = [
            (keys::METHOD, "GET"),
            (keys::PATH, "/ctx/p/17"),
            (keys::PROTOCOL_VERSION, "HTTP/2.0"),
            (keys::CONTEXT_PATH, "/ctx"),
            (keys::SERVLET_MAPPING, "/p/*"),
        ];
        let span = span(Site::Jetty, &texts, &[(keys::STATUS, 503)]);
        assert_eq!(
            (span.name.as_ref(), span.kind, span.scope),
            ("GET /ctx/p/*", SpanKind::Server, "otelrs.jetty")
        );
        assert_eq!(span.status, Status::Error(String::new()));
        assert_eq!(
            attributes(&span),
            [
                "http.request.method=GET",
                "url.path=/ctx/p/17",
                "http.route=/ctx/p/*",
                "http.response.status_code=503",
                "network.protocol.version=2",
                "error.type=503",
            ]
        );
    }

    #[test]
    fn every_servlet_layer_of_jetty_12_has_its_channel_and_its_mapping() {
        let classes: Vec<&str> = super::rules()
            .filter_map(|rule| match rule.class {
                ClassSelector::Name(name) => Some(name),
                _ => None,
            })
            .collect();
        for layer in ["ee8", "ee9", "ee10", "ee11"] {
            let of_layer = classes.iter().filter(|class| class.contains(&format!("/{layer}/")));
            let (mappings, channels): (Vec<&str>, Vec<&str>) =
                of_layer.partition(|class| class.ends_with("$MappedServlet"));
            assert_eq!((mappings.len(), channels.len()), (1, 1), "{layer}: {mappings:?} {channels:?}");
        }
    }
}
