import { z } from 'zod';
import { identifier } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { requireQueue } from '../queues/queue-references.js';
import { mailbox, toMailbox } from './mailbox.schema.js';
import { fromMailboxSettings, mailboxSettings } from './mailbox-settings.schema.js';

const params = z.strictObject({ mailboxId: identifier });

/** The watched addresses; mail-ingest owns them. */
export function mailboxRoutes(owners: Owners) {
  const { mailboxes } = owners;
  return [
    route({
      method: 'GET', path: '/api/v0/mailboxes', operation: 'listMailboxes', right: 'configuration.read', summary: 'All watched mailboxes with their state',
      status: 200, answer: z.object({ mailboxes: z.array(mailbox) }),
      handle: async ({ caller }) => ({ mailboxes: (await mailboxes.listMailboxes({}, as(caller))).mailboxes.map(toMailbox) }),
    }),
    route({
      method: 'POST', path: '/api/v0/mailboxes', operation: 'createMailbox', right: 'configuration.write', summary: 'Watch one more address',
      body: mailboxSettings, status: 201, answer: mailbox, refusals: [409], location: ({ mailboxId }) => `/api/v0/mailboxes/${mailboxId}`, objectId: ({ body }) => body.address,
      requires: ({ body, caller }) => requireQueue(owners, body.queueId, caller),
      handle: async ({ body, caller }) => toMailbox((await mailboxes.createMailbox({ settings: fromMailboxSettings(body) }, as(caller))).mailbox),
    }),
    route({
      method: 'GET', path: '/api/v0/mailboxes/{mailboxId}', operation: 'getMailbox', right: 'configuration.read', summary: 'One mailbox with its state',
      params, status: 200, answer: mailbox, refusals: [404],
      handle: async ({ params, caller }) => toMailbox((await mailboxes.getMailbox(params, as(caller))).mailbox),
    }),
    route({
      method: 'PUT', path: '/api/v0/mailboxes/{mailboxId}', operation: 'updateMailbox', right: 'configuration.write', summary: 'Change a mailbox; a password that is left out stays',
      params, body: mailboxSettings, status: 200, answer: mailbox, refusals: [404, 409],
      requires: async ({ params, body, caller }) => {
        const { mailbox } = await mailboxes.getMailbox(params, as(caller));
        // One whose queue is gone must still be changed, or disabled.
        if (mailbox?.settings?.queueId !== body.queueId) await requireQueue(owners, body.queueId, caller);
      },
      handle: async ({ params, body, caller }) => toMailbox((await mailboxes.updateMailbox({ ...params, settings: fromMailboxSettings(body) }, as(caller))).mailbox),
    }),
    route({
      method: 'DELETE', path: '/api/v0/mailboxes/{mailboxId}', operation: 'deleteMailbox', right: 'configuration.write', summary: 'Watch an address no longer; the mails on its server stay',
      params, status: 204, refusals: [404],
      handle: async ({ params, caller }) => {
        await mailboxes.deleteMailbox(params, as(caller));
      },
    }),
  ];
}
