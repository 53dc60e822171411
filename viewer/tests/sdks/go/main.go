// Command sdk sends one trace, one log record and two metrics with the OpenTelemetry SDK for Go.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type exporters struct {
	spans   sdktrace.SpanExporter
	metrics sdkmetric.Exporter
	logs    sdklog.Exporter
}

func newExporters(ctx context.Context) (exporters, error) {
	var all exporters
	var failures [3]error
	if os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc" {
		all.spans, failures[0] = otlptracegrpc.New(ctx)
		all.metrics, failures[1] = otlpmetricgrpc.New(ctx)
		all.logs, failures[2] = otlploggrpc.New(ctx)
	} else {
		all.spans, failures[0] = otlptracehttp.New(ctx)
		all.metrics, failures[1] = otlpmetrichttp.New(ctx)
		all.logs, failures[2] = otlploghttp.New(ctx)
	}
	return all, errors.Join(failures[:]...)
}

func run(ctx context.Context) error {
	to, err := newExporters(ctx)
	if err != nil {
		return err
	}
	shop, err := resource.New(ctx, resource.WithFromEnv())
	if err != nil {
		return err
	}
	traces := sdktrace.NewTracerProvider(sdktrace.WithBatcher(to.spans), sdktrace.WithResource(shop))
	reader := sdkmetric.NewPeriodicReader(to.metrics)
	metrics := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithResource(shop))
	logs := sdklog.NewLoggerProvider(
		sdklog.WithProcessor(sdklog.NewBatchProcessor(to.logs)), sdklog.WithResource(shop))

	tracer := traces.Tracer("sdk-test", trace.WithInstrumentationVersion("1.0"))
	inRequest, request := tracer.Start(ctx, "GET /orders", trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(
			attribute.String("http.route", "/orders"),
			attribute.Int("items", 3),
			attribute.Bool("ok", true),
			attribute.Float64("ratio", 0.5),
			attribute.StringSlice("tags", []string{"a", "b"})))
	_, query := tracer.Start(inRequest, "SELECT orders", trace.WithSpanKind(trace.SpanKindClient))
	query.AddEvent("retry", trace.WithAttributes(attribute.Int("attempt", 1)))
	query.SetStatus(codes.Error, "no stock")
	query.End()
	var record log.Record
	record.SetSeverity(log.SeverityWarn)
	record.SetSeverityText("WARN")
	record.SetBody(attribute.StringValue("low stock"))
	record.AddAttributes(attribute.String("item", "tea"))
	logs.Logger("sdk-test", log.WithInstrumentationVersion("1.0")).Emit(inRequest, record)
	request.End()

	meter := metrics.Meter("sdk-test", metric.WithInstrumentationVersion("1.0"))
	placed, err := meter.Int64Counter("orders.placed", metric.WithUnit("{order}"))
	if err != nil {
		return err
	}
	placed.Add(ctx, 2, metric.WithAttributes(attribute.String("method", "card")))
	value, err := meter.Float64Histogram("orders.value", metric.WithUnit("EUR"),
		metric.WithExplicitBucketBoundaries(10))
	if err != nil {
		return err
	}
	value.Record(ctx, 5)
	value.Record(ctx, 15)
	return errors.Join(traces.Shutdown(ctx), metrics.Shutdown(ctx), logs.Shutdown(ctx))
}
