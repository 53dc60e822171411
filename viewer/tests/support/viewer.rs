//! A viewer under test.

use otelrs_viewer::receiver::{Receiver, ReceiverOptions};
use otelrs_viewer::web::{WebOptions, WebServer};
use serde_json::Value;

use super::exchange;
use super::shop::{self, FAILED};

/// A receiver and its web view on free ports.
pub(crate) struct Viewer {
    pub(crate) receiver: Receiver,
    pub(crate) web: WebServer,
}

impl Viewer {
    pub(crate) fn start() -> Self {
        let receiver = Receiver::start(ReceiverOptions::free_ports()).unwrap();
        let options = WebOptions { port: Some(0), ..WebOptions::default() };
        let web = WebServer::start(receiver.monitor(), &options).unwrap();
        Self { receiver, web }
    }

    /// A viewer that holds what the shop sends.
    pub(crate) fn of_shop() -> Self {
        let viewer = Self::start();
        shop::requests().iter().for_each(|request| viewer.send("/v1/traces", request));
        let log = shop::log_request("orders", FAILED, 1, 17, "order 4711 is unknown", 430.0);
        viewer.send("/v1/logs", &log);
        viewer
    }

    pub(crate) fn send(&self, path: &str, request: &Value) {
        let headers = [("Content-Type", "application/json")];
        let body = request.to_string();
        let answer =
            exchange(&self.receiver.http_endpoint(), &format!("POST {path}"), &headers, body.as_bytes());
        assert_eq!(answer.status, 200);
    }

    pub(crate) fn address(&self, hash: &str) -> String {
        format!("{}{hash}", self.web.url())
    }
}
