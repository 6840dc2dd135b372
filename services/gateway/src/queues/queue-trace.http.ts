import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { QueueTrace as WireTrace } from '@inkpost/contracts/admin/v1/queue_traces_pb.js';
import { z } from 'zod';
import { fromInstant, identifier, instant, orNull, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { OWNERS } from '../limits.js';

const params = z.strictObject({ queueId: identifier });

const MINUTE_MS = 60_000;

const wish = z.strictObject({
  minutes: z.int().min(1).max(OWNERS.traceMinutesMax).optional().describe('From now; 30 where neither is given.'),
  until: instant.optional().describe('At most 24 hours from now.'),
}).refine(({ minutes, until }) => minutes === undefined || until === undefined, { error: 'must name minutes or until, not both' });

const trace = z.object({
  active: z.boolean(),
  startedAt: instant.nullable().describe('Null: it was not traced, or its log is gone.'),
  until: instant.nullable(),
  startedBy: z.string().nullable(),
  sizeBytes: z.int().describe('Of the log. The oldest lines go beyond 4 MB; the log goes 7 days after its end.'),
}).meta({ id: 'QueueTrace' });

function toTrace(wire: WireTrace | undefined): z.input<typeof trace> {
  const { active, startedAt, until, startedBy, sizeBytes } = present(wire, 'trace');
  return { active, startedAt: toInstant(startedAt), until: toInstant(until), startedBy: orNull(startedBy), sizeBytes };
}

/** The IPP conversation of a queue with its printer, written down for a while (WD-028); print-submit owns it. */
export function queueTraceRoutes({ queueTraces }: Owners) {
  const path = '/api/v0/queues/{queueId}/trace';
  return [
    route({
      method: 'GET', path, operation: 'getQueueTrace', right: 'diagnostics', summary: 'Whether the conversation of a queue with its printer is written down',
      params, status: 200, answer: trace, refusals: [404],
      handle: async ({ params, caller }) => toTrace((await queueTraces.getQueueTrace(params, as(caller))).trace),
    }),
    route({
      method: 'PUT', path, operation: 'startQueueTrace', right: 'diagnostics', summary: 'Write the conversation of a queue with its printer down, for a while',
      description: 'Begins at once, and ends by itself. Without the documents; with their titles, the addresses of their owners, and what the printer says.',
      params, body: wish, status: 200, answer: trace, refusals: [404],
      handle: async ({ params, body: { minutes, until }, caller }) => {
        const end = minutes === undefined ? fromInstant(until) : timestampFromMs(Date.now() + minutes * MINUTE_MS);
        return toTrace((await queueTraces.startQueueTrace({ ...params, ...(end ? { until: end } : {}) }, as(caller))).trace);
      },
    }),
    route({
      method: 'DELETE', path, operation: 'stopQueueTrace', right: 'diagnostics', summary: 'Write the conversation down no longer; what was written stays',
      params, status: 200, answer: trace, refusals: [404],
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
