"""Sends one trace, one log record and two metrics with the OpenTelemetry SDK for Python."""

import os
from importlib import import_module

from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

transport = {"grpc": "grpc", "http/protobuf": "http"}[os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"]]


def exporter(module: str, name: str):
    return getattr(import_module(f"opentelemetry.exporter.otlp.proto.{transport}.{module}"), name)()


resource = Resource.create({"service.name": "shop"})
traces = TracerProvider(resource=resource)
traces.add_span_processor(BatchSpanProcessor(exporter("trace_exporter", "OTLPSpanExporter")))
logs = LoggerProvider(resource=resource)
logs.add_log_record_processor(BatchLogRecordProcessor(exporter("_log_exporter", "OTLPLogExporter")))
reader = PeriodicExportingMetricReader(exporter("metric_exporter", "OTLPMetricExporter"))
metrics = MeterProvider(resource=resource, metric_readers=[reader])

tracer = traces.get_tracer("sdk-test", "1.0")
attributes = {"http.route": "/orders", "items": 3, "ok": True, "ratio": 0.5, "tags": ["a", "b"]}
with tracer.start_as_current_span("GET /orders", kind=trace.SpanKind.SERVER, attributes=attributes) as request:
    with tracer.start_as_current_span("SELECT orders", kind=trace.SpanKind.CLIENT) as query:
        query.add_event("retry", {"attempt": 1})
        query.set_status(trace.StatusCode.ERROR, "no stock")
    logger = logs.get_logger("sdk-test", "1.0")
    logger.emit(
        LogRecord(
            severity_number=SeverityNumber.WARN,
            severity_text="WARN",
            body="low stock",
            attributes={"item": "tea"},
        )
    )

meter = metrics.get_meter("sdk-test", "1.0")
meter.create_counter("orders.placed", unit="{order}").add(2, {"method": "card"})
histogram = meter.create_histogram("orders.value", unit="EUR", explicit_bucket_boundaries_advisory=[10.0])
histogram.record(5.0)
histogram.record(15.0)

for provider in (traces, logs, metrics):
    provider.shutdown()
