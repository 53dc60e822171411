package sdk;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import java.util.List;

/** Sends one trace, one log record and two metrics through the OpenTelemetry Java agent, which flushes at the end. */
final class Send {
    private Send() {}

    public static void main(String[] arguments) {
        OpenTelemetry openTelemetry = GlobalOpenTelemetry.get();
        Tracer tracer = openTelemetry.getTracer("sdk-test", "1.0");
        Span request = tracer.spanBuilder("GET /orders")
                .setSpanKind(SpanKind.SERVER)
                .setAttribute("http.route", "/orders")
                .setAttribute("items", 3)
                .setAttribute("ok", true)
                .setAttribute("ratio", 0.5)
                .setAttribute(AttributeKey.stringArrayKey("tags"), List.of("a", "b"))
                .startSpan();
        try (Scope ignored = request.makeCurrent()) {
            Span query = tracer.spanBuilder("SELECT orders").setSpanKind(SpanKind.CLIENT).startSpan();
            query.addEvent("retry", Attributes.of(AttributeKey.longKey("attempt"), 1L));
            query.setStatus(StatusCode.ERROR, "no stock");
            query.end();
            openTelemetry.getLogsBridge()
                    .loggerBuilder("sdk-test")
                    .setInstrumentationVersion("1.0")
                    .build()
                    .logRecordBuilder()
                    .setSeverity(Severity.WARN)
                    .setSeverityText("WARN")
                    .setBody("low stock")
                    .setAttribute(AttributeKey.stringKey("item"), "tea")
                    .emit();
        }
        request.end();

        Meter meter = openTelemetry.meterBuilder("sdk-test").setInstrumentationVersion("1.0").build();
        meter.counterBuilder("orders.placed").setUnit("{order}").build()
                .add(2, Attributes.of(AttributeKey.stringKey("method"), "card"));
        DoubleHistogram value = meter.histogramBuilder("orders.value")
                .setUnit("EUR")
                .setExplicitBucketBoundariesAdvice(List.of(10.0))
                .build();
        value.record(5);
        value.record(15);
    }
}
