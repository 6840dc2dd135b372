import { z } from 'zod';
import type { DraftDecision } from '@inkpost/contracts/admin/v1/acceptance_pb.js';
import type { ReadUploadedMailResponse } from '@inkpost/contracts/admin/v1/uploaded_mail_pb.js';
import { identifier, instant, orNull, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { LIMITS, OWNERS, TEXT } from '../limits.js';
import { existingMailbox } from '../mailboxes/existing-mailbox.js';
import { newConditions } from './acceptance-conditions.http.js';
import { authenticationMode } from './sender-authentication.http.js';

const decision = { accepted: z.boolean(), rule: z.string().nullable().describe('The rule that decides; null: none matches.'), statusText: z.string().nullable().describe('What a job of this sender would be told; null: accepted.') };

const trial = z.strictObject({
  mailboxId: identifier.optional().describe('The mails of this mailbox, and by its conditions where no draft is given; without it those of all mailboxes that follow the general conditions.'),
  draft: newConditions.optional().describe('Conditions to try before they are saved; without them what is saved decides.'),
  senderAuthentication: authenticationMode.optional().describe('To try before it is saved; without it what is saved decides.'),
  days: z.number().int().min(1).max(OWNERS.labDaysMax).optional().describe('Try with the real mails of so many days.'),
  mail: z.base64().min(1).max(TEXT.uploadedMail).optional().describe('Try with this mail (an .eml file in base64); its header is enough.'),
})
  .refine(({ days, mail }) => days !== undefined || mail !== undefined, { path: ['days'], message: 'is missing, and mail too: there is nothing to try the draft with' })
  .meta({ id: 'RuleTrial' });

const outcome = z.object({
  past: z.object({
    mails: z.number().int().describe('Mails looked at.'),
    nowRefused: z.number().int().describe('Mails whose sender was accepted and would be refused.'),
    nowAccepted: z.number().int(),
    changedSenders: z.number().int().describe('How many senders these mails have; only the first of them are listed.'),
    changed: z.array(z.object({
      sender: z.string(), mails: z.number().int(), lastMessageId: z.string().describe('The last of these mails, for its journey.'), lastAt: instant.nullable(),
      ruleThen: z.string().nullable().describe('The rule that decided then; null: none matched.'), now: z.object(decision),
    })).describe('Whose mails would be decided otherwise, those with most mails first.'),
  }).nullable().describe('null: no days were given.'),
  mail: z.object({
    sender: z.string().nullable().describe('null: the mail has no sender who could print.'), senderProblem: z.string().nullable(), automaticSign: z.string().nullable().describe('What shows that it is an automatic mail, which is never answered.'),
    senderAuthentication: z.string().describe('pass, fail, none or temperror; without SPF, since nobody knows any more which server brought it.'), measuredBy: z.string().nullable(), ...decision,
  }).nullable().describe('null: no mail was given.'),
}).meta({ id: 'RuleTrialOutcome' });

function toDecision({ accepted, rule, statusText }: DraftDecision): { accepted: boolean; rule: string | null; statusText: string | null } {
  return { accepted, rule: orNull(rule), statusText: orNull(statusText) };
}

function toMail({ sender, senderProblem, automaticSign, verdict, measuredBy }: ReadUploadedMailResponse, decided: DraftDecision): z.input<typeof outcome>['mail'] {
  return { sender: orNull(sender), senderProblem: orNull(senderProblem), automaticSign: orNull(automaticSign), senderAuthentication: verdict, measuredBy: orNull(measuredBy), ...toDecision(decided) };
}

/** Rules tried with real mails before they are saved: mail-ingest reads an uploaded one, acceptance decides. */
export function ruleLabRoutes(owners: Owners) {
  const { acceptance, uploadedMails } = owners;
  return [
    route({
      method: 'POST', path: '/api/v0/acceptance-conditions/lab', operation: 'tryAcceptanceConditions', right: 'configuration.read', summary: 'What conditions would make of real mails; nothing is stored',
      body: trial, status: 200, answer: outcome, refusals: [404],
      requires: async ({ body: { mailboxId }, caller }) => (mailboxId === undefined ? undefined : existingMailbox(owners)({ params: { mailboxId }, caller })),
      handle: async ({ body: { mailboxId = '', draft, senderAuthentication = '', days = 0, mail }, caller }) => {
        const read = mail === undefined ? undefined : await uploadedMails.readUploadedMail({ mail: Buffer.from(mail, 'base64'), mailboxId }, as(caller));
        const uploaded = read && { withSender: true, sender: read.sender, senderVerdict: read.verdict, senderBasis: read.basis };
        const tried = await acceptance.tryDraft({ mailboxId, ...(draft && { draft }), senderAuthentication, days, ...uploaded }, { ...as(caller), timeoutMs: LIMITS.thirdPartyCallMs });
        const { mails, nowRefused, nowAccepted, changedSenders } = tried;
        const changed = tried.changed.map(({ sender, mails: count, lastMessageId, lastAt, ruleThen, now }) => ({ sender, mails: count, lastMessageId, lastAt: toInstant(lastAt), ruleThen: orNull(ruleThen), now: toDecision(present(now, 'decision')) }));
        return { past: days === 0 ? null : { mails, nowRefused, nowAccepted, changedSenders, changed }, mail: read ? toMail(read, present(tried.uploaded, 'decision about the uploaded mail')) : null };
      },
    }),
  ];
}
