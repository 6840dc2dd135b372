import { z } from 'zod';
import { toTrace, trace, traceEnd, traceWish } from '../answer-route/conversation-trace.js';
import { identifier } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';

const params = z.strictObject({ mailboxId: identifier });

const answer = trace.meta({ id: 'MailboxTrace' });

/** The conversation of a mailbox with its mail server, written down for a while (SKY-108); mail-ingest owns it. */
export function traceRoutes({ traces }: Owners) {
  const path = '/api/v0/mailboxes/{mailboxId}/trace';
  return [
    route({
      method: 'GET', path, operation: 'getMailboxTrace', right: 'diagnostics', summary: 'Whether the conversation of a mailbox with its mail server is written down',
      params, status: 200, answer, refusals: [404],
      handle: async ({ params, caller }) => toTrace((await traces.getTrace(params, as(caller))).trace),
    }),
    route({
      method: 'PUT', path, operation: 'startMailboxTrace', right: 'diagnostics', summary: 'Write the conversation of a mailbox with its mail server down, for a while',
      description: 'Begins with a new connection, and ends by itself. Without passwords, tokens and the content of mails; with addresses, and with what servers say.',
      params, body: traceWish, status: 200, answer, refusals: [404],
      handle: async ({ params, body, caller }) => {
        const end = traceEnd(body);
        return toTrace((await traces.startTrace({ ...params, ...(end ? { until: end } : {}) }, as(caller))).trace);
      },
    }),
    route({
      method: 'DELETE', path, operation: 'stopMailboxTrace', right: 'diagnostics', summary: 'Write the conversation down no longer; what was written stays',
      params, status: 200, answer, refusals: [404],
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
