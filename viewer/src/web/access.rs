//! Who may ask: the head of a request in, a verdict out.
//!
//! A page of any origin can make a browser send requests to loopback. Three headers keep such pages out:
//! - `Host` must be an address, never a name: a name can be pointed at this machine (DNS rebinding), an address cannot;
//! - `Sec-Fetch-Site` and `Origin`, which a page cannot forge, must say that our own page asks;
//! - without them (scripts) nothing that a page could send on its own, a form or an image, changes anything: what
//!   changes something is a DELETE or takes `application/json`.
//!
//! Source: W3C Fetch Metadata, "Sec-Fetch-Site"; RFC 6454, section 7; RFC 6750, section 2.1.

use std::net::IpAddr;

use axum::http::header::{AUTHORIZATION, COOKIE, HOST, HeaderMap, ORIGIN};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{Method, StatusCode};

use super::token::Token;

/// What a viewer asks of a request.
#[derive(Debug)]
pub(super) struct Access {
    pub(super) token: Token,
    /// Listening for other machines: nothing is answered without the token.
    pub(super) open: bool,
    pub(super) cookie: String,
}

/// The request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    Plain,
    /// The token came in the address: it moves to a cookie, and out of the address.
    FirstVisit,
}

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the Host header must hold an address of this machine or localhost, not another name")]
    Host,
    #[error("requests from the pages of other sites are not answered")]
    OtherSite,
    #[error(
        "open the address that otelrs printed: it holds the token. Scripts send Authorization: Bearer TOKEN"
    )]
    Token,
}

impl Refusal {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::OtherSite => StatusCode::FORBIDDEN,
            Self::Token => StatusCode::UNAUTHORIZED,
        }
    }
}

impl Access {
    pub(super) fn new(token: Token, open: bool, port: u16) -> Self {
        // Browsers keep cookies by host, whatever the port: two viewers need two names.
        Self { token, open, cookie: format!("otelrs_token_{port}") }
    }

    pub(super) fn check(&self, request: &Parts) -> Result<Admission, Refusal> {
        let host = single(&request.headers, HOST.as_str()).ok_or(Refusal::Host)?;
        if !self.is_ours(host) || request.uri.authority().is_some_and(|found| !self.is_ours(found.as_str())) {
            return Err(Refusal::Host);
        }
        self.check_site(request, host)?;
        self.check_token(request)
    }

    fn is_ours(&self, authority: &str) -> bool {
        let Ok(parsed) = authority.parse::<Authority>() else { return false };
        if authority.contains('@') {
            return false;
        }
        let host = parsed.host().trim_start_matches('[').trim_end_matches(']');
        match host.parse::<IpAddr>() {
            Ok(address) => self.open || address.is_loopback(),
            Err(_) => host.eq_ignore_ascii_case("localhost"),
        }
    }

    fn check_site(&self, request: &Parts, host: &str) -> Result<(), Refusal> {
        let headers = &request.headers;
        let reads = matches!(request.method, Method::GET | Method::HEAD);
        // A link from anywhere may open the page; the page then asks for everything else.
        let opens_page = reads && request.uri.path() == "/";
        let site_fits = match headers.get("sec-fetch-site").map(|site| site.as_bytes()) {
            None | Some(b"same-origin") => true,
            Some(b"none") => reads,
            Some(_) => opens_page,
        };
        let origin_fits = headers.get_all(ORIGIN).iter().all(|origin| {
            let origin = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
            opens_page || origin.is_some_and(|origin| origin.eq_ignore_ascii_case(host))
        });
        if site_fits && origin_fits { Ok(()) } else { Err(Refusal::OtherSite) }
    }

