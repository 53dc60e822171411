// Sends one trace, one log record and two metrics with the OpenTelemetry SDK for Node.
// Exporters and the service's name come from OTEL_* variables.

import { SeverityNumber, SpanKind, SpanStatusCode, logs, metrics, trace } from "@opentelemetry/api";
import { NodeSDK } from "@opentelemetry/sdk-node";

const sdk = new NodeSDK();
sdk.start();

const attributes = { "http.route": "/orders", items: 3, ok: true, ratio: 0.5, tags: ["a", "b"] };
const tracer = trace.getTracer("sdk-test", "1.0");
tracer.startActiveSpan("GET /orders", { kind: SpanKind.SERVER, attributes }, (request) => {
  tracer.startActiveSpan("SELECT orders", { kind: SpanKind.CLIENT }, (query) => {
    query.addEvent("retry", { attempt: 1 });
    query.setStatus({ code: SpanStatusCode.ERROR, message: "no stock" });
    query.end();
  });
  logs.getLogger("sdk-test", "1.0").emit({
    severityNumber: SeverityNumber.WARN,
    severityText: "WARN",
    body: "low stock",
    attributes: { item: "tea" },
  });
  request.end();
});

const meter = metrics.getMeter("sdk-test", "1.0");
meter.createCounter("orders.placed", { unit: "{order}" }).add(2, { method: "card" });
const advice = { explicitBucketBoundaries: [10] };
const histogram = meter.createHistogram("orders.value", { unit: "EUR", advice });
histogram.record(5);
histogram.record(15);

await sdk.shutdown();
