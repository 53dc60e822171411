//! CLIENT spans of `java.net.http.HttpClient`.

pub(crate) mod rule;

pub(crate) use crate::http::client::finish;

#[cfg(test)]
mod tests {
    use otelrs_sdk::span::{SpanKind, Status};

    use crate::testing::{attribute, attributes, span};
    use crate::{Site, keys};

    const REQUEST: &[(u8, &str)] = &[
        (keys::METHOD, "POST"),
        (keys::FULL_URL, "https://bob:pw@api.example/pay?id=1&sig=abc"),
        (keys::PROTOCOL_VERSION, "HTTP_2"),
    ];

    #[test]
    fn a_request_becomes_a_client_span_without_secrets() {
        let span = span(Site::JavaHttpClient, REQUEST, &[(keys::STATUS, 201), (keys::RESEND_COUNT, 1)]);
        assert_eq!((span.name.as_ref(), span.kind, &span.status), ("POST", SpanKind::Client, &Status::Unset));
        assert_eq!(span.scope, "otelrs.java-http-client");
        assert_eq!(
            attributes(&span),
            [
                "http.request.method=POST",
                "url.full=https://REDACTED:REDACTED@api.example/pay?id=1&sig=REDACTED",
                "server.address=api.example",
                "server.port=443",
                "http.request.resend_count=1",
                "http.response.status_code=201",
                "network.protocol.version=2",
            ]
        );
    }

    #[test]
    fn the_status_tells_failure() {
        for (status, failed) in
            [(200, false), (302, false), (399, false), (400, true), (404, true), (500, true)]
        {
            let span = span(Site::JavaHttpClient, REQUEST, &[(keys::STATUS, status)]);
            assert_eq!(span.status != Status::Unset, failed, "{status}");
            assert_eq!(
                attribute(&span, "error.type"),
                if failed { status.to_string() } else { String::new() }
            );
        }
    }

    #[test]
    fn a_request_that_got_no_answer_fails_with_the_exceptions_class() {
        let texts = [REQUEST, &[(keys::EXCEPTION_TYPE, "java.net.ConnectException")]].concat();
        let span = span(Site::JavaHttpClient, &texts, &[]);
        assert_eq!(attribute(&span, "error.type"), "java.net.ConnectException");
        assert_eq!(span.status, Status::Error(String::new()));
        assert_eq!(span.exceptions.len(), 1);
    }

    #[test]
    fn an_error_without_an_exception_fails_it_too() {
        let span = span(Site::JavaHttpClient, &[(keys::ERROR_TYPE, "cancelled")], &[]);
        assert_eq!(attribute(&span, "error.type"), "cancelled");
        assert_ne!(span.status, Status::Unset);
    }

    #[test]
    fn what_is_no_url_does_not_leave() {
        let span = span(Site::JavaHttpClient, &[(keys::FULL_URL, "bob:secret@host/x")], &[]);
        assert_eq!(attributes(&span), ["http.request.method=_OTHER"]);
    }
}
