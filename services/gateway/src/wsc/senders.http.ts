import { z } from 'zod';
import { instant, orNull, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { TEXT } from '../limits.js';

const params = z.strictObject({ address: z.string().min(1).max(TEXT.address).describe('Of the sender.') });

const senderGuest = z.object({
  accountId: z.string(),
  address: z.string().describe('The main one: where mails go.'),
  displayName: z.string(),
  language: z.string().nullable(),
  locked: z.boolean(),
  validFrom: instant.nullable(),
  notYet: z.boolean().describe('The begin lies ahead, by the clock of this server.'),
  validUntil: instant.nullable(),
  expired: z.boolean(),
  renewed: z.boolean().describe('Each use moves the end.'),
}).meta({ id: 'SenderGuest' });

/** The guest base as the mails of another server use it; guest-account owns it. All goes by the sender's address, and may be asked twice. */
export function senderRoutes({ senderGuests }: Owners) {
  return [
    route({
      method: 'GET', path: '/wsc/v1/senders/{address}', operation: 'findSenderGuest', right: 'guests.read', summary: 'The guest who sends from an address',
      params, status: 200, answer: z.object({ guest: senderGuest.nullable().describe('null: nobody.') }),
      handle: async ({ params, caller }) => {
        const { guest } = await senderGuests.findSenderGuest(params, as(caller));
        if (!guest) return { guest: null };
        const { accountId, address, displayName, language, locked, validFrom, notYet, validUntil, expired, renewed } = guest;
        return { guest: { accountId, address, displayName, language: orNull(language), locked, validFrom: toInstant(validFrom), notYet, validUntil: toInstant(validUntil), expired, renewed } };
      },
    }),
    route({
      method: 'PUT', path: '/wsc/v1/senders/{address}', operation: 'addSenderGuest', right: 'guests.add', summary: 'Make a guest of a sender, unless there is one of this address',
      description: 'A guest made so stays valid for 30 days after the last use.',
      params, body: z.strictObject({ displayName: z.string().max(TEXT.name).default(''), language: z.enum(['fr', 'en']).nullable().default(null).describe('null: that of this server.'), visitedPerson: z.string().max(TEXT.address).default('').describe('Address of the sponsor who vouched; empty: none did.') }),
      status: 200, answer: z.object({ created: z.boolean().describe('false: there was one.'), accountId: z.string() }), refusals: [409],
      handle: async ({ params, body: { language, ...body }, caller }) => {
        const { created, accountId } = await senderGuests.addSenderGuest({ ...params, ...body, language: language ?? '' }, as(caller));
        return { created, accountId: present(accountId || undefined, 'account') };
      },
    }),
    route({
      method: 'POST', path: '/wsc/v1/senders/{address}/use', operation: 'useSenderGuest', right: 'guests.edit', summary: 'Note that a guest prints, which moves the end of an automatic one',
      // As with one's own guests: each mail would be an entry.
      changes: false,
      params, status: 200, answer: z.object({ known: z.boolean().describe('false: there is nobody of this address any more.') }),
      handle: async ({ params, caller }) => {
        const { known } = await senderGuests.useSenderGuest(params, as(caller));
        return { known };
      },
    }),
  ];
}
