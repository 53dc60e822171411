"""Makes telemetry that something is wrong with, and telemetry that only looks so, with the OpenTelemetry SDK for Python."""

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
SERVER, CLIENT = trace.SpanKind.SERVER, trace.SpanKind.CLIENT

# A name for each user, and as many names as a scope may have.
for scope, users in (("users", 120), ("templates", 100)):
    for user in range(users):
        provider.get_tracer(scope).start_span(f"load user {user}").end()

# Middleware and framework both make a SERVER span; a service that calls itself has a CLIENT span between.
framework, middleware = provider.get_tracer("framework"), provider.get_tracer("middleware")
with middleware.start_as_current_span("GET /twice", kind=SERVER):
    framework.start_span("GET /twice", kind=SERVER).end()
with framework.start_as_current_span("GET /once", kind=SERVER):
    with framework.start_as_current_span("GET", kind=CLIENT):
        framework.start_span("GET /itself", kind=SERVER).end()

# A span that is never ended is never sent; one that is ended after its children is.
for name, is_ended in (("forgotten", False), ("ended", True)):
    parent = framework.start_span(name)
    framework.start_span(f"below {name}", context=trace.set_span_in_context(parent)).end()
    if is_ended:
        parent.end()

provider.shutdown()
