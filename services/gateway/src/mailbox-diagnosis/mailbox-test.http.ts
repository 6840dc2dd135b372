import { z } from 'zod';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { TestMailboxRequestSchema } from '@inkpost/contracts/admin/v1/mailbox_diagnosis_pb.js';
import { identifier, orNull } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import type { RequestContext } from '../answer-route/route.js';
import { LIMITS } from '../limits.js';
import { fromMailboxSettings, mailboxSettings } from '../mailboxes/mailbox-settings.schema.js';

const step = z.object({
  step: z.string().describe('listener, address (kind smtp); dns, tcp, tls, token, login, folder, permissions.'),
  outcome: z.string().describe('passed, failed, skipped (the settings give nothing to do), or not-run (an earlier step failed).'),
  durationMs: z.int(),
  text: z.string().nullable().describe('What was found; of a failed step what is wrong and what to do.'),
}).meta({ id: 'MailboxTestStep' });

const mailboxTest = z.object({ passed: z.boolean().describe('No step failed.'), steps: z.array(step).describe('In their order.') }).meta({ id: 'MailboxTest' });

const DESCRIPTION = 'Takes the way to the mailbox one step at a time, and changes nothing in it. Ends after 30 seconds at the latest, and at once when the client hangs up. At most 10 tests a minute.';

/** Whether mailboxes can be reached and used, and if not, why (SKY-052); mail-ingest owns them. */
export function mailboxTestRoutes({ mailboxTests }: Owners) {
  const test = async (request: MessageInitShape<typeof TestMailboxRequestSchema>, { caller, signal }: RequestContext): Promise<z.input<typeof mailboxTest>> => {
    const { passed, steps } = await mailboxTests.testMailbox(request, { ...as(caller), signal, timeoutMs: LIMITS.mailboxTestMs });
    return { passed, steps: steps.map(({ step, outcome, durationMs, text }) => ({ step, outcome, durationMs, text: orNull(text) })) };
  };
  return [
    route({
      method: 'POST', path: '/api/v0/mailboxes/{mailboxId}/test', operation: 'testMailbox', right: 'configuration.write', summary: 'Test a mailbox as it is saved',
      description: DESCRIPTION, params: z.strictObject({ mailboxId: identifier }), status: 200, answer: mailboxTest, refusals: [404, 429],
      handle: ({ params, ...context }) => test(params, context),
    }),
    route({
      method: 'POST', path: '/api/v0/mailboxes/test', operation: 'testMailboxSettings', right: 'configuration.write', summary: 'Test settings that are not saved',
      description: `${DESCRIPTION} With the mailboxId that the settings are for, a password that is left out is the stored one, where an update would keep it.`,
      body: z.strictObject({ mailboxId: identifier.optional().describe('The mailbox that the settings are for; left out for a new one.'), settings: mailboxSettings }),
      status: 200, answer: mailboxTest, refusals: [404, 429], objectId: ({ body }) => body.mailboxId ?? body.settings.address,
      handle: ({ body: { mailboxId = '', settings }, ...context }) => test({ mailboxId, settings: fromMailboxSettings(settings) }, context),
    }),
  ];
}
