import { z } from 'zod';
import type { Erasure } from '@inkpost/contracts/admin/v1/erasures_pb.js';
import { cursor, identifier, instant, nextCursor, orNull, pageLimit, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners, patientlyAs } from '../call-owner/owners.js';
import { TEXT } from '../limits.js';

const erasure = z.object({
  erasureId: z.string(),
  about: z.enum(['guest', 'local-person', 'address']).describe('address: of somebody without an account of this installation\'s own.'),
  requestedBy: z.string(),
  requestedAt: instant.nullable(),
  people: z.int().describe('Erased together.'),
  complete: z.boolean(),
  completedAt: instant.nullable(),
  waitingFor: z.array(z.string()).describe('Services that have not answered yet; the journey comes last.'),
  parts: z.array(z.object({
    service: z.string(),
    doneAt: instant.nullable(),
    counts: z.record(z.string(), z.int()).describe('What was erased there and how often; what ends in Left is an administrator\'s to decide.'),
  })),
}).meta({ id: 'Erasure', description: 'Proof of an erasure. Nothing in it says whose it was.' });

function toErasure(wire: Erasure | undefined): z.input<typeof erasure> {
  const { erasureId, about, requestedBy, requestedAt, people, completedAt, parts } = present(wire, 'erasure');
  return {
    erasureId, about: erasure.shape.about.parse(about), requestedBy, requestedAt: toInstant(requestedAt), people, complete: completedAt !== undefined, completedAt: toInstant(completedAt),
    waitingFor: parts.filter(({ doneAt }) => !doneAt).map(({ service }) => service),
    parts: parts.map(({ service, doneAt, counts }) => ({ service, doneAt: toInstant(doneAt), counts })),
  };
}

const guestParams = z.strictObject({ accountId: identifier });
const address = z.strictObject({ address: z.string().min(1).max(TEXT.address) });
const location = ({ erasureId }: z.input<typeof erasure>): string => `/api/v0/erasures/${erasureId}`;

/** Erasing people with proof, and merging guests into people of directories; guest-account owns both. Addresses go in bodies: paths are logged. */
export function erasureRoutes({ erasures, guestMerges }: Owners) {
  return [
    route({
      method: 'POST', path: '/api/v0/guests/{accountId}/erasure', operation: 'eraseGuest', right: 'guests.delete', summary: 'Erase a guest and what is kept of them, with proof',
      description: 'The guest is gone at once, elsewhere it follows: waiting documents are canceled and erased, names and titles go from jobs, mails and journeys. The answer is the proof, which fills up.',
      params: guestParams, status: 201, answer: erasure, refusals: [404], location,
      handle: async ({ params, caller }) => toErasure((await erasures.eraseGuest(params, as(caller))).erasure),
    }),
    route({
      method: 'POST', path: '/api/v0/erasures', operation: 'eraseAddress', right: 'guests.delete', summary: 'Erase whatever is kept under an e-mail address',
      description: 'Also of people of directories, and of senders who never had an account. A directory that still knows the person brings them back with their next mail.',
      body: address, status: 201, answer: erasure, location,
      handle: async ({ body, caller }) => toErasure((await erasures.eraseAddress(body, as(caller))).erasure),
    }),
    route({
      method: 'GET', path: '/api/v0/erasures', operation: 'listErasures', right: 'guests.read', summary: 'Erasures, the latest first',
      query: z.strictObject({ limit: pageLimit, cursor }), status: 200, answer: z.object({ erasures: z.array(erasure), nextCursor }),
      handle: async ({ query, caller }) => {
        const page = await erasures.listErasures(query, as(caller));
        return { erasures: page.erasures.map(toErasure), nextCursor: orNull(page.nextCursor) };
      },
    }),
    route({
      method: 'GET', path: '/api/v0/erasures/{erasureId}', operation: 'getErasure', right: 'guests.read', summary: 'The proof of an erasure',
      params: z.strictObject({ erasureId: identifier }), status: 200, answer: erasure, refusals: [404],
      handle: async ({ params, caller }) => toErasure((await erasures.getErasure(params, as(caller))).erasure),
    }),
    route({
      method: 'POST', path: '/api/v0/erasures/search', operation: 'proveErasure', right: 'guests.read', summary: 'The erasures of whoever had this e-mail address',
      description: 'Only a keyed hash of it is kept: it can be recognised, not read.',
      body: address, status: 200, answer: z.object({ erasures: z.array(erasure) }),
      handle: async ({ body, caller }) => ({ erasures: (await erasures.proveErasure(body, as(caller))).erasures.map(toErasure) }),
    }),
    route({
      method: 'POST', path: '/api/v0/guests/{accountId}/merge', operation: 'mergeGuest', right: 'guests.edit', summary: 'Merge a guest into somebody of a directory',
      description: 'Waiting documents and their codes, PIN and card go to that account, and the guest is closed. Left empty: whoever the directories know by one of the guest\'s addresses.',
      params: guestParams, body: z.strictObject({ directoryId: z.string().max(TEXT.id).default(''), login: z.string().max(TEXT.name).default('') }),
      status: 200, refusals: [404, 409],
      answer: z.object({
        accountId: z.string(), directory: z.string(), login: z.string(),
        addressesLeft: z.array(z.string()).describe('Addresses of the guest that the directory doesn\'t have: their mails find nobody any more.'),
      }).meta({ id: 'MergedGuest' }),
      handle: async ({ params, body, caller }) => {
        const { accountId, directory, login, addressesLeft } = await guestMerges.mergeGuest({ ...params, ...body }, patientlyAs(caller));
        return { accountId, directory, login, addressesLeft };
      },
    }),
  ];
}
