import { z } from 'zod';
import type { Conditions } from '@inkpost/contracts/admin/v1/acceptance_pb.js';
import { identifier, orNull, present } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { OWNERS, TEXT } from '../limits.js';

const domains = z.array(z.string().min(1).max(TEXT.condition)).max(OWNERS.conditionEntriesMax);
const addresses = z.array(z.string().min(1).max(TEXT.condition)).max(OWNERS.conditionEntriesMax);

const described = {
  acceptedDomains: domains.describe('`example.org`, or `*.example.org` for its subdomains.'),
  acceptedAddresses: addresses,
  refusedDomains: domains.describe('Refused beats accepted.'), // SKY-068
  refusedAddresses: addresses,
  userCreationAllowed: z.boolean().describe('An unknown sender who is accepted becomes a guest.'), // SKY-071
};

const conditions = z.object(described).meta({ id: 'AcceptanceConditions', description: 'Who may print by mail. All empty: nobody.' }); // SKY-065 to SKY-071

// What is left out is empty, and nobody's account is created: the safe side.
const newConditions = z.strictObject({
  acceptedDomains: described.acceptedDomains.default([]),
  acceptedAddresses: described.acceptedAddresses.default([]),
  refusedDomains: described.refusedDomains.default([]),
  refusedAddresses: described.refusedAddresses.default([]),
  userCreationAllowed: described.userCreationAllowed.default(false),
}).meta({ id: 'NewAcceptanceConditions', description: 'All conditions at once; what is left out is empty.' });

const mailboxConditions = z.object({
  usesDefault: z.boolean().describe('The mailbox has none of its own and follows the general ones.'), // SKY-090
  conditions,
}).meta({ id: 'MailboxAcceptanceConditions' });

function toConditions(wire: Conditions | undefined): z.input<typeof conditions> {
  const { acceptedDomains, acceptedAddresses, refusedDomains, refusedAddresses, userCreationAllowed } = present(wire, 'conditions');
  return { acceptedDomains, acceptedAddresses, refusedDomains, refusedAddresses, userCreationAllowed };
}

/** Who may print; acceptance owns it. */
export function acceptanceRoutes(owners: Owners) {
  return [...generalRoutes(owners), ...mailboxConditionRoutes(owners)];
}

function generalRoutes({ acceptance }: Owners) {
  return [
    route({
      method: 'GET', path: '/api/v0/acceptance-conditions', operation: 'getAcceptanceConditions', right: 'configuration.read', summary: 'Who may print by mail, for all mailboxes without conditions of their own',
      status: 200, answer: conditions,
      handle: async ({ caller }) => toConditions((await acceptance.getConditions({}, as(caller))).conditions),
    }),
    route({
      method: 'PUT', path: '/api/v0/acceptance-conditions', operation: 'putAcceptanceConditions', right: 'configuration.write', summary: 'Set who may print by mail',
      body: newConditions, status: 200, answer: conditions,
      handle: async ({ body, caller }) => toConditions((await acceptance.putConditions({ conditions: body }, as(caller))).conditions),
    }),
    route({
      method: 'POST', path: '/api/v0/acceptance-conditions/test', operation: 'testAddress', right: 'configuration.read', summary: 'Which rule decides about an address; nothing is created', // SKY-073
      body: z.strictObject({
        address: z.string().min(1).max(TEXT.address),
        mailboxId: identifier.optional().describe('By the conditions of this mailbox; without it by the general ones.'),
        draft: newConditions.optional().describe('Conditions to try before they are saved; without them what is saved decides.'),
      }),
      status: 200, answer: z.object({
        accepted: z.boolean(), rule: z.string().nullable().describe('The rule that decided; null: none matched.'), decidedBy: z.string().describe('draft, mailbox or general.'),
        statusText: z.string().nullable().describe('What a job of this sender would be told; null: accepted.'), userCreationAllowed: z.boolean(), // SKY-120
      }),
      objectId: ({ body }) => body.address,
      handle: async ({ body, caller }) => {
        const { address, mailboxId = '', draft } = body;
        const { accepted, rule, decidedBy, statusText, userCreationAllowed } = await acceptance.testAddress({ address, mailboxId, ...(draft ? { draft } : {}) }, as(caller));
        return { accepted, rule: orNull(rule), decidedBy, statusText: orNull(statusText), userCreationAllowed };
      },
    }),
  ];
}

function mailboxConditionRoutes({ acceptance, mailboxes }: Owners) {
  const described = { path: '/api/v0/mailboxes/{mailboxId}/acceptance-conditions', params: z.strictObject({ mailboxId: identifier }), refusals: [404] } as const;
  return [
    route({
      ...described, method: 'GET', operation: 'getMailboxAcceptanceConditions', right: 'configuration.read', summary: 'Who may print through a mailbox',
      status: 200, answer: mailboxConditions,
      handle: async ({ params, caller }) => {
        // acceptance knows no mailboxes: mail-ingest says whether there is one.
        await mailboxes.getMailbox(params, as(caller));
        const { usesDefault, conditions } = await acceptance.getConditions(params, as(caller));
        return { usesDefault, conditions: toConditions(conditions) };
      },
    }),
    route({
      ...described, method: 'PUT', operation: 'putMailboxAcceptanceConditions', right: 'configuration.write', summary: 'Give a mailbox conditions of its own', // SKY-091
      body: newConditions, status: 200, answer: mailboxConditions,
      handle: async ({ params, body, caller }) => {
        await mailboxes.getMailbox(params, as(caller));
        const { usesDefault, conditions } = await acceptance.putConditions({ ...params, conditions: body }, as(caller));
        return { usesDefault, conditions: toConditions(conditions) };
      },
    }),
    route({
      ...described, method: 'DELETE', operation: 'deleteMailboxAcceptanceConditions', right: 'configuration.write', summary: 'Let a mailbox follow the general conditions again', // SKY-090
      status: 204,
      handle: async ({ params, caller }) => {
        await mailboxes.getMailbox(params, as(caller));
        await acceptance.putConditions({ ...params, useDefault: true }, as(caller));
      },
    }),
  ];
}
