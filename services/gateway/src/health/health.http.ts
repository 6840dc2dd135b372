import { whyRefused } from '../answer-route/access.js';
import { Problem } from '../answer-route/problem.js';
import { route } from '../answer-route/route.js';

export interface Health {
  readonly readiness: () => Promise<readonly string[]>;
  readonly metricsText: () => Promise<string>;
}

const TEXT = { mediaType: 'text/plain; charset=utf-8' } as const;
const RETRY_AFTER_SECONDS = 2;

/** Probes for supervisors and load balancers, and the metrics of this process. */
export function healthRoutes({ readiness, metricsText }: Health) {
  return [
    route({
      method: 'GET', path: '/healthz', operation: 'isAlive', right: { public: 'A supervisor has no account; the answer says nothing but ok.' }, summary: 'The process answers',
      status: 200, answer: TEXT,
      handle: async () => 'ok\n',
    }),
    route({
      method: 'GET', path: '/readyz', operation: 'isReady', right: { public: 'A load balancer has no account; the answer says nothing but ready or not.' }, summary: 'The gateway can do its work',
      status: 200, answer: TEXT,
      handle: async () => {
        const missing = await readiness();
        if (missing.length > 0) throw new Problem('unavailable', `Not ready: ${missing.join(', ')}.`, { retryAfterSeconds: RETRY_AFTER_SECONDS });
        return 'ready\n';
      },
    }),
    route({
      method: 'GET', path: '/metrics', operation: 'getMetrics', summary: 'Metrics of this process in the Prometheus text format',
      right: { public: 'From this machine itself, through no proxy; from elsewhere it needs the right "diagnostics", which the handler checks.' },
      description: 'Other services show theirs on their control listeners, which are not for the outside.',
      status: 200, answer: { mediaType: 'text/plain; version=0.0.4; charset=utf-8' }, refusals: [401, 403],
      handle: async ({ local, session }) => {
        const refusal = local ? undefined : whyRefused({ right: 'diagnostics' }, session);
        if (refusal) throw refusal;
        return metricsText();
      },
    }),
  ];
}
