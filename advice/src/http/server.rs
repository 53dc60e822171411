//! The SERVER span of an HTTP request received.

use std::borrow::Cow;

use otelrs_sdk::span::SpanKind;

use super::forwarded;
use super::method::method;
use super::route::route;
use super::url::redacted_query;
use crate::address::host_port;
use crate::attributes::Attributes;
use crate::finish::{Finished, Values};
use crate::keys;
use crate::text::{MAX_NAME, MAX_VALUE};

/// The span of a request that a server received.
pub(crate) fn finish<'a>(values: &Values<'a>) -> Finished<'a> {
    let payload = &values.payload;
    let mut attributes = Attributes::new();
    let method = method(values, &mut attributes);
    let scheme = forwarded::scheme(payload).map(Cow::Owned);
    attributes.some_text("url.scheme", scheme.or_else(|| forwarded::scheme_name(payload.str(keys::SCHEME)?)));
    attributes.some_text("url.path", values.text(keys::PATH, MAX_VALUE));
    let query = values.text(keys::QUERY, MAX_VALUE);
    let sensitive = &values.options.sensitive_query_parameters;
    attributes.some_text("url.query", query.map(|query| redacted_query(query, sensitive)));

    // The convention takes the port from where the host came from: none written, none known.
    if let Some((host, port)) = forwarded::host(payload) {
        attributes.text("server.address", host);
        attributes.some_int("server.port", port);
    } else if let Some(server) = payload.str(keys::HOST).and_then(host_port) {
        attributes.text("server.address", server.host);
        attributes.some_int("server.port", server.port);
    }
    let client = forwarded::client(payload).map(|address| Cow::Owned(address.to_string()));
    attributes.some_text("client.address", client.or_else(|| values.text(keys::PEER_ADDRESS, MAX_NAME)));
    attributes.some_text("user_agent.original", values.text(keys::USER_AGENT, MAX_VALUE));
    super::peer(values, &mut attributes);

    let route = route(values);
    let name = match &route {
        Some(route) => Cow::Owned([method, " ", route].concat()),
        None => Cow::Borrowed(method),
    };
    attributes.some_text("http.route", route);
    let failed = super::outcome(values, |status| !(100..500).contains(&status), &mut attributes);
    Finished { name, kind: SpanKind::Server, attributes, failed }
}
