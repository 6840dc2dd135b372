import { z } from 'zod';
import type { WaitingSender } from '@inkpost/contracts/admin/v1/waiting_senders_pb.js';
import { cursor, identifier, instant, nextCursor, orNull, pageLimit, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';

const waitingMessage = z.object({
  messageId: z.string().describe('Of the mail\'s journey.'),
  mailboxId: z.string(),
  subject: z.string(),
  fileNames: z.array(z.string()),
  waitsSince: instant.nullable(),
}).meta({ id: 'WaitingMessage' });

const policies = z.enum(['confirm', 'sponsor', 'hold']);

const waitingSender = z.object({
  waitingId: z.string(),
  address: z.string(),
  displayName: z.string(),
  policy: policies.describe('Who is waited for: the sender, a sponsor, or an administrator.'),
  sponsors: z.array(z.string()).describe('Who was asked, where it is sponsor.'),
  waitsSince: instant.nullable(),
  waitsUntil: instant.nullable().describe('Then the mails are refused.'),
  messages: z.array(waitingMessage).describe('The oldest first.'),
}).meta({ id: 'WaitingSender', description: 'An accepted sender whom nobody knows, and whose mails wait.' });

const answered = z.object({ address: z.string(), messages: z.int().describe('Mails that go on, or are refused.') }).meta({ id: 'AnsweredSender' });

function toWaitingSender({ waitingId, address, displayName, policy, sponsors, waitsSince, waitsUntil, messages }: WaitingSender): z.input<typeof waitingSender> {
  return {
    waitingId, address, displayName, policy: policies.parse(policy), sponsors, waitsSince: toInstant(waitsSince), waitsUntil: toInstant(waitsUntil),
    messages: messages.map((message) => ({ messageId: message.messageId, mailboxId: message.mailboxId, subject: message.subject, fileNames: message.fileNames, waitsSince: toInstant(message.waitsSince) })),
  };
}

/** Unknown senders who wait to be let in (SKY-071); guest-account owns them. */
export function waitingSenderRoutes({ waitingSenders }: Owners) {
  const path = '/api/v0/waiting-senders';
  const ofOne = { method: 'POST', right: 'guests.add', params: z.strictObject({ waitingId: identifier }), status: 200, answer: answered, refusals: [404] } as const;
  return [
    route({
      method: 'GET', path, operation: 'listWaitingSenders', right: 'guests.read', summary: 'Unknown senders who wait to be let in, those that wait longest first',
      query: z.strictObject({ limit: pageLimit, cursor }), status: 200, answer: z.object({ waitingSenders: z.array(waitingSender), nextCursor }),
      handle: async ({ query, caller }) => {
        const page = await waitingSenders.listWaitingSenders(query, as(caller));
        return { waitingSenders: page.senders.map(toWaitingSender), nextCursor: orNull(page.nextCursor) };
      },
    }),
    route({
      ...ofOne, path: `${path}/{waitingId}/approve`, operation: 'approveWaitingSender', summary: 'Let an unknown sender in, as a guest; the mails go on',
      handle: async ({ params, caller }) => toAnswered(await waitingSenders.answerWaitingSender({ ...params, approve: true }, as(caller))),
    }),
    route({
      ...ofOne, path: `${path}/{waitingId}/reject`, operation: 'rejectWaitingSender', summary: 'Refuse the mails of an unknown sender',
      handle: async ({ params, caller }) => toAnswered(await waitingSenders.answerWaitingSender({ ...params, approve: false }, as(caller))),
    }),
  ];
}

function toAnswered({ address, messages }: { readonly address: string; readonly messages: number }): z.input<typeof answered> {
  return { address, messages };
}
