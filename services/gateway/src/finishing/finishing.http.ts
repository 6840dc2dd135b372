import { z } from 'zod';
import type { Finishing, GetFinishingResponse, PutFinishingResponse } from '@inkpost/contracts/admin/v1/print_pb.js';
import { identifier, present } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { existingMailbox } from '../mailboxes/existing-mailbox.js';

const colorMode = z.enum(['color', 'monochrome']).describe('IPP print-color-mode.'); // SKY-062
const sides = z.enum(['one-sided', 'two-sided-long-edge', 'two-sided-short-edge']).describe('IPP sides.'); // SKY-063

const newFinishing = z.strictObject({ colorMode, sides }).meta({ id: 'NewFinishing' });

const newMailboxFinishing = z
  .strictObject({
    useDefault: z.boolean().describe('Follow the general options. The mailbox\'s own are kept, and those given here are not looked at.'), // SKY-088
    colorMode: colorMode.optional(),
    sides: sides.optional(),
  })
  .refine((body) => body.sides === undefined || body.colorMode !== undefined, { path: ['colorMode'], message: 'is missing: it is given together with sides' })
  .refine((body) => body.colorMode === undefined || body.sides !== undefined, { path: ['sides'], message: 'is missing: it is given together with colorMode' })
  .meta({ id: 'NewMailboxFinishing', description: 'Without options: the mailbox\'s own as they once were, else a copy of the general ones.' });

const shown = { colorMode: z.string().describe('IPP print-color-mode.'), sides: z.string().describe('IPP sides.') };

const finishing = z.object(shown).meta({ id: 'Finishing', description: 'How jobs look on paper.' }); // SKY-061

const mailboxFinishing = z.object({
  useDefault: z.boolean().describe('The mailbox follows the general options.'),
  ...shown,
  own: finishing.nullable().describe('The mailbox\'s own options, kept also while it follows the general ones; null: it never had any.'), // EDG-12
}).meta({ id: 'MailboxFinishing', description: 'The options that hold for mails to a mailbox.' });

function toFinishing(wire: Finishing | undefined): z.input<typeof finishing> {
  const { colorMode, sides } = present(wire, 'finishing');
  return { colorMode, sides };
}

function toMailboxFinishing({ finishing, usesDefault, own }: GetFinishingResponse | PutFinishingResponse): z.input<typeof mailboxFinishing> {
  return { useDefault: usesDefault, ...toFinishing(finishing), own: own ? toFinishing(own) : null };
}

/** How jobs look on paper; print-submit owns it. */
export function finishingRoutes(owners: Owners) {
  const { finishing: owner } = owners;
  const ofMailbox = {
    path: '/api/v0/mailboxes/{mailboxId}/finishing', params: z.strictObject({ mailboxId: identifier }), status: 200, answer: mailboxFinishing, refusals: [404], requires: existingMailbox(owners),
  } as const;
  return [
    route({
      method: 'GET', path: '/api/v0/finishing', operation: 'getFinishing', right: 'configuration.read', summary: 'How jobs look on paper, for all mailboxes without options of their own',
      status: 200, answer: finishing,
      handle: async ({ caller }) => toFinishing((await owner.getFinishing({}, as(caller))).finishing),
    }),
    route({
      method: 'PUT', path: '/api/v0/finishing', operation: 'putFinishing', right: 'configuration.write', summary: 'Set how jobs look on paper',
      description: 'Holds for mails that come from now on. What a printer can\'t do keeps no job from being printed; the job says what was not applied.',
      body: newFinishing, status: 200, answer: finishing,
      handle: async ({ body, caller }) => toFinishing((await owner.putFinishing({ finishing: body }, as(caller))).finishing),
    }),
    route({
      ...ofMailbox, method: 'GET', operation: 'getMailboxFinishing', right: 'configuration.read', summary: 'How jobs of a mailbox look on paper',
      handle: async ({ params, caller }) => toMailboxFinishing(await owner.getFinishing(params, as(caller))),
    }),
    route({
      ...ofMailbox, method: 'PUT', operation: 'putMailboxFinishing', right: 'configuration.write', summary: 'Give a mailbox options of its own, or let it follow the general ones', // SKY-088, SKY-089
      body: newMailboxFinishing,
      handle: async ({ params, body: { useDefault, colorMode, sides }, caller }) => {
        const own = colorMode === undefined || sides === undefined ? {} : { finishing: { colorMode, sides } };
        return toMailboxFinishing(await owner.putFinishing({ ...params, useDefault, ...own }, as(caller)));
      },
    }),
  ];
}
