import { z } from 'zod';
import type { Mailbox } from '@inkpost/contracts/admin/v1/mailboxes_pb.js';
import type { Right } from '@inkpost/service/rights.js';
import { orNull, present } from '../answer-route/fields.js';
import { Problem } from '../answer-route/problem.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { pendingDocument, pendingPage, sentDocument, sentPage } from '../documents/documents.http.js';
import { BEGINNING } from '../documents/pending-place.js';
import type { PendingList } from '../documents/pending-list.js';
import type { JourneyStore } from '../journey/journey.store.js';
import { LIMITS } from '../limits.js';
import { documentServer, toDocumentServer } from '../sending-server/sending-server.http.js';
import { toUserManagement, userManagement } from '../user-management/user-management-server.http.js';

const mailbox = z.object({
  mailboxId: z.string(), address: z.string(), queueId: z.string(), kind: z.string().describe('smtp, imap, pop3, office365 or google.'),
  state: z.string(), problem: z.string().nullable(),
}).meta({ id: 'HomeMailbox', description: 'As the home page lists it; /api/v0/mailboxes says what the states mean.' });

const home = z.object({
  documentServer: documentServer.nullable().describe('The server used for sending documents.'), // SKY-034
  userServer: userManagement.nullable().describe('The server used for user management.'), // SKY-039
  mailboxes: z.array(mailbox).nullable(), // SKY-044
  jobs: z.object({ pending: z.array(pendingDocument), sent: z.array(sentDocument) }).nullable().describe('The latest 50 each; more at /api/v0/documents.'), // SKY-045
  missing: z.array(z.object({ block: z.string(), why: z.string() })).describe('Blocks that are null, and why: a right that the caller lacks, or a service that does not answer.'),
}).meta({ id: 'Home' });

/** One block, or why it isn't there: none keeps the others from being shown. */
async function block<T>(name: keyof z.input<typeof home>, right: Right, rights: readonly Right[], read: () => Promise<T>): Promise<{ readonly value: T | null; readonly missing: { block: string; why: string }[] }> {
  if (!rights.includes(right)) return { value: null, missing: [{ block: name, why: `This needs the right "${right}".` }] };
  try {
    return { value: await read(), missing: [] };
  } catch (error) {
    if (error instanceof Problem) return { value: null, missing: [{ block: name, why: error.message }] };
    throw error;
  }
}

function toMailbox({ mailboxId, settings, state, problem }: Mailbox): z.input<typeof mailbox> {
  const { address, queueId, kind } = present(settings, 'settings');
  return { mailboxId, address, queueId, kind, state, problem: orNull(problem) };
}

/** What the manual's home page shows, in one answer (SKY-033): its four blocks. */
export function homeRoutes(owners: Owners, journeys: JourneyStore, pending: PendingList) {
  return [
    route({
      method: 'GET', path: '/api/v0/home', operation: 'getHome', right: 'signed-in', summary: 'How it is with everything: the two servers, mailboxes, and the latest documents',
      description: 'Each block needs its right: jobs.read for the documents, configuration.read for the others. A block that can\'t be read is null, and `missing` says why.',
      status: 200, answer: home,
      handle: async ({ caller }) => {
        const options = as(caller);
        const of = <T>(name: keyof z.input<typeof home>, right: Right, read: () => Promise<T>) => block(name, right, caller.rights, read);
        const [documentBlock, userBlock, mailboxBlock, jobBlock] = await Promise.all([
          of('documentServer', 'configuration.read', async () => toDocumentServer(await owners.sendingServer.getSendingServer({}, options))),
          of('userServer', 'configuration.read', async () => toUserManagement(await owners.userManagementServer.getUserManagementServer({}, options))),
          of('mailboxes', 'configuration.read', async () => (await owners.mailboxes.listMailboxes({}, options)).mailboxes.map(toMailbox)),
          of('jobs', 'jobs.read', async () => {
            const [waiting, sent] = await Promise.all([pendingPage(pending, journeys, { from: BEGINNING, limit: LIMITS.pageDefault, caller }), sentPage(owners, journeys, { limit: LIMITS.pageDefault }, options)]);
            return { pending: waiting.documents, sent: sent.documents };
          }),
        ]);
        return {
          documentServer: documentBlock.value, userServer: userBlock.value, mailboxes: mailboxBlock.value, jobs: jobBlock.value,
          missing: [documentBlock, userBlock, mailboxBlock, jobBlock].flatMap(({ missing }) => missing),
        };
      },
    }),
  ];
}
