//! Hosts and ports as people write them: `host`, `host:port`, `[v6]:port`.

use std::net::IpAddr;

use crate::text::MAX_NAME;

/// A host and, where one was written, its port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostPort<'a> {
    /// A name or an IP address, IPv6 without brackets.
    pub(crate) host: &'a str,
    /// Never 0.
    pub(crate) port: Option<u16>,
}

/// Reads `host[:port]` (RFC 3986, 3.2); `None` when the host is none. A port that is none is taken for absent.
pub(crate) fn host_port(text: &str) -> Option<HostPort<'_>> {
    let text = text.trim();
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            let host = host.split('%').next().unwrap_or_default();
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, rest.strip_prefix(':'))
        }
        None => match text.split_once(':') {
            // Of two colons and more only an address is made; parsing one is dear.
            Some((_, more)) if more.contains(':') && text.parse::<std::net::Ipv6Addr>().is_ok() => {
                (text, None)
            }
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    is_host(host).then(|| HostPort { host, port: port.and_then(port_number) })
}

/// A port's number, `None` for 0 and what is no number.
pub(crate) fn port_number(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port != 0)
}

/// Reads an IP address, with or without brackets, port and zone, as proxies write it; `None` for any other text.
pub(crate) fn ip_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix('[') {
        let (address, _) = rest.split_once(']')?;
        return address.split('%').next()?.parse().ok();
    }
    let address = text.split('%').next().unwrap_or_default();
    match address.parse() {
        Ok(address) => Some(address),
        Err(_) => text.split_once(':')?.0.parse().ok(),
    }
}

/// Whether `text` can be a host: letters, digits, `.`, `-`, `_`, and `:` in an IPv6 address.
fn is_host(text: &str) -> bool {
    let marked = |b: u8| matches!(b, b'.' | b'-' | b'_' | b':');
    let plain = |b: u8| b.is_ascii_alphanumeric() || marked(b);
    let spelt = |c: char| c.is_alphanumeric() || u8::try_from(c).is_ok_and(marked);
    let is_named = |text: &str| text.bytes().all(plain) || text.chars().all(spelt);
    !text.is_empty() && text.len() <= MAX_NAME && is_named(text)
}

#[cfg(test)]
mod tests {
    use super::{host_port, ip_address};

    #[test]
    fn hosts_and_ports() {
        for (text, expected) in [
            ("example.com", Some(("example.com", None))),
            ("example.com:8080", Some(("example.com", Some(8080)))),
            (" example.com:80 ", Some(("example.com", Some(80)))),
            ("10.0.0.1:1", Some(("10.0.0.1", Some(1)))),
            ("[::1]:8080", Some(("::1", Some(8080)))),
            ("[fe80::1%eth0]", Some(("fe80::1", None))),
            ("::1", Some(("::1", None))),
            ("my_service:65535", Some(("my_service", Some(65535)))),
            ("bücher.example", Some(("bücher.example", None))),
            ("example.com:", Some(("example.com", None))),
            ("example.com:0", Some(("example.com", None))),
            ("example.com:+80", Some(("example.com", None))),
            ("example.com:99999", Some(("example.com", None))),
            ("", None),
            (":80", None),
            ("[::1", None),
            ("[zz]:80", None),
            ("a b", None),
            ("<script>", None),
            ("user@host", None),
        ] {
            let found = host_port(text);
            assert_eq!(found.as_ref().map(|at| (at.host, at.port)), expected, "{text:?}");
        }
        assert_eq!(host_port(&"a".repeat(256)), None);
    }

    #[test]
    fn addresses_as_proxies_write_them() {
        for (text, expected) in [
            ("192.0.2.60", Some("192.0.2.60")),
            ("192.0.2.60:4711", Some("192.0.2.60")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]:4711", Some("2001:db8::1")),
            ("fe80::1%eth0", Some("fe80::1")),
            ("unknown", None),
            ("_hidden", None),
            ("1.2.3", None),
            ("", None),
        ] {
            assert_eq!(ip_address(text).map(|ip| ip.to_string()).as_deref(), expected, "{text:?}");
        }
    }
}
