import { Code, ConnectError } from '@connectrpc/connect';
import type { Caller } from '@inkpost/service/rights.js';
import { Problem } from '../answer-route/problem.js';
import { as, type Owners } from '../call-owner/owners.js';

/** Addresses that a refusal names. */
const NAMED_MAX = 3;

/** A mailbox's documents go to a queue that is there, unless another server prints them: the queue is that server's. Throws the Problem that names the field. */
export async function requireQueue({ queues, sendingServer }: Owners, queueId: string, caller: Caller): Promise<void> {
  try {
    await queues.getQueue({ queueId }, as(caller));
  } catch (error) {
    if (!(error instanceof ConnectError) || error.code !== Code.NotFound) throw error;
    if ((await sendingServer.getSendingServer({}, as(caller))).server) return;
    throw new Problem('invalid-request', error.rawMessage, { errors: [{ field: 'queueId', reason: 'names no queue: make it first, or choose another' }], cause: error });
  }
}

/** A queue that mailboxes name stays. Throws the Problem that names them. */
export async function requireUnnamed({ mailboxes }: Owners, queueId: string, caller: Caller): Promise<void> {
  const addresses = (await mailboxes.listMailboxes({}, as(caller))).mailboxes.flatMap(({ settings }) => (settings?.queueId === queueId ? [settings.address] : []));
  if (addresses.length === 0) return;
  const more = addresses.length > NAMED_MAX ? ` and ${addresses.length - NAMED_MAX} more` : '';
  throw new Problem('conflict', `Mails to ${addresses.slice(0, NAMED_MAX).join(', ')}${more} are printed on the queue "${queueId}": give the mailboxes another one first.`);
}
