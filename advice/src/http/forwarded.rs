//! What proxies in front say about the original request: `Forwarded` (RFC 7239) first, then `X-Forwarded-*`.

use std::borrow::Cow;
use std::net::IpAddr;

use otelrs_sdk::payload::Payload;

use crate::address::{host_port, ip_address};
use crate::keys;

/// The longest header that is looked at, in bytes.
const MAX_HEADER: usize = 8 * 1024;

/// The client in front of all proxies.
pub(super) fn client(payload: &Payload<'_>) -> Option<IpAddr> {
    // The first `for` names the client. Where it hides (`unknown`, `_name`) a later one would be a proxy.
    let standard = parameter(payload, "for").and_then(|node| ip_address(&node));
    standard.or_else(|| first(payload, keys::X_FORWARDED_FOR).and_then(|node| ip_address(&node)))
}

/// The host and port that the client asked for.
pub(super) fn host(payload: &Payload<'_>) -> Option<(String, Option<u16>)> {
    let owned = |text: String| host_port(&text).map(|server| (server.host.to_owned(), server.port));
    let standard = parameter(payload, "host").and_then(owned);
    standard.or_else(|| first(payload, keys::X_FORWARDED_HOST).and_then(owned))
}

/// The scheme that the client used, in lower case.
pub(super) fn scheme(payload: &Payload<'_>) -> Option<String> {
    let owned = |text: String| scheme_name(&text).map(Cow::into_owned);
    let standard = parameter(payload, "proto").and_then(owned);
    standard.or_else(|| first(payload, keys::X_FORWARDED_PROTO).and_then(owned))
}

/// `text` in lower case when it is a scheme (RFC 3986, 3.1).
pub(super) fn scheme_name(text: &str) -> Option<Cow<'_, str>> {
    let text = text.trim();
    let well_formed = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.len() <= 16
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let is_lower = !text.bytes().any(|b| b.is_ascii_uppercase());
    well_formed.then(|| if is_lower { Cow::Borrowed(text) } else { Cow::Owned(text.to_ascii_lowercase()) })
}

/// The first of the values of a header that lists one value a proxy.
fn first(payload: &Payload<'_>, key: u8) -> Option<String> {
    let header = payload.text(key)?;
    let value = header.split(',').next()?.trim();
    Some(value.trim_matches('"').to_owned())
}

/// The value of the first parameter `name` in the `Forwarded` headers.
fn parameter(payload: &Payload<'_>, name: &str) -> Option<String> {
    payload.texts(keys::FORWARDED).find_map(|header| {
        let mut pairs = Pairs { rest: crate::text::cut(&header, MAX_HEADER) };
        pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.into_owned())
    })
}

/// The `name=value` pairs of a `Forwarded` header, whichever element they are in.
struct Pairs<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, Cow<'a, str>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.rest = self.rest.trim_start_matches([',', ';', ' ', '\t']);
            if self.rest.is_empty() {
                return None;
            }
            let name_end = self.rest.find(['=', ',', ';']).unwrap_or(self.rest.len());
            let (name, rest) = self.rest.split_at(name_end);
            let Some(value) = rest.strip_prefix('=') else {
                self.rest = rest;
                continue;
            };
            let (value, rest) = token_or_quoted(value)?;
            self.rest = rest;
            return Some((name.trim(), value));
        }
    }
}

