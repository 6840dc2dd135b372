import { z } from 'zod';
import type { Caller } from '@inkpost/service/rights.js';
import { cursor, fromInstant, identifier, instant, nextCursor, orNull, pageLimit } from '../answer-route/fields.js';
import { Problem } from '../answer-route/problem.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { job, jobStates, toJob } from '../jobs/jobs.http.js';
import type { JourneyStore, MessageHead } from '../journey/journey.store.js';
import { type Pending, pendingState } from './pending-document.js';
import type { PendingList } from './pending-list.js';
import { fromPendingCursor, type PendingPlace, toPendingCursor } from './pending-place.js';
import { sentWords } from './sent-words.js';

const mail = z.object({
  receivedAt: instant,
  sender: z.string(),
  subject: z.string(),
  mailbox: z.string(),
}).meta({ id: 'SentMail', description: 'The mail that a document came with.' });

export const pendingDocument = z.object({
  id: z.string().describe('Of this line of the list.'),
  messageId: z.string().describe('/api/v0/journey/{messageId} tells all of it.'),
  mail: mail.nullable().describe('Null: its journey is forgotten.'),
  documents: z.array(z.object({ documentId: z.string(), fileName: z.string() })).describe('Which documents of the mail it is about.'),
  state: z.enum(['under-way', 'waiting', 'error']).describe('waiting: for something outside, or for somebody; it goes on by itself. error: it does not.'),
  status: z.string().describe('What is done with it, or why it is in error, in the texts of the list.'), // SKY-112, SKY-120 to SKY-125
  problem: z.string().nullable().describe('Why it waits, or more about the error; null: nothing to say.'),
  tries: z.int().describe('Made in vain so far.'), // SKY-113
  since: instant,
  nextTryAt: instant.nullable(),
  deletable: z.boolean().describe('An error can be deleted from the list.'), // SKY-114
}).meta({ id: 'PendingDocument', description: 'What came in and has no answer of the print server yet.' });

export const sentDocument = z.object({
  job,
  status: z.string().describe('What became of it, for people.'),
  mail: mail.nullable().describe('Null: it came by another way, or its journey is forgotten.'),
}).meta({ id: 'SentDocument', description: 'What the print server took, and what became of it.' });

function toMail(head: MessageHead | undefined): z.input<typeof mail> | null {
  if (!head) return null;
  const { receivedAt, sender, subject, mailbox } = head;
  return { receivedAt: receivedAt.toISOString(), sender, subject, mailbox };
}

function toPendingDocument(found: Pending, head: MessageHead | undefined): z.input<typeof pendingDocument> {
  const { nextTryAt, ...state } = pendingState(found);
  const id = found.kind === 'standing' ? `${found.messageId}.${found.id}` : found.id;
  return { id, messageId: found.messageId, mail: toMail(head), documents: found.documents.map((each) => ({ ...each })), ...state, since: found.since.toISOString(), nextTryAt: nextTryAt?.toISOString() ?? null };
}

/** A page of the pending list, as routes answer it. */
export async function pendingPage(list: PendingList, journeys: JourneyStore, { from, limit, caller }: { readonly from: PendingPlace; readonly limit: number; readonly caller: Caller }) {
  const { found, next } = await list.page(from, limit, caller);
  const heads = await journeys.heads(found.map(({ messageId }) => messageId));
  return { documents: found.map((each) => toPendingDocument(each, heads.get(each.messageId))), nextCursor: next ? toPendingCursor(next) : null };
}

type ListJobs = Parameters<Owners['jobs']['listJobs']>[0];

/** A page of the sent list. */
export async function sentPage({ jobs }: Owners, journeys: JourneyStore, asked: ListJobs, options: ReturnType<typeof as>) {
  const page = await jobs.listJobs({ ...asked, answered: true }, options);
  const heads = await journeys.heads(page.jobs.map(({ messageId }) => messageId));
  return { documents: page.jobs.map((wire) => ({ job: toJob(wire), status: sentWords(wire), mail: toMail(heads.get(wire.messageId)) })), nextCursor: orNull(page.nextCursor) };
}

/** `<message id>.<number>`; what is under way, and jobs, have an id without a number, and are no errors. */
const ERROR_ID = /^(?<messageId>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(?<entryId>\d{1,18})$/u;

async function deleteError(list: PendingList, id: string, actor: string): Promise<void> {
  const { messageId, entryId } = ERROR_ID.exec(id)?.groups ?? {};
  const isDeleted = messageId !== undefined && entryId !== undefined && (await list.deleteError(messageId, entryId, actor));
  if (!isDeleted) throw new Problem('not-found', 'The list has no error with this id: it may have been deleted already, or goes on again.');
}

/** The list of jobs with its two tabs (SKY-111): what has no answer of the print server yet, and what it took. */
export function documentRoutes(owners: Owners, journeys: JourneyStore, pending: PendingList) {
  return [
    route({
      method: 'GET', path: '/api/v0/documents/pending', operation: 'listPendingDocuments', right: 'jobs.read', summary: 'What came in and has no answer of the print server yet, the latest first', // SKY-112
      description: 'On its way, waiting for something outside or for somebody, or in error. What comes or goes while pages are turned is shown at most twice.',
      query: z.strictObject({ limit: pageLimit, cursor }), status: 200, answer: z.object({ documents: z.array(pendingDocument), nextCursor }),
      handle: async ({ query: { limit, cursor }, caller }) => {
        const from = fromPendingCursor(cursor);
        if (!from) throw new Problem('invalid-request', 'The cursor is none of this list.', { errors: [{ field: 'cursor', reason: 'must be the nextCursor of an earlier answer' }] });
        return pendingPage(pending, journeys, { from, limit, caller });
      },
    }),
    route({
      method: 'DELETE', path: '/api/v0/documents/pending/{id}', operation: 'deletePendingDocument', right: 'jobs.manage', summary: 'Delete an error from the list', // SKY-114
      description: 'The journey keeps it, and says who deleted it. The documents of a refusal are erased already; what was given up can still be sent again (/api/v0/troubled-messages).',
      params: z.strictObject({ id: z.string().min(1).max(80) }),
      query: z.strictObject({ confirmed: z.literal('true', { error: 'must be true: an error that is deleted does not come back to the list' }) }),
      status: 204, refusals: [404],
      handle: async ({ params: { id }, caller }) => deleteError(pending, id, caller.actor),
    }),
    route({
      method: 'GET', path: '/api/v0/documents/sent', operation: 'listSentDocuments', right: 'jobs.read', summary: 'What the print server took, the latest first: 50, or page by page', // SKY-115, EDG-10
      query: z.strictObject({
        jobState: jobStates, queueId: identifier.optional(), accountId: identifier.optional(), mailboxId: identifier.optional(),
        from: instant.optional().describe('Taken at this time or later.'), before: instant.optional().describe('Taken before this time.'), limit: pageLimit, cursor,
      }),
      status: 200, answer: z.object({ documents: z.array(sentDocument), nextCursor }),
      handle: async ({ query: { jobState, queueId = '', accountId = '', mailboxId = '', from, before, limit, cursor }, caller }) => {
        const [createdFrom, createdBefore] = [fromInstant(from), fromInstant(before)];
        const asked = { jobStates: jobState, queueId, accountId, mailboxId, limit, cursor, ...(createdFrom ? { createdFrom } : {}), ...(createdBefore ? { createdBefore } : {}) };
        return sentPage(owners, journeys, asked, as(caller));
      },
    }),
  ];
}
