//! The web page in a real browser, used as a person uses it. Screenshots go to `target/screenshots/`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails fails its test")]

mod support;

use otelrs_viewer::receiver::{Receiver, ReceiverOptions};
use otelrs_viewer::web::{WebOptions, WebServer};
use serde_json::{Value, json};
use support::browser::Browser;
use support::shop::{self, FAILED, ORDERS, span_id, trace_id};
use support::{PATIENCE, exchange};

struct Viewer {
    receiver: Receiver,
    web: WebServer,
}

impl Viewer {
    fn start() -> Self {
        let receiver = Receiver::start(ReceiverOptions::free_ports()).unwrap();
        let options = WebOptions { port: Some(0), ..WebOptions::default() };
        let web = WebServer::start(receiver.monitor(), &options).unwrap();
        Self { receiver, web }
    }

    /// A viewer that holds what the shop sends.
    fn of_shop() -> Self {
        let viewer = Self::start();
        shop::requests().iter().for_each(|request| viewer.send("/v1/traces", request));
        let log = shop::log_request("orders", FAILED, 1, 17, "order 4711 is unknown", 430.0);
        viewer.send("/v1/logs", &log);
        viewer
    }

    fn send(&self, path: &str, request: &Value) {
        let headers = [("Content-Type", "application/json")];
        let body = request.to_string();
        let answer =
            exchange(&self.receiver.http_endpoint(), &format!("POST {path}"), &headers, body.as_bytes());
        assert_eq!(answer.status, 200);
    }

    fn address(&self, hash: &str) -> String {
        format!("{}{hash}", self.web.url())
    }
}

#[test]
fn look() {
    let Some(browser) = Browser::start(1280, 800) else { return };
    let viewer = Viewer::of_shop();
    browser.goto(&viewer.address(""));
    browser.wait_for(".canvas .trace-row");
    browser.screenshot("look-list");
    browser.goto(&viewer.address(&format!("#/traces/{}?span={}", trace_id(ORDERS), span_id(2))));
    browser.wait_for(".span-row");
    browser.wait_for(".detail h2");
    browser.screenshot("look-trace");
    browser.goto(&viewer.address("#/statistics"));
    browser.wait_for("table");
    browser.screenshot("look-statistics");
    println!("{:?}", browser.console_errors());
}