/// The value at the start of `text` and what follows; `None` when a quoted value never ends.
fn token_or_quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let text = text.trim_start_matches([' ', '\t']);
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_at(text.find([',', ';']).unwrap_or(text.len()));
        return Some((Cow::Borrowed(value.trim()), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((Cow::Owned(value), quoted.get(at + 1..)?)),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::payload;

    fn check(texts: &[(u8, &str)], client_ip: &str, host_and_port: &str, scheme_used: &str) {
        let bytes = payload(texts, &[]);
        let payload = Payload::new(&bytes);
        let shown = client(&payload).map(|ip| ip.to_string()).unwrap_or_default();
        assert_eq!(shown, client_ip, "client of {texts:?}");
        let shown = host(&payload).map(|(host, port)| match port {
            Some(port) => format!("{host} {port}"),
            None => host,
        });
        assert_eq!(shown.unwrap_or_default(), host_and_port, "host of {texts:?}");
        assert_eq!(scheme(&payload).unwrap_or_default(), scheme_used, "scheme of {texts:?}");
    }

    #[test]
    fn the_forwarded_header_in_all_its_forms() {
        for (header, client, host, scheme) in [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60", "", "http"),
            ("for=192.0.2.43, for=198.51.100.17", "192.0.2.43", "", ""),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17", "", ""),
            (
                "for=\"[2001:db8::1]\";host=\"example.com:8443\";proto=HTTPS",
                "2001:db8::1",
                "example.com 8443",
                "https",
            ),
            ("for=\"192.0.2.43:47011\"", "192.0.2.43", "", ""),
            ("for=192.0.2.43:47011", "192.0.2.43", "", ""),
            ("for = 192.0.2.1 ; host = example.com", "192.0.2.1", "example.com", ""),
            ("host=example.com, host=inner", "", "example.com", ""),
            ("for=unknown, for=10.0.0.1", "", "", ""),
            ("for=_hidden;proto=https", "", "", "https"),
            ("for=\"_gazonk\"", "", "", ""),
            ("for=\"a\\\"b\";host=h", "", "h", ""),
            ("for=\"192.0.2.1", "", "", ""),
            ("for", "", "", ""),
            ("for=", "", "", ""),
            (";;,,=;=", "", "", ""),
            ("host=\"a b\"", "", "", ""),
            ("proto=\"javascript:alert(1)\"", "", "", ""),
            ("host=[::1]:8080", "", "::1 8080", ""),
            ("secret;host=h;;for=1.2.3.4", "1.2.3.4", "h", ""),
        ] {
            check(&[(keys::FORWARDED, header)], client, host, scheme);
        }
    }

    #[test]
    fn the_de_facto_headers_in_all_their_forms() {
        for (key, header, client, host, scheme) in [
            (keys::X_FORWARDED_FOR, "203.0.113.7", "203.0.113.7", "", ""),
            (keys::X_FORWARDED_FOR, "203.0.113.7, 10.0.0.1", "203.0.113.7", "", ""),
            (keys::X_FORWARDED_FOR, "203.0.113.7:5555,10.0.0.1", "203.0.113.7", "", ""),
            (keys::X_FORWARDED_FOR, "2001:db8::7", "2001:db8::7", "", ""),
            (keys::X_FORWARDED_FOR, "[2001:db8::7]:80", "2001:db8::7", "", ""),
            (keys::X_FORWARDED_FOR, "\"[2001:db8::7]\"", "2001:db8::7", "", ""),
            (keys::X_FORWARDED_FOR, "' OR 1=1 --", "", "", ""),
            (keys::X_FORWARDED_HOST, "shop.example:8443", "", "shop.example 8443", ""),
            (keys::X_FORWARDED_HOST, "shop.example, proxy", "", "shop.example", ""),
            (keys::X_FORWARDED_PROTO, "https", "", "", "https"),
            (keys::X_FORWARDED_PROTO, "https,http", "", "", "https"),
            (keys::X_FORWARDED_PROTO, "h t", "", "", ""),
        ] {
            check(&[(key, header)], client, host, scheme);
        }
    }

    #[test]
    fn the_standard_header_wins_and_hidden_values_fall_through() {
        let fallback = [
            (keys::X_FORWARDED_FOR, "203.0.113.7"),
            (keys::X_FORWARDED_HOST, "x.example"),
            (keys::X_FORWARDED_PROTO, "https"),
        ];
        let with = |header| [&[(keys::FORWARDED, header)], &fallback[..]].concat();
        check(&with("for=192.0.2.1;host=f.example;proto=http"), "192.0.2.1", "f.example", "http");
        check(&with("for=unknown"), "203.0.113.7", "x.example", "https");
        let two = [(keys::FORWARDED, "proto=http"), (keys::FORWARDED, "for=192.0.2.9")];
        check(&two, "192.0.2.9", "", "http");
    }
}
