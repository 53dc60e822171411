//! Health checks: requests that a load balancer, an orchestrator or a monitor sends all the time, and that nobody wants
//! to look at.

use crate::span::{Kind, Span, Value};

/// Paths that are health checks, by convention of Kubernetes, Spring Boot, MicroProfile Health, ASP.NET and common load
/// balancers. A trailing `/**` takes every path below it as well. They are compared without query string, without a
/// trailing slash, letter case aside, and also below one application prefix (`/shop/actuator/health`).
pub const HEALTH_CHECK_PATHS: [&str; 20] = [
    "/health/**",
    "/healthz/**",
    "/healthcheck",
    "/health-check",
    "/health_check",
    "/livez/**",
    "/live",
    "/liveness",
    "/alive",
    "/readyz/**",
    "/ready",
    "/readiness",
    "/startupz",
    "/started",
    "/ping",
    "/actuator/health/**",
    "/q/health/**",
    "/_health",
    "/__health",
    "/heartbeat",
];
/// The gRPC health checking protocol.
const GRPC_HEALTH_SERVICE: &str = "grpc.health.v1.Health";

/// Whether a SERVER span answers a health check: by the path of its URL, else by its route, or by its gRPC service.
#[must_use]
pub fn is_health_check(span: &Span) -> bool {
    if span.kind != Kind::Server {
        return false;
    }
    let text = |key| span.attributes.get(key).and_then(Value::as_str);
    let service = text("rpc.service").or_else(|| text("rpc.method"));
    if service.is_some_and(|service| service.starts_with(GRPC_HEALTH_SERVICE)) {
        return true;
    }
    let path = text("url.path").or_else(|| text("http.target")).or_else(|| text("http.route"));
    path.is_some_and(is_health_check_path)
}

fn is_health_check_path(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or(path).trim_end_matches('/').to_ascii_lowercase();
    let below_prefix = path.get(1..).and_then(|rest| rest.find('/')).and_then(|slash| path.get(slash + 1..));
    HEALTH_CHECK_PATHS.iter().any(|pattern| {
        matches(pattern, &path)
            || below_prefix.is_some_and(|path| is_specific(pattern) && matches(pattern, path))
    })
}

/// `/orders/ping` may be an application's own; `/shop/actuator/health` and `/shop/healthz` are not.
fn is_specific(pattern: &str) -> bool {
    pattern.contains("health") || pattern.contains("livez") || pattern.contains("readyz")
}

fn matches(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix("/**") {
        Some(prefix) => {
            path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
        None => path == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{server, span, with};
    use super::*;

    #[test]
    fn the_documentation_names_every_path() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/viewer.md");
        let document = std::fs::read_to_string(path).unwrap();
        for path in HEALTH_CHECK_PATHS {
            assert!(document.contains(&format!("`{path}`")), "docs/viewer.md lacks `{path}`");
        }
    }

    #[test]
    fn health_checks_are_known_by_path_route_or_grpc_service() {
        for (key, value, expected) in [
            ("url.path", "/health", true),
            ("url.path", "/healthz/ready?verbose", true),
            ("url.path", "/actuator/health/liveness", true),
            ("url.path", "/shop/actuator/health", true),
            ("url.path", "/Health/", true),
            ("http.target", "/readyz", true),
            ("http.route", "/livez", true),
            ("rpc.service", "grpc.health.v1.Health", true),
            ("rpc.method", "grpc.health.v1.Health/Check", true),
            ("url.path", "/healthy-recipes", false),
            ("url.path", "/orders/ping", false),
            ("url.path", "/actuator/metrics", false),
            ("url.path", "/", false),
            ("rpc.service", "shop.Orders", false),
        ] {
            let span = with(server(1, 0, "GET", 0, 1), &[(key, value)]);
            assert_eq!(is_health_check(&span), expected, "{key}={value}");
        }
        assert!(!is_health_check(&with(span(1, 0, "a client of it", 0, 1), &[("url.path", "/health")])));
    }
}
