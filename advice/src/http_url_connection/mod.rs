//! CLIENT spans of `java.net.HttpURLConnection`.

pub(crate) mod rule;

pub(crate) use crate::http::client::finish;

#[cfg(test)]
mod tests {
    use otelrs_sdk::span::SpanKind;

    use crate::testing::{attribute, span};
    use crate::{Site, keys};

    #[test]
    fn a_connection_becomes_a_client_span_of_its_own_scope() {
        let texts = [(keys::METHOD, "GET"), (keys::FULL_URL, "http://localhost:8081/b")];
        let span = span(Site::HttpUrlConnection, &texts, &[(keys::STATUS, 404)]);
        assert_eq!((span.name.as_ref(), span.kind), ("GET", SpanKind::Client));
        assert_eq!(span.scope, "otelrs.http-url-connection");
        assert_eq!(attribute(&span, "server.port"), "8081");
        assert_eq!(attribute(&span, "error.type"), "404");
    }
}