    fn check_token(&self, request: &Parts) -> Result<Admission, Refusal> {
        let headers = &request.headers;
        if let Some(authorization) = headers.get(AUTHORIZATION) {
            // A wrong token is refused on loopback too: a script learns that this is another viewer.
            let bearer = authorization.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
            let right = bearer.is_some_and(|bearer| self.token.matches(bearer));
            return if right { Ok(Admission::Plain) } else { Err(Refusal::Token) };
        }
        if !self.open {
            return Ok(Admission::Plain);
        }
        let in_address = (request.uri.path() == "/")
            .then(|| query_value(request.uri.query().unwrap_or_default(), "token"))
            .flatten();
        match in_address {
            Some(token) if self.token.matches(token) => Ok(Admission::FirstVisit),
            Some(_) => Err(Refusal::Token),
            None if self.has_cookie(headers) => Ok(Admission::Plain),
            None => Err(Refusal::Token),
        }
    }

    fn has_cookie(&self, headers: &HeaderMap) -> bool {
        let lists = headers.get_all(COOKIE).iter().filter_map(|list| list.to_str().ok());
        let mut cookies =
            lists.flat_map(|list| list.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
        cookies.any(|(name, value)| name == self.cookie && self.token.matches(value))
    }
}

/// The value of a header that comes exactly once.
fn single<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn query_value<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Headers<'c> = &'c [(&'c str, &'c str)];

    const LOCAL: (&str, &str) = ("host", "127.0.0.1:4319");
    const OURS: (&str, &str) = ("origin", "http://127.0.0.1:4319");
    const SAME_ORIGIN: (&str, &str) = ("sec-fetch-site", "same-origin");
    const SAME_SITE: (&str, &str) = ("sec-fetch-site", "same-site");
    const CROSS_SITE: (&str, &str) = ("sec-fetch-site", "cross-site");
    const TYPED: (&str, &str) = ("sec-fetch-site", "none");

