//! The parts that URLs of several products share.

use crate::address::{host_port, port_number};
use crate::text::{MAX_NAME, cleaned};

/// The first server that a URL names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Authority {
    /// Without brackets.
    pub(super) host: Option<String>,
    /// As written.
    pub(super) port: Option<u16>,
}

impl Authority {
    /// Reads what follows `//`: the first server, and the path behind it.
    ///
    /// `None` when it makes no sense as an address: then it may be part of a password.
    pub(super) fn parse(text: &str) -> Option<(Authority, Option<&str>)> {
        let head = before_options(text);
        let options = text.get(head.len()..).unwrap_or_default();
        // A password may hold any character: an `@` that no option's value explains says that it held a `?` or `;`.
        if let Some((before, _)) = options.split_once('@')
            && (head.contains('@') || !head.contains('/') || !before.contains('='))
        {
            return None;
        }
        // What comes before the last `@` is none of ours.
        let text = match head.rfind('@') {
            Some(at) => text.get(at + 1..)?,
            None => text,
        };
        let (servers, path) = match text.find(['/', '?', ';']) {
            Some(at) => (text.get(..at)?, text.get(at..)?.strip_prefix('/')),
            None => (text, None),
        };
        Some((Authority::first(servers)?, path))
    }

    /// The first of several servers: `a:1,b:2`, `a--b`, `address=(host=a)(port=1)`, `(host=a,port=1)`.
    fn first(servers: &str) -> Option<Authority> {
        if let Some(host) = in_parentheses(servers, "host") {
            let host = host_port(host)?.host;
            let port = in_parentheses(servers, "port").and_then(port_number);
            return Some(Authority { host: Some(host.to_owned()), port });
        }
        let first = servers.split(',').next()?.split("--").next()?.trim();
        if first.is_empty() {
            return Some(Authority::default());
        }
        Authority::strict(first)
    }

    /// One `host:port` in which the port, where one is written, is a number.
    pub(super) fn strict(text: &str) -> Option<Authority> {
        let server = host_port(text)?;
        let behind_host = text.rsplit_once(']').map_or(text, |(_, behind)| behind);
        let is_v6 = text.parse::<std::net::Ipv6Addr>().is_ok();
        let port_written = behind_host.split_once(':').is_some_and(|(_, port)| !port.is_empty());
        if port_written && !is_v6 && server.port.is_none() {
            return None;
        }
        Some(Authority { host: Some(server.host.to_owned()), port: server.port })
    }
}

/// The value of `name` in a list like `(HOST=a)(PORT=1)` or `(host=a,port=1)`.
pub(super) fn in_parentheses<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split(['(', ')', ',']).find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim()).filter(|value| !value.is_empty())
    })
}

/// The value of an option in `...?a=b&c=d` or `...;a=b;c={d}`.
pub(super) fn parameter<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split(['?', ';', '&']).skip(1).find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        let value = value.trim().trim_start_matches('{').trim_end_matches('}');
        key.trim().eq_ignore_ascii_case(name).then_some(value).filter(|value| !value.is_empty())
    })
}

/// A URL up to its options.
pub(super) fn before_options(text: &str) -> &str {
    text.split(['?', ';']).next().unwrap_or_default()
}

/// The name at the start of a path, up to whatever can follow a name.
pub(super) fn name_in(path: &str) -> &str {
    path.split(['/', '?', ';', ':', '&', '#']).next().unwrap_or_default()
}

/// The last part of a file's path.
pub(super) fn last_component(path: &str) -> &str {
    path.rsplit(['/', '\\', ':', '!', ')']).next().unwrap_or_default()
}

/// `name` when it can be a database's name and nothing else.
pub(super) fn namespace(name: &str) -> Option<String> {
    let suspicious =
        |c: char| matches!(c, '@' | '=' | '?' | ';' | '&' | '{' | '}' | '(' | ')' | '"' | '\'' | '*');
    let is_name = name.len() <= MAX_NAME && !name.contains(suspicious) && !matches!(name, "." | "~" | "..");
    is_name.then(|| cleaned(name, MAX_NAME)).flatten()
}
