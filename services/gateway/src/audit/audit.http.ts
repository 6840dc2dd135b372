import { z } from 'zod';
import { instant, pageLimit } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import type { AuditStore } from './audit.store.js';

const auditEntry = z.object({
  id: z.string(),
  at: instant,
  actor: z.string().describe('The account; anonymous where nobody was signed in.'),
  action: z.string().describe('Method and route, for example "DELETE /api/v0/mailboxes/{mailboxId}".'),
  objectId: z.string(),
  outcome: z.enum(['done', 'refused', 'failed']),
  status: z.int().describe('The HTTP status of the answer.'),
  source: z.string().describe('The client\'s address.'),
  requestId: z.string().describe('As in the answer and in the logs.'),
}).meta({ id: 'AuditEntry' });

/** Who changed or tried what; kept for a year. */
export function auditRoutes(audit: AuditStore) {
  return [
    route({
      method: 'GET', path: '/api/v0/audit', operation: 'listAuditEntries', right: 'diagnostics', summary: 'Who changed or tried what, the latest first',
      query: z.strictObject({ limit: pageLimit, before: z.string().regex(/^\d{1,18}$/, 'must be the id of an entry').optional().describe('`nextBefore` of the page before.') }),
      status: 200, answer: z.object({ entries: z.array(auditEntry), nextBefore: z.string().nullable() }),
      handle: async ({ query: { limit, before } }) => {
        const entries = await audit.list(limit, before === undefined ? undefined : BigInt(before));
        return {
          entries: entries.map(({ id, at, actor, action, objectId, outcome, status, source, requestId }) => ({ id, at: at.toISOString(), actor, action, objectId, outcome, status, source, requestId })),
          nextBefore: entries.length === limit ? (entries.at(-1)?.id ?? null) : null,
        };
      },
    }),
  ];
}