    fn check(access: &Access, method: &str, uri: &str, headers: Headers<'_>) -> Result<Admission, Refusal> {
        let mut request = axum::http::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        access.check(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn on_loopback_our_page_and_scripts_are_answered_and_other_sites_are_not() {
        let access = Access::new(Token::random().unwrap(), false, 4319);
        let traces = "/api/traces";
        let cases: &[(&str, &str, Headers<'_>, Result<Admission, Refusal>)] = &[
            // DNS rebinding.
            ("GET", "/", &[LOCAL], Ok(Admission::Plain)),
            ("GET", "/", &[("host", "localhost:4319")], Ok(Admission::Plain)),
            ("GET", "/", &[("host", "LOCALHOST")], Ok(Admission::Plain)),
            ("GET", "/", &[("host", "[::1]:4319")], Ok(Admission::Plain)),
            ("GET", "/", &[("host", "127.0.0.1:9999")], Ok(Admission::Plain)),
            ("GET", "/", &[], Err(Refusal::Host)),
            ("GET", "/", &[LOCAL, LOCAL], Err(Refusal::Host)),
            ("GET", "/", &[("host", "")], Err(Refusal::Host)),
            ("GET", "/", &[("host", "evil.example:4319")], Err(Refusal::Host)),
            ("GET", "/", &[("host", "localhost.evil.example")], Err(Refusal::Host)),
            ("GET", "/", &[("host", "127.0.0.1.evil.example")], Err(Refusal::Host)),
            ("GET", "/", &[("host", "127.0.0.1@evil.example")], Err(Refusal::Host)),
            ("GET", "/", &[("host", "localhost@127.0.0.1")], Err(Refusal::Host)),
            ("GET", "/", &[("host", "192.168.1.5:4319")], Err(Refusal::Host)),
            ("GET", "/", &[("host", "2130706433:4319")], Err(Refusal::Host)),
            ("GET", "http://evil.example/", &[LOCAL], Err(Refusal::Host)),
            // Reading.
            ("GET", traces, &[LOCAL, SAME_ORIGIN], Ok(Admission::Plain)),
            ("GET", traces, &[LOCAL, TYPED], Ok(Admission::Plain)),
            ("GET", traces, &[LOCAL, CROSS_SITE], Err(Refusal::OtherSite)),
            ("GET", traces, &[LOCAL, SAME_SITE], Err(Refusal::OtherSite)),
            ("GET", traces, &[LOCAL, ("origin", "http://evil.example")], Err(Refusal::OtherSite)),
            ("GET", "/", &[LOCAL, CROSS_SITE], Ok(Admission::Plain)),
            ("POST", "/", &[LOCAL, CROSS_SITE], Err(Refusal::OtherSite)),
            // Changing.
            ("DELETE", traces, &[LOCAL], Ok(Admission::Plain)),
            ("DELETE", traces, &[LOCAL, OURS, SAME_ORIGIN], Ok(Admission::Plain)),
            ("DELETE", traces, &[LOCAL, TYPED], Err(Refusal::OtherSite)),
            ("DELETE", traces, &[LOCAL, OURS, CROSS_SITE], Err(Refusal::OtherSite)),
            ("POST", "/api/import", &[LOCAL, ("origin", "null")], Err(Refusal::OtherSite)),
            ("POST", "/api/import", &[LOCAL, ("origin", "http://evil.example")], Err(Refusal::OtherSite)),
            ("POST", "/api/import", &[LOCAL, ("origin", "http://127.0.0.1:3000")], Err(Refusal::OtherSite)),
            ("POST", "/api/import", &[LOCAL, ("origin", "https://127.0.0.1:4319")], Err(Refusal::OtherSite)),
            ("POST", "/api/import", &[LOCAL, ("origin", "http://127.0.0.1:43190")], Err(Refusal::OtherSite)),
            // A token is not needed, but a wrong one is another viewer's.
            ("GET", traces, &[LOCAL, ("authorization", "Bearer stale")], Err(Refusal::Token)),
        ];
        for (method, uri, headers, expected) in cases {
            assert_eq!(check(&access, method, uri, headers), *expected, "{method} {uri} {headers:?}");
        }
    }

    #[test]
    fn for_other_machines_nothing_is_answered_without_the_token() {
        let access = Access::new(Token::random().unwrap(), true, 4319);
        let token = access.token.as_str();
        let host = ("host", "192.168.1.5:4319");
        let bearer = format!("Bearer {token}");
        let cookie = format!("theme=dark; otelrs_token_4319={token}");
        let other_port = format!("otelrs_token_4320={token}");
        let address = format!("/?token={token}");
        let api_address = format!("/api/traces?token={token}");
        let cases: &[(&str, Headers<'_>, Result<Admission, Refusal>)] = &[
            ("/", &[host], Err(Refusal::Token)),
            ("/api/traces", &[host], Err(Refusal::Token)),
            ("/api/traces", &[LOCAL], Err(Refusal::Token)),
            (&address, &[host], Ok(Admission::FirstVisit)),
            ("/?token=", &[host], Err(Refusal::Token)),
            ("/?token=00", &[host, ("cookie", &cookie)], Err(Refusal::Token)),
            (&api_address, &[host], Err(Refusal::Token)),
            ("/api/traces", &[host, ("cookie", &cookie)], Ok(Admission::Plain)),
            ("/api/traces", &[host, ("cookie", &other_port)], Err(Refusal::Token)),
            ("/api/traces", &[host, ("cookie", "otelrs_token_4319=")], Err(Refusal::Token)),
            ("/api/traces", &[host, ("authorization", &bearer)], Ok(Admission::Plain)),
            ("/api/traces", &[host, ("authorization", token)], Err(Refusal::Token)),
            ("/api/traces", &[host, ("authorization", "Bearer x"), ("cookie", &cookie)], Err(Refusal::Token)),
            ("/api/traces", &[host, ("cookie", &cookie), CROSS_SITE], Err(Refusal::OtherSite)),
            ("/", &[("host", "evil.example"), ("cookie", &cookie)], Err(Refusal::Host)),
        ];
        for (uri, headers, expected) in cases {
            assert_eq!(check(&access, "GET", uri, headers), *expected, "{uri} {headers:?}");
        }
    }
}
