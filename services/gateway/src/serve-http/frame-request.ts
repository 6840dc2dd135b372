import { context, type Histogram, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Log } from '@inkpost/telemetry/log.js';

export interface FrameOptions {
  readonly tracer: Tracer;
  readonly duration: Histogram;
  readonly log: Log;
}

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** Around every request: a span, whose trace id is the request's id in answers and logs, the safe headers, the duration. */
export function frameRequest({ tracer, duration, log }: FrameOptions): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const startedAt = performance.now();
    const { traceparent } = request.headers;
    const parent = typeof traceparent === 'string' ? propagation.extract(ROOT_CONTEXT, { traceparent }) : ROOT_CONTEXT;
    const span = tracer.startSpan(`HTTP ${request.method}`, { kind: SpanKind.SERVER, attributes: { 'http.request.method': request.method } }, parent);
    const traced = trace.setSpan(parent, span);
    const { traceId, spanId, traceFlags } = span.spanContext();
    response.setHeader('x-request-id', traceId);
    response.setHeader('traceparent', `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`);
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    response.once('close', () => {
      // Express knows the route's pattern only once it has matched; never the path, which holds ids.
      const route = (request.route as { path?: string } | undefined)?.path ?? 'none';
      const facts = { 'http.request.method': request.method, 'http.route': route, 'http.response.status_code': response.statusCode };
      const durationMs = performance.now() - startedAt;
      duration.record(durationMs / 1_000, facts);
      span.updateName(`${request.method} ${route}`).setAttributes(facts);
      if (response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
      context.with(traced, () => log.debug('request answered', { method: request.method, route, status: response.statusCode, durationMs: Math.round(durationMs), aborted: !response.writableFinished }));
    });
    context.with(traced, next);
  };
}
