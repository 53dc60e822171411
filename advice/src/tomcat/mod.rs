//! SERVER spans of Servlet requests on Tomcat.

pub(crate) mod rule;

pub(crate) use crate::http::server::finish;

#[cfg(test)]
mod tests {
    use otelrs_sdk::span::{Identity, SpanKind, Status};

    use crate::testing::{attribute, attributes, span};
    use crate::{Site, keys};

    const REQUEST: &[(u8, &str)] = &[
        (keys::METHOD, "GET"),
        (keys::SCHEME, "http"),
        (keys::PATH, "/users/17"),
        (keys::QUERY, "a=1&sig=secret"),
        (keys::PROTOCOL_VERSION, "HTTP/1.1"),
        (keys::HOST, "localhost:8080"),
        (keys::USER_AGENT, "curl/8.0"),
        (keys::PEER_ADDRESS, "127.0.0.1"),
        (keys::ROUTE, "/users/{id}"),
        (keys::TRACE_STATE, "a=b"),
    ];

    #[test]
    fn a_request_becomes_a_server_span() {
        let span = span(Site::Tomcat, REQUEST, &[(keys::STATUS, 200), (keys::PEER_PORT, 51234)]);
        assert_eq!(span.name, "GET /users/{id}");
        assert_eq!(
            (span.kind, span.scope, &span.status),
            (SpanKind::Server, "otelrs.tomcat", &Status::Unset)
        );
        let identity = Identity {
            trace_id: [1, 2],
            span_id: 3,
            parent_span_id: 4,
            flags: 0x301,
            start_unix_nano: 1_000,
            end_unix_nano: 1_500,
        };
        assert_eq!((span.identity, span.trace_state.as_ref()), (identity, "a=b"));
        assert_eq!(span.exceptions, []);
        assert_eq!(
            attributes(&span),
            [
                "http.request.method=GET",
                "url.scheme=http",
                "url.path=/users/17",
                "url.query=a=1&sig=REDACTED",
                "server.address=localhost",
                "server.port=8080",
                "client.address=127.0.0.1",
                "user_agent.original=curl/8.0",
                "network.peer.address=127.0.0.1",
                "network.peer.port=51234",
                "http.route=/users/{id}",
                "http.response.status_code=200",
                "network.protocol.version=1.1",
            ]
        );
    }

    #[test]
    fn the_status_tells_failure_and_client_errors_are_none() {
        for (status, failed) in [
            (99, true),
            (100, false),
            (200, false),
            (302, false),
            (404, false),
            (499, false),
            (500, true),
            (503, true),
            (999, true),
        ] {
            let span = span(Site::Tomcat, REQUEST, &[(keys::STATUS, status)]);
            assert_eq!(span.status != Status::Unset, failed, "{status}");
            let expected = if failed { status.to_string() } else { String::new() };
            assert_eq!(attribute(&span, "error.type"), expected);
        }
    }

    #[test]
    fn a_status_that_cannot_be_is_no_status() {
        for status in [0, -1, i64::MAX] {
            let span = span(Site::Tomcat, REQUEST, &[(keys::STATUS, status)]);
            assert_eq!(span.status, Status::Unset, "{status}");
            assert_eq!(attribute(&span, "http.response.status_code"), "");
        }
    }

    #[test]
    fn an_escaped_exception_is_an_error_and_an_event() {
        let texts = [REQUEST, &[(keys::EXCEPTION_TYPE, "a.Boom"), (keys::EXCEPTION_MESSAGE, "bob")]].concat();
        for (status, error_type) in [(200, "a.Boom"), (500, "500")] {
            let span = span(Site::Tomcat, &texts, &[(keys::STATUS, status)]);
            assert_eq!(attribute(&span, "error.type"), error_type);
            assert_eq!(span.status, Status::Error(String::new()));
            let [exception] = &span.exceptions[..] else { panic!("{:?}", span.exceptions) };
            assert_eq!((exception.class.as_str(), &exception.message), ("a.Boom", &None));
            assert_eq!(exception.time_unix_nano, 1_500);
        }
    }

    #[test]
    fn proxies_tell_scheme_server_and_client_but_not_the_peer() {
        let texts = [
            REQUEST,
            &[
                (keys::FORWARDED, "for=203.0.113.9;host=shop.example;proto=https"),
                (keys::X_FORWARDED_FOR, "1.1.1.1"),
            ],
        ]
        .concat();
        let span = span(Site::Tomcat, &texts, &[]);
        for (key, expected) in [
            ("url.scheme", "https"),
            ("server.address", "shop.example"),
            ("server.port", ""),
            ("client.address", "203.0.113.9"),
            ("network.peer.address", "127.0.0.1"),
        ] {
            assert_eq!(attribute(&span, key), expected, "{key}");
        }
    }

    #[test]
    fn protocol_versions_are_written_one_way() {
        for (text, expected) in [
            ("HTTP/1.1", "1.1"),
            ("HTTP/1.0", "1.0"),
            ("HTTP/2.0", "2"),
            ("HTTP/2", "2"),
            ("HTTP_1_1", "1.1"),
            ("HTTP_2", "2"),
            ("h2", ""),
            ("2", "2"),
            ("HTTP/", ""),
            ("HTTP/1.x", ""),
            ("HTTP/1111", ""),
        ] {
            let span = span(Site::Tomcat, &[(keys::PROTOCOL_VERSION, text)], &[]);
            assert_eq!(attribute(&span, "network.protocol.version"), expected, "{text}");
        }
    }

    #[test]
    fn garbage_in_headers_is_left_out_or_cut() {
        let long = "x".repeat(100_000);
        let texts = [
            (keys::HOST, "a b\r\n<script>"),
            (keys::SCHEME, "ht\ntp"),
            (keys::PATH, "/a\r\nb"),
            (keys::USER_AGENT, long.as_str()),
            (keys::FORWARDED, "for=\"\\"),
            (keys::PEER_ADDRESS, ""),
        ];
        let span = span(Site::Tomcat, &texts, &[(keys::PEER_PORT, 80)]);
        assert_eq!(
            attributes(&span)[..3],
            ["http.request.method=_OTHER", "url.path=/ab", &format!("user_agent.original={}", &long[..8192])]
        );
        assert_eq!(span.attributes.len(), 3);
    }
}
