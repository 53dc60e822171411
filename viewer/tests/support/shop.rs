//! What a small shop sends: an order page with too many queries, an error, a slow call, health checks.

use serde_json::{Value, json};

/// When the first trace begins: 2025-06-02, Unix epoch, milliseconds.
pub(crate) const NOON: u64 = 1_748_865_600_000;

#[derive(Clone)]
pub(crate) struct SpanJson(Value);

/// A span; ids are numbers, parent 0 is none, times are milliseconds after [`NOON`].
pub(crate) fn span(trace: u64, id: u64, parent: u64, kind: u8, name: &str, start: f64, end: f64) -> SpanJson {
    let time = |millis: f64| (NOON * 1_000_000 + (millis * 1_000_000.0) as u64).to_string();
    let mut span = json!({
        "traceId": trace_id(trace), "spanId": span_id(id), "name": name, "kind": kind,
        "startTimeUnixNano": time(start), "endTimeUnixNano": time(end), "attributes": [], "events": [],
    });
    if parent > 0 {
        span["parentSpanId"] = json!(span_id(parent));
    }
    SpanJson(span)
}

pub(crate) fn trace_id(number: u64) -> String {
    format!("{:016x}{number:016x}", 0x4bf9_2f35_77b3_4da6_u64)
}

pub(crate) fn span_id(number: u64) -> String {
    format!("{:016x}", 0xa000_0000_0000_0000 + number)
}

impl SpanJson {
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        push(&mut self.0["attributes"], attribute(key, value));
        self
    }

    pub(crate) fn failed(mut self, exception: &str, message: &str) -> Self {
        let stack = format!(
            "{exception}: {message}\n\tat shop.Orders.find(Orders.java:42)\n\tat shop.Main.main(Main.java:7)"
        );
        self.0["status"] = json!({ "code": 2, "message": message });
        let event = json!({ "name": "exception", "timeUnixNano": self.0["startTimeUnixNano"], "attributes": [
            attribute("exception.type", exception), attribute("exception.message", message),
            attribute("exception.stacktrace", &stack),
        ]});
        push(&mut self.0["events"], event);
        self
    }
}

fn push(list: &mut Value, item: Value) {
    list.as_array_mut().unwrap().push(item);
}

fn attribute(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

/// An OTLP request of the spans of one service.
pub(crate) fn request(service: &str, spans: Vec<SpanJson>) -> Value {
    let spans: Vec<Value> = spans.into_iter().map(|span| span.0).collect();
    json!({ "resourceSpans": [{
        "resource": { "attributes": [attribute("service.name", service)] },
        "scopeSpans": [{ "scope": { "name": "otelrs.test" }, "spans": spans }],
    }]})
}

/// Request of the log records of one service, each of a span.
pub(crate) fn log_request(service: &str, trace: u64, span: u64, severity: u8, body: &str, at: f64) -> Value {
    let time = (NOON * 1_000_000 + (at * 1_000_000.0) as u64).to_string();
    json!({ "resourceLogs": [{
        "resource": { "attributes": [attribute("service.name", service)] },
        "scopeLogs": [{ "scope": { "name": "shop.Orders" }, "logRecords": [{
            "timeUnixNano": time, "severityNumber": severity, "body": { "stringValue": body },
            "traceId": trace_id(trace), "spanId": span_id(span),
        }]}],
    }]})
}

const SERVER: u8 = 2;
const CLIENT: u8 = 3;

fn server(trace: u64, id: u64, parent: u64, name: &str, status: &str, start: f64, end: f64) -> SpanJson {
    let (method, route) = name.split_once(' ').unwrap();
    span(trace, id, parent, SERVER, name, start, end)
        .with("http.request.method", method)
        .with("http.route", route)
        .with("url.path", &route.replace("{id}", "17"))
        .with("http.response.status_code", status)
}

fn query(trace: u64, id: u64, parent: u64, summary: &str, text: &str, start: f64, end: f64) -> SpanJson {
    span(trace, id, parent, CLIENT, summary, start, end)
        .with("db.system.name", "postgresql")
        .with("db.namespace", "shop")
        .with("db.query.summary", summary)
        .with("db.query.text", text)
}

/// The trace with twelve queries alike, through two services.
pub(crate) const ORDERS: u64 = 1;
/// The trace with an exception.
pub(crate) const FAILED: u64 = 2;

/// Everything, one request a service and trace.
pub(crate) fn requests() -> Vec<Value> {
    let lines = (0..12).map(|n| {
        let start = 14.0 + f64::from(n) * 6.0;
        query(
            ORDERS,
            10 + n as u64,
            1,
            "SELECT order_lines",
            "SELECT * FROM order_lines WHERE order_id = ?",
            start,
            start + 5.0,
        )
    });
    let mut orders = vec![
        server(ORDERS, 1, 0, "GET /orders/{id}", "200", 0.0, 168.0),
        query(ORDERS, 2, 1, "SELECT orders", "SELECT * FROM orders WHERE customer = ?", 3.0, 12.5),
        span(ORDERS, 30, 1, 1, "render", 150.0, 166.0),
        span(ORDERS, 40, 1, CLIENT, "GET", 92.0, 148.0)
            .with("server.address", "stock.internal")
            .with("server.port", "8080"),
    ];
    orders.extend(lines);
    let stock = vec![
        server(ORDERS, 41, 40, "GET /stock/{id}", "200", 96.0, 146.0),
        query(ORDERS, 42, 41, "SELECT stock", "SELECT amount FROM stock WHERE sku = ?", 104.0, 140.0),
    ];
    let failed = vec![
        server(FAILED, 1, 0, "GET /orders/{id}", "500", 400.0, 431.0)
            .failed("java.lang.IllegalStateException", "no such order: 4711"),
        query(FAILED, 2, 1, "SELECT orders", "SELECT * FROM orders WHERE id = ?", 404.0, 421.0)
            .failed("org.postgresql.util.PSQLException", "canceling statement due to statement timeout"),
    ];
    let mut others = Vec::new();
    for n in 0..24_u64 {
        let start = 600.0 + n as f64 * 37.0;
        let took = 4.0 + ((n * 7919) % 97) as f64;
        let trace = 100 + n;
        let route = ["GET /products", "GET /cart", "POST /cart/items", "GET /"][n as usize % 4];
        others.push(server(trace, 1, 0, route, if n == 9 { "404" } else { "200" }, start, start + took));
        others.push(query(
            trace,
            2,
            1,
            "SELECT products",
            "SELECT * FROM products",
            start + 1.0,
            start + took * 0.6,
        ));
    }
    let health = (0..6).map(|n| {
        server(200 + n, 1, 0, "GET /actuator/health", "200", 700.0 + n as f64 * 50.0, 701.0 + n as f64 * 50.0)
    });
    vec![
        request("orders", orders),
        request("stock", stock),
        request("orders", failed),
        request("storefront", others),
        request("orders", health.collect()),
    ]
}
