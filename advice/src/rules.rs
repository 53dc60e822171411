//! All rules; a new library adds its own here.

use otelrs_rules::model::Rule;

use crate::{executors, guava, http_url_connection, java_http_client, jdbc, jetty, spring_webmvc, tomcat};

/// Every rule of every instrumentation.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    [
        &tomcat::rule::REQUEST,
        &tomcat::rule::SERVLET,
        &tomcat::rule::MAPPINGS,
        &spring_webmvc::rule::ROUTE_OF_HANDLER,
        &java_http_client::rule::SEND,
        &java_http_client::rule::HEADERS,
        &http_url_connection::rule::HTTP,
        &http_url_connection::rule::HTTPS_CONNECT,
        &jdbc::rule::DRIVER,
        &jdbc::rule::CONNECTION,
        &jdbc::rule::STATEMENT,
        &guava::LISTENERS,
    ]
    .into_iter()
    .chain(jetty::rules())
    .chain(executors::rules())
}
