//! Which proxy the JVM would use. Source: the JDK's "Java Networking and Proxies" and `sun.net.spi.DefaultProxySelector`.

use crate::config::{Proxy, ProxyAddress};
use crate::transport::target::Target;

/// What the JVM never sends through a proxy when a list is set, or none.
const ALWAYS_DIRECT: &str = "localhost|127.*|[::1]|0.0.0.0|[::0]";

/// Host and port of the proxy for this target, `None` for a direct connection.
pub(crate) fn select(proxy: &Proxy, target: &Target) -> Option<(String, u16)> {
    let (address, default_port) =
        if target.https { (proxy.https.as_ref(), 443) } else { (proxy.http.as_ref(), 80) };
    let ProxyAddress { host, port } = address.filter(|address| !address.host.is_empty())?;
    if is_direct(proxy.non_proxy_hosts.as_deref(), &target.host) {
        return None;
    }
    Some((host.clone(), port.unwrap_or(default_port)))
}

fn is_direct(non_proxy_hosts: Option<&str>, host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    // The patterns write an IPv6 address as a URL does.
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let matched = |list: &str| list.split('|').any(|pattern| matches(pattern.trim(), &host));
    match non_proxy_hosts {
        None => matched(ALWAYS_DIRECT),
        Some("") => false,
        Some(list) => matched(list) || matched(ALWAYS_DIRECT),
    }
}

/// A `*` stands for any text at the pattern's start, its end, or both.
fn matches(pattern: &str, host: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(""), _) => true,
        (Some(rest), Some(_)) => rest.strip_suffix('*').is_some_and(|middle| host.contains(middle)),
        (Some(end), None) => host.ends_with(end),
        (None, Some(start)) => host.starts_with(start),
        (None, None) => !pattern.is_empty() && pattern == host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(endpoint: &str, non_proxy_hosts: Option<&str>) -> Option<(String, u16)> {
        let address = |host: &str, port| Some(ProxyAddress { host: host.to_owned(), port });
        let proxy = Proxy {
            http: address("plain", None),
            https: address("secure", Some(3128)),
            non_proxy_hosts: non_proxy_hosts.map(str::to_owned),
        };
        select(&proxy, &Target::parse(endpoint).unwrap())
    }

    #[test]
    fn the_scheme_chooses_the_proxy_and_the_jvms_default_port() {
        assert_eq!(chosen("http://c.example:4318", None), Some(("plain".into(), 80)));
        assert_eq!(chosen("https://c.example:4318", None), Some(("secure".into(), 3128)));
    }

    #[test]
    fn hosts_on_the_jvms_list_are_reached_directly() {
        let list = Some("c.example|*.internal|10.*|*mid*");
        let direct = [
            "http://c.example:1",
            "http://C.EXAMPLE",
            "http://a.internal",
            "http://10.1.2.3",
            "http://amidst",
            "http://localhost:4318",
            "http://127.0.0.1:4318",
            "http://[::1]:4318",
        ];
        for endpoint in direct {
            assert_eq!(chosen(endpoint, list), None, "{endpoint}");
        }
        for endpoint in ["http://x.c.example", "http://internal", "http://110.1.2.3"] {
            assert!(chosen(endpoint, list).is_some(), "{endpoint}");
        }
    }

    #[test]
    fn an_empty_list_excepts_nothing_and_no_list_excepts_the_loopback() {
        assert!(chosen("http://localhost:4318", Some("")).is_some());
        assert!(chosen("http://localhost:4318", None).is_none());
        assert!(chosen("http://c", Some("*")).is_none());
    }
}
