//! The CLIENT span of an HTTP request sent.

use otelrs_sdk::span::SpanKind;

use super::method::method;
use super::url::Url;
use crate::attributes::Attributes;
use crate::finish::{Finished, Values};
use crate::keys;
use crate::text::MAX_VALUE;

/// The span of a request that a client sent.
pub(crate) fn finish<'a>(values: &Values<'a>) -> Finished<'a> {
    let mut attributes = Attributes::new();
    let name = method(values, &mut attributes);
    let text = values.text(keys::FULL_URL, MAX_VALUE);
    // What is no URL may hold anything, so it does not leave.
    if let Some(url) = text.as_deref().and_then(Url::parse) {
        attributes.text("url.full", url.redacted(&values.options.sensitive_query_parameters));
        if let Some(server) = url.server() {
            attributes.text("server.address", server.host.to_owned());
            attributes.some_int("server.port", server.port);
        }
    }
    let resend = values.payload.int(keys::RESEND_COUNT).filter(|count| *count > 0);
    attributes.some_int("http.request.resend_count", resend);
    super::peer(values, &mut attributes);
    let failed = super::outcome(values, |status| !(100..400).contains(&status), &mut attributes);
    Finished { name: name.into(), kind: SpanKind::Client, attributes, failed }
}
