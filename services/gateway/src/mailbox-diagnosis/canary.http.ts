import { z } from 'zod';
import type { Canary as WireCanary } from '@inkpost/contracts/admin/v1/mailbox_diagnosis_pb.js';
import { identifier, instant, orNull, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { OWNERS } from '../limits.js';

const params = z.strictObject({ mailboxId: identifier });

const canary = z.object({
  canaryId: z.string().describe('Of its journey, too.'),
  state: z.string().describe('sending, under-way, overdue (after 2 minutes), arrived, late, lost (after 30 minutes), or not-sent.'),
  text: z.string().describe('How it fares, and what to do where something is wrong.'),
  requestedBy: z.string().nullable().describe('The account that asked for it; null: the schedule.'),
  requestedAt: instant.nullable(),
  mailedAt: instant.nullable().describe('When the outgoing mail server took it.'),
  receivedAt: instant.nullable().describe('When it was in the ledger.'),
  latencyMs: z.int().nullable().describe('From the request to the ledger.'),
}).meta({ id: 'Canary' });

const everyMinutes = z.int().min(OWNERS.canaryMinutesMin).max(OWNERS.canaryMinutesMax).nullable().describe('How often one is sent; null: only on request.');

function toCanary(wire: WireCanary | undefined): z.input<typeof canary> {
  const { canaryId, state, text, requestedBy, requestedAt, mailedAt, receivedAt, latencyMs } = present(wire, 'canary');
  return { canaryId, state, text, requestedBy: orNull(requestedBy), requestedAt: toInstant(requestedAt), mailedAt: toInstant(mailedAt), receivedAt: toInstant(receivedAt), latencyMs: latencyMs ?? null };
}

function orNever(minutes: number): number | null {
  return minutes === 0 ? null : minutes;
}

/** Mails that Inkpost sends to its own mailboxes, to see whether they come in; mail-ingest owns them. */
export function canaryRoutes({ canaries }: Owners) {
  const path = '/api/v0/mailboxes/{mailboxId}/canary';
  return [
    route({
      method: 'GET', path, operation: 'getCanaries', right: 'configuration.read', summary: 'How the canary mails to a mailbox fared, and how often they are sent',
      params, status: 200, answer: z.object({ everyMinutes, canaries: z.array(canary).describe('The latest first; the last 50 are kept.') }), refusals: [404],
      handle: async ({ params, caller }) => {
        const answer = await canaries.getCanaries(params, as(caller));
        return { everyMinutes: orNever(answer.everyMinutes), canaries: answer.canaries.map(toCanary) };
      },
    }),
    route({
      method: 'POST', path, operation: 'sendCanary', right: 'configuration.write', summary: 'Send a canary mail to a mailbox, which must come in',
      description: 'It goes out by the outgoing mail server, is known again by a signed token, and is not printed. How it fares is asked with GET. At most one every 10 seconds.',
      params, status: 201, answer: canary, refusals: [404, 409, 429],
      handle: async ({ params, caller }) => toCanary((await canaries.sendCanary(params, as(caller))).canary),
    }),
    route({
      method: 'PUT', path, operation: 'scheduleCanary', right: 'configuration.write', summary: 'Send canary mails to a mailbox from time to time, or no more',
      params, body: z.strictObject({ everyMinutes }), status: 200, answer: z.object({ everyMinutes }), refusals: [404],
      handle: async ({ params, body, caller }) => ({ everyMinutes: orNever((await canaries.scheduleCanary({ ...params, everyMinutes: body.everyMinutes ?? 0 }, as(caller))).everyMinutes) }),
    }),
  ];
}
