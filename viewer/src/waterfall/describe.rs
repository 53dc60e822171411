//! What a row says of a span beside its name. Keys are those of the stable semantic conventions, with the ones they
//! replaced, because older SDKs still send them.

use crate::span::{Kind, Span, Status, Value};
use crate::text::{escape, width};

fn text(span: &Span, keys: &[&str]) -> Option<String> {
    let value = keys.iter().find_map(|key| span.attributes.get(key))?;
    Some(escape(&value.to_string())).filter(|text| !text.is_empty())
}

/// The HTTP or gRPC status code, else how the span ended, else nothing.
pub(crate) fn status_text(span: &Span) -> String {
    let code = ["http.response.status_code", "http.status_code", "rpc.grpc.status_code"];
    match text(span, &code) {
        Some(code) => code,
        None => match span.status {
            Status::Unset => String::new(),
            Status::Ok => "OK".to_owned(),
            Status::Error(_) => "ERROR".to_owned(),
        },
    }
}

/// What the name leaves open: the path that was asked for, the server that was called, the database.
pub(crate) fn detail(span: &Span) -> Option<String> {
    if let Some(system) = text(span, &["db.system.name", "db.system"]) {
        return Some(match text(span, &["db.namespace", "db.name"]) {
            Some(namespace) => format!("{system} {namespace}"),
            None => system,
        });
    }
    if let Some(destination) = text(span, &["messaging.destination.name"]) {
        return Some(destination).filter(|destination| !span.name.contains(destination.as_str()));
    }
    match span.kind {
        Kind::Server => {
            text(span, &["url.path", "http.target"]).filter(|path| !span.name.contains(path.as_str()))
        }
        Kind::Client => {
            let address = text(span, &["server.address", "net.peer.name"])?;
            Some(match text(span, &["server.port", "net.peer.port"]) {
                Some(port) => format!("{address}:{port}"),
                None => address,
            })
        }
        Kind::Internal | Kind::Producer | Kind::Consumer => None,
    }
}

/// Exception type and message, else the message of the error status, else `error.type` where the code does not say it.
/// Where `columns` do not hold them the package goes first.
pub(crate) fn failure(span: &Span, columns: usize) -> Option<String> {
    let exception = span.events.iter().rev().find(|event| event.name == "exception");
    let of = |key| exception.and_then(|event| event.attributes.get(key)).or_else(|| span.attributes.get(key));
    if let Some(class) = of("exception.type").and_then(Value::as_str) {
        let message = of("exception.message").and_then(Value::as_str).filter(|message| !message.is_empty());
        let line =
            |class: &str| escape(&message.map_or(class.to_owned(), |message| format!("{class}: {message}")));
        let full = line(class);
        let simple = class.rsplit('.').next().unwrap_or(class);
        return Some(if width(&full) <= columns { full } else { line(simple) });
    }
    match &span.status {
        Status::Error(message) if !message.is_empty() => Some(escape(message)),
        Status::Error(_) => text(span, &["error.type"]).filter(|kind| *kind != status_text(span)),
        Status::Unset | Status::Ok => None,
    }
}
