//! The endpoint option, taken apart.

use http::Uri;
use http::uri::Scheme;
use thiserror::Error;

/// Where requests go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) https: bool,
    /// Without the brackets of an IPv6 address.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Host and port as URLs write them.
    pub(crate) authority: String,
    /// With the query, if any; begins with a slash.
    pub(crate) path: String,
}

/// The endpoint cannot be used.
#[derive(Debug, Error)]
pub(crate) enum EndpointError {
    #[error("is not a URL")]
    NotAUrl,
    #[error("must begin with http:// or https://")]
    Scheme,
    #[error("has no host")]
    NoHost,
    #[error("has a port that is none")]
    Port,
}

impl Target {
    pub(crate) fn parse(endpoint: &str) -> Result<Self, EndpointError> {
        let uri: Uri = endpoint.trim().parse().map_err(|_| EndpointError::NotAUrl)?;
        let https = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            _ => return Err(EndpointError::Scheme),
        };
        let bracketed = uri.host().filter(|host| !host.is_empty()).ok_or(EndpointError::NoHost)?;
        // `Uri` takes a port that does not fit for none at all.
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let written = authority.rsplit_once(bracketed).map_or("", |(_, rest)| rest.trim_start_matches(':'));
        let port = match written {
            "" if https => 443,
            "" => 80,
            digits => digits.parse().map_err(|_| EndpointError::Port)?,
        };
        let host = bracketed.trim_start_matches('[').trim_end_matches(']').to_owned();
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Self { https, host, port, authority: format!("{bracketed}:{port}"), path })
    }

    /// For messages and absolute-form requests. Holds no user name or password.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", if self.https { "https" } else { "http" }, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_taken_apart_as_urls_are() {
        let cases = [
            ("http://localhost:4318/v1/traces", "http://localhost:4318/v1/traces", "localhost"),
            ("HTTPS://Collector.example", "https://Collector.example:443/", "Collector.example"),
            ("http://user:secret@c:1/x", "http://c:1/x", "c"),
            ("http://[::1]:4318/v1/traces?a=b", "http://[::1]:4318/v1/traces?a=b", "::1"),
            (" http://c ", "http://c:80/", "c"),
        ];
        for (endpoint, url, host) in cases {
            let target = Target::parse(endpoint).unwrap();
            assert_eq!(target.url(&target.path), url);
            assert_eq!(target.host, host);
        }
    }

    #[test]
    fn what_is_no_address_is_named() {
        let cases = [
            ("localhost:4318", "must begin with http:// or https://"),
            ("collector", "must begin with http:// or https://"),
            ("ftp://c:1", "must begin with http:// or https://"),
            ("http://", "is not a URL"),
            ("", "is not a URL"),
            ("http://c:99999", "has a port that is none"),
            ("http://:4318", "has no host"),
        ];
        for (endpoint, said) in cases {
            assert_eq!(Target::parse(endpoint).unwrap_err().to_string(), said, "{endpoint:?}");
        }
    }
}
