import { z } from 'zod';
import { toTrace, trace, traceEnd, traceWish } from '../answer-route/conversation-trace.js';
import { identifier } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';

const params = z.strictObject({ queueId: identifier });

const answer = trace.meta({ id: 'QueueTrace' });

/** The IPP conversation of a queue with its printer, written down for a while (WD-028); print-submit owns it. */
export function queueTraceRoutes({ queueTraces }: Owners) {
  const path = '/api/v0/queues/{queueId}/trace';
  return [
    route({
      method: 'GET', path, operation: 'getQueueTrace', right: 'diagnostics', summary: 'Whether the conversation of a queue with its printer is written down',
      params, status: 200, answer, refusals: [404],
      handle: async ({ params, caller }) => toTrace((await queueTraces.getQueueTrace(params, as(caller))).trace),
    }),
    route({
      method: 'PUT', path, operation: 'startQueueTrace', right: 'diagnostics', summary: 'Write the conversation of a queue with its printer down, for a while',
      description: 'Begins at once, and ends by itself. Without the documents; with their titles, the addresses of their owners, and what the printer says.',
      params, body: traceWish, status: 200, answer, refusals: [404],
      handle: async ({ params, body, caller }) => {
        const end = traceEnd(body);
        return toTrace((await queueTraces.startQueueTrace({ ...params, ...(end ? { until: end } : {}) }, as(caller))).trace);
      },
    }),
    route({
      method: 'DELETE', path, operation: 'stopQueueTrace', right: 'diagnostics', summary: 'Write the conversation down no longer; what was written stays',
      params, status: 200, answer, refusals: [404],
      handle: async ({ params, caller }) => toTrace((await queueTraces.stopQueueTrace(params, as(caller))).trace),
    }),
    route({
      method: 'GET', path: `${path}/log`, operation: 'readQueueTraceLog', right: 'diagnostics', summary: 'The conversation that was written down',
      description: 'Each line with its time; C: what Inkpost said in IPP, S: what the printer said, --: what went wrong.',
      params, status: 200, answer: { mediaType: 'text/plain; charset=utf-8' }, refusals: [404],
      handle: async ({ params, caller }) => (await queueTraces.readQueueTraceLog(params, as(caller))).log,
    }),
  ];
}
