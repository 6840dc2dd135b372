import { z } from 'zod';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { Trace as WireTrace } from '@inkpost/contracts/admin/v1/mailbox_diagnosis_pb.js';
import { fromInstant, identifier, instant, orNull, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { OWNERS } from '../limits.js';

const params = z.strictObject({ mailboxId: identifier });

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
}).meta({ id: 'MailboxTrace' });

function toTrace(wire: WireTrace | undefined): z.input<typeof trace> {
  const { active, startedAt, until, startedBy, sizeBytes } = present(wire, 'trace');
  return { active, startedAt: toInstant(startedAt), until: toInstant(until), startedBy: orNull(startedBy), sizeBytes };
}

/** The conversation of a mailbox with its mail server, written down for a while (SKY-108); mail-ingest owns it. */
export function traceRoutes({ traces }: Owners) {
  const path = '/api/v0/mailboxes/{mailboxId}/trace';
  return [
    route({
      method: 'GET', path, operation: 'getMailboxTrace', right: 'diagnostics', summary: 'Whether the conversation of a mailbox with its mail server is written down',
      params, status: 200, answer: trace, refusals: [404],
      handle: async ({ params, caller }) => toTrace((await traces.getTrace(params, as(caller))).trace),
    }),
    route({
      method: 'PUT', path, operation: 'startMailboxTrace', right: 'diagnostics', summary: 'Write the conversation of a mailbox with its mail server down, for a while',
      description: 'Begins with a new connection, and ends by itself. Without passwords, tokens and the content of mails; with addresses, and with what servers say.',
      params, body: wish, status: 200, answer: trace, refusals: [404],
      handle: async ({ params, body: { minutes, until }, caller }) => {
        const end = minutes === undefined ? fromInstant(until) : timestampFromMs(Date.now() + minutes * MINUTE_MS);
        return toTrace((await traces.startTrace({ ...params, ...(end ? { until: end } : {}) }, as(caller))).trace);
      },
    }),
    route({
      method: 'DELETE', path, operation: 'stopMailboxTrace', right: 'diagnostics', summary: 'Write the conversation down no longer; what was written stays',
      params, status: 200, answer: trace, refusals: [404],
      handle: async ({ params, caller }) => toTrace((await traces.stopTrace(params, as(caller))).trace),
    }),
    route({
      method: 'GET', path: `${path}/log`, operation: 'readMailboxTraceLog', right: 'diagnostics', summary: 'The conversation that was written down',
      description: 'Each line with its time; C: what Inkpost said (of kind smtp: the other mail server), S: what the server said.',
      params, status: 200, answer: { mediaType: 'text/plain; charset=utf-8' }, refusals: [404],
      handle: async ({ params, caller }) => (await traces.readTraceLog(params, as(caller))).log,
    }),
  ];
}
