import { z } from 'zod';
import type { Finishing, GetFinishingResponse, PutFinishingResponse } from '@inkpost/contracts/admin/v1/print_pb.js';
import { identifier, orNull, present } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { existingMailbox } from '../mailboxes/existing-mailbox.js';

const colorMode = z.enum(['color', 'monochrome']).describe('IPP print-color-mode.'); // SKY-062
const sides = z.enum(['one-sided', 'two-sided-long-edge', 'two-sided-short-edge']).describe('IPP sides.'); // SKY-063

const others = {
  copies: z.int().min(1).max(999).default(1),
  media: z.string().max(255).nullable().default(null).describe('IPP media: a PWG name such as iso_a4_210x297mm; null: as the printer is set.'),
  pageRanges: z.string().max(200).nullable().default(null).describe('Pages and ranges of pages such as 1-3,5; null: all pages.'),
};

const newFinishing = z.strictObject({ colorMode, sides, ...others }).meta({ id: 'NewFinishing' });

const newMailboxFinishing = z
  .strictObject({
    useDefault: z.boolean().describe('Follow the general options. The mailbox\'s own are kept, and those given here are not looked at.'), // SKY-088
    colorMode: colorMode.optional(),
    sides: sides.optional(),
    ...others,
  })
  .refine((body) => body.sides === undefined || body.colorMode !== undefined, { path: ['colorMode'], message: 'is missing: it is given together with sides' })
  .refine((body) => body.colorMode === undefined || body.sides !== undefined, { path: ['sides'], message: 'is missing: it is given together with colorMode' })
  .meta({ id: 'NewMailboxFinishing', description: 'Without options: the mailbox\'s own as they once were, else a copy of the general ones.' });

const shown = {
  colorMode: z.string().describe('IPP print-color-mode.'),
  sides: z.string().describe('IPP sides.'),
  copies: z.int(),
  media: z.string().nullable().describe('A PWG name; null: as the printer is set.'),
  pageRanges: z.string().nullable().describe('Null: all pages.'),
};

const finishing = z.object(shown).meta({ id: 'Finishing', description: 'How jobs look on paper.' }); // SKY-061

const mailboxFinishing = z.object({
  useDefault: z.boolean().describe('The mailbox follows the general options.'),
  ...shown,
  own: finishing.nullable().describe('The mailbox\'s own options, kept also while it follows the general ones; null: it never had any.'), // EDG-12
}).meta({ id: 'MailboxFinishing', description: 'The options that hold for mails to a mailbox.' });

function toFinishing(wire: Finishing | undefined): z.input<typeof finishing> {
  const { colorMode, sides, copies, media, pageRanges } = present(wire, 'finishing');
  return { colorMode, sides, copies, media: orNull(media), pageRanges: orNull(pageRanges) };
}

function toWire({ colorMode, sides, copies, media, pageRanges }: z.infer<typeof newFinishing>) {
  return { colorMode, sides, copies, media: media ?? '', pageRanges: pageRanges ?? '' };
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
      handle: async ({ body, caller }) => toFinishing((await owner.putFinishing({ finishing: toWire(body) }, as(caller))).finishing),
    }),
    route({
      ...ofMailbox, method: 'GET', operation: 'getMailboxFinishing', right: 'configuration.read', summary: 'How jobs of a mailbox look on paper',
      handle: async ({ params, caller }) => toMailboxFinishing(await owner.getFinishing(params, as(caller))),
    }),
    route({
      ...ofMailbox, method: 'PUT', operation: 'putMailboxFinishing', right: 'configuration.write', summary: 'Give a mailbox options of its own, or let it follow the general ones', // SKY-088, SKY-089
      body: newMailboxFinishing,
      handle: async ({ params, body: { useDefault, colorMode, sides, ...more }, caller }) => {
        const own = colorMode === undefined || sides === undefined ? {} : { finishing: toWire({ colorMode, sides, ...more }) };
        return toMailboxFinishing(await owner.putFinishing({ ...params, useDefault, ...own }, as(caller)));
      },
    }),
  ];
}
