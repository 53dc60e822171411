//! URLs without secrets: user information and the values of sensitive query parameters are replaced.

use std::borrow::Cow;

use crate::address::{HostPort, host_port};

/// What stands for a secret.
const REDACTED: &str = "REDACTED";

/// A query with the values of the parameters in `sensitive` replaced.
pub(super) fn redacted_query<'a>(query: Cow<'a, str>, sensitive: &[String]) -> Cow<'a, str> {
    let is_sensitive = |pair: &str| {
        let Some((name, value)) = pair.split_once('=') else { return false };
        !value.is_empty() && sensitive.iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    if !query.split('&').any(is_sensitive) {
        return query;
    }
    let mut redacted = String::with_capacity(query.len() + REDACTED.len());
    for (position, pair) in query.split('&').enumerate() {
        if position > 0 {
            redacted.push('&');
        }
        match pair.split_once('=') {
            Some((name, _)) if is_sensitive(pair) => {
                redacted.push_str(name);
                redacted.push('=');
                redacted.push_str(REDACTED);
            }
            _ => redacted.push_str(pair),
        }
    }
    Cow::Owned(redacted)
}

/// An absolute URL in its parts (RFC 3986, 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Url<'a> {
    scheme: &'a str,
    user_info: Option<&'a str>,
    authority: &'a str,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Url<'a> {
    /// Reads `scheme://...`; `None` for any other text.
    pub(super) fn parse(text: &'a str) -> Option<Url<'a>> {
        let (scheme, rest) = text.split_once("://")?;
        let (rest, fragment) = split(rest, '#');
        let (rest, query) = split(rest, '?');
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (user_info, authority) = match authority.rsplit_once('@') {
            Some((user_info, authority)) => (Some(user_info), authority),
            None => (None, authority),
        };
        super::forwarded::scheme_name(scheme)?;
        Some(Url { scheme, user_info, authority, path, query, fragment })
    }

    /// The URL without secrets.
    pub(super) fn redacted(&self, sensitive: &[String]) -> String {
        let mut url = format!("{}://", self.scheme);
        if self.user_info.is_some() {
            url.push_str("REDACTED:REDACTED@");
        }
        url.push_str(self.authority);
        url.push_str(self.path);
        if let Some(query) = self.query {
            url.push('?');
            url.push_str(&redacted_query(Cow::Borrowed(query), sensitive));
        }
        if let Some(fragment) = self.fragment {
            url.push('#');
            url.push_str(fragment);
        }
        url
    }

    /// The host and port, the port filled in from the scheme where none was written.
    pub(super) fn server(&self) -> Option<HostPort<'a>> {
        let mut server = host_port(self.authority)?;
        server.port = server.port.or(default_port(self.scheme));
        Some(server)
    }
}

/// The port that a scheme implies.
fn default_port(scheme: &str) -> Option<u16> {
    [("http", 80), ("https", 443), ("ws", 80), ("wss", 443)]
        .into_iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(scheme))
        .map(|(_, port)| port)
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(head, tail)| (head, Some(tail)))
}

#[cfg(test)]
mod tests {
    use super::{Url, redacted_query};
    use crate::Options;

    #[test]
    fn sensitive_parameters_lose_their_value() {
        let sensitive = Options::default().sensitive_query_parameters;
        for (query, expected) in [
            ("a=1&b=2", "a=1&b=2"),
            ("sig=abc", "sig=REDACTED"),
            ("a=1&sig=abc&b=2", "a=1&sig=REDACTED&b=2"),
            (
                "X-Amz-Signature=a=b&X-Amz-Security-Token=t",
                "X-Amz-Signature=REDACTED&X-Amz-Security-Token=REDACTED",
            ),
            ("SIG=abc", "SIG=REDACTED"),
            ("sig=", "sig="),
            ("sig", "sig"),
            ("design=1", "design=1"),
            ("&&=&", "&&=&"),
            ("", ""),
        ] {
            assert_eq!(redacted_query(query.into(), &sensitive), expected, "{query}");
        }
        assert_eq!(redacted_query("sig=abc".into(), &[]), "sig=abc");
    }

    #[test]
    fn urls_lose_their_secrets_and_give_their_server() {
        let sensitive = Options::default().sensitive_query_parameters;
        for (text, redacted, server) in [
            ("http://a.example", "http://a.example", Some(("a.example", 80))),
            ("https://a.example/x?q=1#f", "https://a.example/x?q=1#f", Some(("a.example", 443))),
            ("http://a.example:8080/", "http://a.example:8080/", Some(("a.example", 8080))),
            ("https://bob:pw@a.example/x", "https://REDACTED:REDACTED@a.example/x", Some(("a.example", 443))),
            ("https://bob@a.example/x", "https://REDACTED:REDACTED@a.example/x", Some(("a.example", 443))),
            ("https://b@o:b@a.example", "https://REDACTED:REDACTED@a.example", Some(("a.example", 443))),
            ("http://a.example/@b?c=d@e", "http://a.example/@b?c=d@e", Some(("a.example", 80))),
            ("http://[::1]:81/p?sig=x", "http://[::1]:81/p?sig=REDACTED", Some(("::1", 81))),
            ("http://a.example?sig=x#sig=y", "http://a.example?sig=REDACTED#sig=y", Some(("a.example", 80))),
            ("ftp://a.example/", "ftp://a.example/", None),
            ("http:///x", "http:///x", None),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!(url.redacted(&sensitive), redacted, "{text}");
            let found = url.server().and_then(|server| Some((server.host, server.port?)));
            assert_eq!(found.as_ref().map(|(host, port)| (*host, *port)), server, "{text}");
        }
        for text in ["", "a.example", "/x", "://x", "1http://x"] {
            assert_eq!(Url::parse(text), None, "{text}");
        }
    }
}
