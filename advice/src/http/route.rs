//! `http.route`: the framework's pattern, else the servlet's mapping, never the path.

use std::borrow::Cow;

use crate::finish::Values;
use crate::keys;
use crate::text::{MAX_NAME, MAX_VALUE, cleaned};

/// The route with the application's context path in front, `None` where nothing but a default servlet matched.
pub(super) fn route<'a>(values: &Values<'a>) -> Option<Cow<'a, str>> {
    let context_path = values.text(keys::CONTEXT_PATH, MAX_NAME).unwrap_or_default();
    let context_path = context_path.trim_end_matches('/');
    let mapping = values.payload.text(keys::SERVLET_MAPPING);
    let Some(pattern) = values.text(keys::ROUTE, MAX_VALUE) else {
        let composed = [context_path, &of_mapping(mapping.as_deref()?)?].concat();
        return cleaned(&composed, MAX_VALUE).map(Cow::Owned);
    };
    let servlet_path = mapping.as_deref().and_then(|mapping| mapping.strip_suffix("/*")).unwrap_or_default();
    let slash = if pattern.starts_with('/') { "" } else { "/" };
    if context_path.is_empty() && servlet_path.is_empty() && slash.is_empty() {
        return Some(pattern);
    }
    cleaned(&[context_path, servlet_path, slash, &pattern].concat(), MAX_VALUE).map(Cow::Owned)
}

/// The route of a servlet's URL pattern (Servlet 6.0, 12.2); `None` for the patterns of a default servlet.
fn of_mapping(mapping: &str) -> Option<String> {
    match mapping {
        "" => Some("/".to_owned()),
        "/" | "/*" => None,
        extension if extension.starts_with("*.") => Some(format!("/{extension}")),
        path if path.starts_with('/') => Some(path.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{attribute, span};
    use crate::{Site, keys};

    #[test]
    fn a_route_comes_from_pattern_mapping_and_context_path() {
        for (context_path, mapping, pattern, expected) in [
            ("", "/", "/users/{id}", "/users/{id}"),
            ("/app", "/", "/users/{id}", "/app/users/{id}"),
            ("/app/", "/api/*", "/users/{id}", "/app/api/users/{id}"),
            ("", "/", "hello", "/hello"),
            ("", "/", "/**", "/**"),
            ("", "/", "", ""),
            ("", "/*", "", ""),
            ("/app", "/*", "", ""),
            ("", "/p/*", "", "/p/*"),
            ("/app", "/p/*", "", "/app/p/*"),
            ("/app", "*.do", "", "/app/*.do"),
            ("/app", "/exact", "", "/app/exact"),
            ("", "nonsense", "", ""),
        ] {
            let texts = [
                (keys::METHOD, "GET"),
                (keys::PATH, "/users/17"),
                (keys::CONTEXT_PATH, context_path),
                (keys::SERVLET_MAPPING, mapping),
                (keys::ROUTE, pattern),
            ];
            let span = span(Site::Tomcat, &texts, &[]);
            assert_eq!(attribute(&span, "http.route"), expected, "{context_path} {mapping} {pattern}");
            let name = if expected.is_empty() { "GET".to_owned() } else { format!("GET {expected}") };
            assert_eq!(span.name, name);
        }
    }

    #[test]
    fn the_mapping_of_the_root_is_a_route() {
        let texts = [(keys::METHOD, "GET"), (keys::SERVLET_MAPPING, "")];
        assert_eq!(span(Site::Tomcat, &texts, &[]).name, "GET /");
    }

    #[test]
    fn without_a_route_the_path_stays_out_of_the_name() {
        let span = span(Site::Tomcat, &[(keys::METHOD, "GET"), (keys::PATH, "/users/17")], &[]);
        assert_eq!(span.name, "GET");
        assert_eq!(attribute(&span, "http.route"), "");
    }
}
