import { z } from 'zod';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { instant, pageLimit } from '../answer-route/fields.js';
import { Problem } from '../answer-route/problem.js';
import { route } from '../answer-route/route.js';

const troubledMessage = z.object({
  id: z.string(),
  subject: z.string().describe('The fact that was to be handled, for example print.job-held.v1.'),
  consumer: z.string().describe('The service that could not handle it.'),
  messageId: z.string().describe('The mail that it is about: /api/v0/journey/{messageId}.'),
  state: z.enum(['given-up', 'waiting']).describe('given-up: only sending it again helps; waiting: it is tried again by itself.'),
  attempts: z.int(),
  waits: z.int().describe('Pauses because a printer, a mail server or the like was down; these are not attempts.'),
  reason: z.string().nullable(),
  createdAt: instant,
  nextTryAt: instant.nullable(),
}).meta({ id: 'TroubledMessage' });

interface TroubledRow extends Record<string, unknown> {
  readonly id: string;
  readonly subject: string;
  readonly consumer: string;
  readonly journey_id: string;
  readonly state: 'dead' | 'open';
  readonly attempts: number;
  readonly waits: number;
  readonly reason: string | null;
  readonly created_at: Date;
  readonly due_at: Date;
}

function toTroubledMessage(row: TroubledRow): z.input<typeof troubledMessage> {
  const { id, subject, attempts, waits, reason } = row;
  return {
    id, subject, consumer: row.consumer.replaceAll('_', '-'), messageId: row.journey_id, state: row.state === 'dead' ? 'given-up' : 'waiting', attempts, waits, reason,
    createdAt: row.created_at.toISOString(), nextTryAt: row.state === 'dead' ? null : row.due_at.toISOString(),
  };
}

/** Messages of the flow that were given up or wait for a cause outside; Postgres keeps them, a person decides. */
export function troubledMessageRoutes(pool: Pool) {
  return [
    route({
      method: 'GET', path: '/api/v0/troubled-messages', operation: 'listTroubledMessages', right: 'diagnostics', summary: 'What was given up, and what waits, the latest first',
      query: z.strictObject({ limit: pageLimit }), status: 200, answer: z.object({ messages: z.array(troubledMessage) }),
      handle: async ({ query: { limit } }) => {
        const rows = await query<TroubledRow>(pool, 'flow.troubled', 'SELECT * FROM flow.troubled($1)', [limit]);
        return { messages: rows.map(toTroubledMessage) };
      },
    }),
    route({
      method: 'POST', path: '/api/v0/troubled-messages/{id}/send-again', operation: 'sendAgain', right: 'diagnostics', summary: 'Send a message again that was given up',
      params: z.strictObject({ id: z.uuid() }), status: 204, refusals: [404],
      handle: async ({ params: { id }, caller }) => {
        const [row] = await query<{ sent: boolean }>(pool, 'flow.redrive', 'SELECT flow.redrive($1, $2) AS sent', [id, caller.actor]);
        if (!row?.sent) throw new Problem('not-found', 'No message with this id was given up: it may have been sent again already.');
      },
    }),
  ];
}
