import { type Context, context, type Meter, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationType, InstrumentType, MeterProvider, type ViewOptions } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

export interface TelemetryOptions {
  /** `service.name` of the process: the service, or `inkpost` where all run in one. */
  readonly processName: string;
  readonly version: string;
  /** Where spans go (OTLP over HTTP, for example http://collector:4318/v1/traces); absent: trace ids are made, spans are not sent. */
  readonly otlpUrl?: string | undefined;
}

/** Histograms in seconds: from a database round trip to the longest wait; the SDK's own buckets are for milliseconds. */
const SECONDS = {
  instrumentType: InstrumentType.HISTOGRAM,
  instrumentUnit: 's',
  aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] } },
} satisfies ViewOptions;

/** Traces and metrics of one process; logs are each service's own (log.ts). */
export class Telemetry {
  private readonly tracers: TracerProvider;
  private readonly meters: MeterProvider;
  private readonly metricsReader = new PrometheusExporter({ preventServerStart: true });
  private readonly serializer = new PrometheusSerializer('inkpost', false, undefined, true, false);

  constructor(options: TelemetryOptions) {
    const resource = resourceFromAttributes({ 'service.name': options.processName, 'service.version': options.version });
    // No exporter, no processor: without a collector a span costs its ids and nothing more.
    const spanProcessors = options.otlpUrl ? [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: options.otlpUrl }) })] : [];
    this.tracers = new TracerProvider({ resource, spanProcessors });
    this.meters = new MeterProvider({ resource, readers: [this.metricsReader], views: [SECONDS] });
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  }

  tracer(service: string): Tracer {
    return this.tracers.getTracer(service);
  }

  meter(service: string): Meter {
    return this.meters.getMeter(service);
  }

  /** All metrics of the process in the Prometheus text format. */
  async metricsText(): Promise<string> {
    const { resourceMetrics } = await this.metricsReader.collect();
    return this.serializer.serialize(resourceMetrics);
  }

  async stop(): Promise<void> {
    await Promise.allSettled([this.tracers.shutdown(), this.meters.shutdown()]);
  }
}

/** The active span as a W3C `traceparent`; empty outside a trace. */
export function currentTraceparent(): string {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent ?? '';
}

export function currentTraceId(): string {
  return trace.getActiveSpan()?.spanContext().traceId ?? '';
}

function parentContext(traceparent: string | undefined): Context {
  return traceparent ? propagation.extract(ROOT_CONTEXT, { traceparent }) : context.active();
}

export interface SpanOptions {
  readonly kind?: SpanKind;
  /** A parent from elsewhere; absent: the active span. */
  readonly traceparent?: string;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

/** Runs `work` inside a span that ends with it and bears its error. */
export async function inSpan<T>(tracer: Tracer, name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
  const parent = parentContext(options.traceparent);
  const span = tracer.startSpan(name, { kind: options.kind ?? SpanKind.INTERNAL, attributes: { ...options.attributes } }, parent);
  try {
    return await context.with(trace.setSpan(parent, span), work);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
    throw error;
  } finally {
    span.end();
  }
}
