import { z } from 'zod';
import type { Conditions, GetConditionsResponse, PutConditionsResponse } from '@inkpost/contracts/admin/v1/acceptance_pb.js';
import { identifier, orNull, present } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { existingMailbox } from '../mailboxes/existing-mailbox.js';
import { OWNERS, TEXT } from '../limits.js';
import { previewOwner, testedOwner } from './preview-owner.js';

const entries = z.array(z.string().min(1).max(TEXT.condition)).max(OWNERS.conditionEntriesMax);

const described = {
  acceptedDomains: entries.describe('`example.org`, or `*.example.org` for its subdomains. Several may stand in one text, with `;` between.'), // SKY-065
  acceptedAddresses: entries,
  refusedDomains: entries.describe('Refused beats accepted.'), // SKY-068
  refusedAddresses: entries,
  unknownSender: z.enum(['refuse', 'create', 'confirm', 'sponsor', 'hold']).describe( // SKY-071
    'What becomes of an accepted sender whom nobody knows: refuse the mail; create a guest; let the sender confirm by a link (confirm); let a sponsor vouch by a link; hold the mail for an administrator, see waiting-senders.',
  ),
  sponsors: z.array(z.string().min(1).max(TEXT.condition)).max(OWNERS.sponsorsMax).describe('Who is asked about an unknown sender, where `unknownSender` is sponsor.'),
};

const conditions = z.object(described).meta({ id: 'AcceptanceConditions', description: 'Who may print by mail. All empty: nobody.' }); // SKY-064 to SKY-071

// What is left out is empty, and unknown senders are refused: the safe side.
export const newConditions = z.strictObject({
  acceptedDomains: described.acceptedDomains.default([]),
  acceptedAddresses: described.acceptedAddresses.default([]),
  refusedDomains: described.refusedDomains.default([]),
  refusedAddresses: described.refusedAddresses.default([]),
  unknownSender: described.unknownSender.default('refuse'),
  sponsors: described.sponsors.default([]),
}).meta({ id: 'NewAcceptanceConditions', description: 'All conditions at once; what is left out is empty.' });

const newMailboxConditions = z.strictObject({
  useDefault: z.boolean().describe('Follow the general conditions. The mailbox\'s own are kept, and those given here are not looked at.'), // SKY-090
  ...z.strictObject(described).partial().shape,
}).meta({ id: 'NewMailboxAcceptanceConditions', description: 'All conditions at once, what is left out is empty; without any: the mailbox\'s own as they once were, else a copy of the general ones.' });

const mailboxConditions = z.object({
  useDefault: z.boolean().describe('The mailbox follows the general conditions.'), // SKY-090
  ...described,
  own: conditions.nullable().describe('The mailbox\'s own conditions, kept also while it follows the general ones; null: it never had any.'), // EDG-12
}).meta({ id: 'MailboxAcceptanceConditions', description: 'The conditions that hold for mails to a mailbox.' });

function toConditions(wire: Conditions | undefined): z.input<typeof conditions> {
  const { acceptedDomains, acceptedAddresses, refusedDomains, refusedAddresses, unknownSender, sponsors } = present(wire, 'conditions');
  return { acceptedDomains, acceptedAddresses, refusedDomains, refusedAddresses, unknownSender: described.unknownSender.parse(unknownSender), sponsors };
}

function toMailboxConditions({ conditions, usesDefault, own }: GetConditionsResponse | PutConditionsResponse): z.input<typeof mailboxConditions> {
  return { useDefault: usesDefault, ...toConditions(conditions), own: own ? toConditions(own) : null };
}

/** Who may print; acceptance owns it. */
export function acceptanceRoutes(owners: Owners) {
  return [...generalRoutes(owners), ...mailboxConditionRoutes(owners)];
}

function generalRoutes(owners: Owners) {
  const { acceptance } = owners;
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
      method: 'POST', path: '/api/v0/acceptance-conditions/test', operation: 'testAddress', right: 'configuration.read', summary: 'Test an e-mail: which rule decides about an address, and for whom it would be printed', // SKY-073
      description: 'Nothing is created, and nobody is asked.',
      body: z.strictObject({
        address: z.string().min(1).max(TEXT.address),
        mailboxId: identifier.optional().describe('By the conditions of this mailbox; without it by the general ones.'),
        draft: newConditions.optional().describe('Conditions to try before they are saved; without them what is saved decides.'),
      }),
      status: 200, answer: z.object({
        accepted: z.boolean(), rule: z.string().nullable().describe('The rule that decided; null: none matched.'), decidedBy: z.string().describe('draft, mailbox or general.'),
        statusText: z.string().nullable().describe('What a job of this sender would be told; null: accepted.'), unknownSender: described.unknownSender, owner: testedOwner.nullable().describe('For whom it would be printed; null: the sender is not accepted, or it can\'t be said now.'), // SKY-120
        report: z.array(z.string()).describe('Each check in its order and what came of it, then where the account was looked for, in sentences.'),
      }),
      refusals: [404], objectId: ({ body }) => body.mailboxId ?? '',
      requires: async ({ body: { mailboxId }, caller }) => (mailboxId === undefined ? undefined : existingMailbox(owners)({ params: { mailboxId }, caller })),
      handle: async ({ body, caller }) => {
        const { address, mailboxId = '', draft } = body;
        const { accepted, rule, decidedBy, statusText, unknownSender, sponsors, report } = await acceptance.testAddress({ address, mailboxId, ...(draft ? { draft } : {}) }, as(caller));
        const preview = accepted ? await previewOwner(owners, { address, unknownSender, sponsors }, caller) : { owner: null, report: [] };
        return {
          accepted, rule: orNull(rule), decidedBy, statusText: orNull(statusText), unknownSender: described.unknownSender.parse(unknownSender),
          owner: preview.owner, report: [...report, ...preview.report],
        };
      },
    }),
  ];
}

function mailboxConditionRoutes(owners: Owners) {
  const { acceptance } = owners;
  const ofMailbox = {
    path: '/api/v0/mailboxes/{mailboxId}/acceptance-conditions', params: z.strictObject({ mailboxId: identifier }), status: 200, answer: mailboxConditions, refusals: [404], requires: existingMailbox(owners),
  } as const;
  return [
    route({
      ...ofMailbox, method: 'GET', operation: 'getMailboxAcceptanceConditions', right: 'configuration.read', summary: 'Who may print through a mailbox',
      handle: async ({ params, caller }) => toMailboxConditions(await acceptance.getConditions(params, as(caller))),
    }),
    route({
      ...ofMailbox, method: 'PUT', operation: 'putMailboxAcceptanceConditions', right: 'configuration.write', summary: 'Give a mailbox conditions of its own, or let it follow the general ones', // SKY-090, SKY-091
      body: newMailboxConditions,
      handle: async ({ params, body: { useDefault, ...given }, caller }) => {
        const own = Object.values(given).every((each) => each === undefined) ? {} : { conditions: newConditions.parse(given) };
        return toMailboxConditions(await acceptance.putConditions({ ...params, useDefault, ...own }, as(caller)));
      },
    }),
  ];
}
