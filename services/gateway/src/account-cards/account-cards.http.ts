import { z } from 'zod';
import type { AccountCard } from '@inkpost/contracts/admin/v1/identification_pb.js';
import { cursor, identifier, instant, nextCursor, orNull, pageLimit, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { GUESTS, TEXT } from '../limits.js';

const card = z.object({
  cardId: z.string(), directoryId: z.string(), directoryName: z.string(), login: z.string(), cardEnd: z.string().describe('The last characters of its number; the number itself is never shown.'), createdAt: instant.nullable(),
}).meta({ id: 'AccountCard', description: 'A card by which somebody of a directory says who they are at a release point, together with the PIN. A guest\'s own is a field of the guest.' });

function toCard(wire: AccountCard | undefined): z.input<typeof card> {
  const { cardId, directoryId, directoryName, login, cardEnd, createdAt } = present(wire, 'card');
  return { cardId, directoryId, directoryName, login, cardEnd, createdAt: toInstant(createdAt) };
}

/** Cards of people of directories; guest-account owns them. */
export function accountCardRoutes({ accountCards: owner }: Owners) {
  const path = '/api/v0/account-cards';
  return [
    route({
      method: 'GET', path, operation: 'listAccountCards', right: 'guests.read', summary: 'Cards of people of directories, by login',
      query: z.strictObject({ search: z.string().max(TEXT.search).default('').describe('What login or the end of the number begins with.'), limit: pageLimit, cursor }),
      status: 200, answer: z.object({ accountCards: z.array(card), nextCursor }),
      handle: async ({ query, caller }) => {
        const page = await owner.listAccountCards(query, as(caller));
        return { accountCards: page.cards.map(toCard), nextCursor: orNull(page.nextCursor) };
      },
    }),
    route({
      method: 'POST', path, operation: 'createAccountCard', right: 'guests.edit', summary: 'Give somebody of a directory a card',
      body: z.strictObject({ directoryId: identifier, login: z.string().min(1).max(TEXT.address), cardNumber: z.string().min(1).max(GUESTS.cardNumberLength).describe('However it is written; kept as a keyed hash.') }),
      status: 201, answer: card, refusals: [409], location: ({ cardId }) => `${path}/${cardId}`,
      handle: async ({ body, caller }) => toCard((await owner.createAccountCard(body, as(caller))).card),
    }),
    route({
      method: 'DELETE', path: `${path}/{cardId}`, operation: 'deleteAccountCard', right: 'guests.edit', summary: 'Take a card away', params: z.strictObject({ cardId: identifier }), status: 204, refusals: [404],
      handle: async ({ params, caller }) => {
        await owner.deleteAccountCard(params, as(caller));
      },
    }),
  ];
}
