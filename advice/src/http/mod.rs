//! What all HTTP advices share: the stable HTTP semantic conventions.
//! <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>

pub(crate) mod client;
mod forwarded;
mod method;
mod route;
pub(crate) mod server;
mod url;

use std::borrow::Cow;

use crate::attributes::Attributes;
use crate::finish::Values;
use crate::keys;
use crate::text::{MAX_NAME, clean};

/// The status, `None` for numbers that no response can have had.
fn status(values: &Values<'_>) -> Option<u16> {
    values
        .payload
        .int(keys::STATUS)
        .and_then(|status| u16::try_from(status).ok())
        .filter(|status| *status != 0)
}

/// Sets what both sides set at the end, and says whether the request failed.
fn outcome<'a>(values: &Values<'a>, failed: impl Fn(u16) -> bool, attributes: &mut Attributes<'a>) -> bool {
    let status = status(values);
    attributes.some_int("http.response.status_code", status);
    attributes.some_text("network.protocol.version", protocol_version(values));
    let error = match status.filter(|status| failed(*status)) {
        Some(status) => Some(Cow::Owned(status.to_string())),
        None => values.error(),
    };
    let is_error = error.is_some();
    attributes.some_text("error.type", error);
    is_error
}

/// Sets who was at the other end of the connection.
fn peer<'a>(values: &Values<'a>, attributes: &mut Attributes<'a>) {
    let Some(address) = values.text(keys::PEER_ADDRESS, MAX_NAME) else { return };
    attributes.text("network.peer.address", address);
    let port = values.payload.int(keys::PEER_PORT).and_then(|port| u16::try_from(port).ok());
    attributes.some_int("network.peer.port", port.filter(|port| *port != 0));
}

/// `1.1` of `HTTP/1.1`, `2` of `HTTP/2.0` and `HTTP_2`.
fn protocol_version(values: &Values<'_>) -> Option<Cow<'static, str>> {
    let text = values.payload.text(keys::PROTOCOL_VERSION)?;
    // What nearly every request says.
    if text == "HTTP/1.1" {
        return Some(Cow::Borrowed("1.1"));
    }
    let text = clean(&text, 16)?;
    let version = match text.get(..5) {
        Some(prefix) if prefix.eq_ignore_ascii_case("http/") || prefix.eq_ignore_ascii_case("http_") => {
            text.get(5..)?
        }
        _ => &text,
    };
    let version = version.replace('_', ".");
    let (major, minor) = version.split_once('.').unwrap_or((&version, ""));
    let digits = |part: &str| part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit());
    if major.is_empty() || !digits(major) || !digits(minor) {
        return None;
    }
    let version = if minor.is_empty() || (minor == "0" && major != "1") { major.to_owned() } else { version };
    Some(Cow::Owned(version))
}
