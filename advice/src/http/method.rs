//! The request method: a known one names the span, any other becomes `_OTHER`.

use crate::attributes::Attributes;
use crate::finish::Values;
use crate::keys;

/// The longest unknown method that is sent, in bytes.
const MAX_ORIGINAL: usize = 64;

/// Sets the method's attributes and returns what it is called in the span's name.
pub(super) fn method<'a>(values: &Values<'a>, attributes: &mut Attributes<'a>) -> &'a str {
    let original = values.payload.text(keys::METHOD).unwrap_or_default();
    match values.options.known_methods.iter().find(|known| **known == original) {
        Some(known) => {
            attributes.text("http.request.method", known.as_str());
            known
        }
        None => {
            attributes.text("http.request.method", "_OTHER");
            attributes.some_text("http.request.method_original", values.text(keys::METHOD, MAX_ORIGINAL));
            "HTTP"
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{attribute, span, span_with};
    use crate::{Options, Site, keys};

    #[test]
    fn only_known_methods_name_a_span() {
        for (method, name, request_method, original) in [
            ("GET", "GET", "GET", ""),
            ("TRACE", "TRACE", "TRACE", ""),
            ("TEST", "HTTP", "_OTHER", "TEST"),
            ("get", "HTTP", "_OTHER", "get"),
            ("A\r\nB", "HTTP", "_OTHER", "AB"),
            ("", "HTTP", "_OTHER", ""),
        ] {
            let span = span(Site::Tomcat, &[(keys::METHOD, method)], &[]);
            assert_eq!(span.name, name, "{method:?}");
            assert_eq!(attribute(&span, "http.request.method"), request_method, "{method:?}");
            assert_eq!(attribute(&span, "http.request.method_original"), original, "{method:?}");
        }
    }

    #[test]
    fn an_endless_method_is_cut() {
        let span = span(Site::Tomcat, &[(keys::METHOD, &"X".repeat(10_000))], &[]);
        assert_eq!(attribute(&span, "http.request.method_original").len(), 64);
    }

    #[test]
    fn the_option_replaces_the_known_methods() {
        let options = Options { known_methods: vec!["PROPFIND".into()], ..Options::default() };
        let webdav = span_with(options.clone(), Site::Tomcat, &[(keys::METHOD, "PROPFIND")], &[]);
        assert_eq!(webdav.name, "PROPFIND");
        assert_eq!(span_with(options, Site::Tomcat, &[(keys::METHOD, "GET")], &[]).name, "HTTP");
    }
}
