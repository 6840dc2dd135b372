import { z } from 'zod';
import type { Confirmation } from '@inkpost/contracts/admin/v1/waiting_senders_pb.js';
import { identifier, present } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { TEXT } from '../limits.js';
import { FORM_PAGE_POLICY } from '../show-page/page.js';
import { confirmationPage, confirmationRefusalPage, UnknownLink } from './confirmation-page.js';

const link = { waitingId: identifier, proof: z.string().min(1).max(TEXT.linkProof) };

/** The links that unknown senders and their sponsors are mailed: a page that asks, and the answer. guest-account knows who may answer. */
export function confirmationRoutes({ confirmations }: Owners) {
  const page = {
    right: { public: 'Whoever has the link may answer: it was mailed to the one who is asked.' },
    status: 200, answer: { mediaType: 'text/html; charset=utf-8' }, refusals: [404], contentSecurityPolicy: FORM_PAGE_POLICY, refusalPage: confirmationRefusalPage,
  } as const;
  return [
    route({
      ...page, method: 'GET', path: '/confirm/{waitingId}/{proof}', operation: 'showConfirmation', summary: 'What a link in a mail is about',
      description: 'A page in the browser\'s language. Changes nothing: programs that look at mails open links too.',
      params: z.strictObject(link),
      handle: async ({ params, caller, browser }) => confirmationPage(known((await confirmations.showConfirmation(params, as(caller))).confirmation), params.proof, browser.language),
    }),
    route({
      ...page, method: 'POST', path: '/confirm/{waitingId}/{proof}/{decision}', operation: 'answerConfirmation', summary: 'Answer by a link in a mail: let an unknown sender print, or not',
      description: 'Needs no content. The first answer counts; whoever answers again is told of it.',
      params: z.strictObject({ ...link, decision: z.enum(['approve', 'reject']) }),
      // The path's other parts let whoever reads the audit log answer.
      objectId: ({ params }) => params.waitingId,
      handle: async ({ params: { decision, ...rest }, caller, browser }) => {
        const { confirmation } = await confirmations.answerConfirmation({ ...rest, approve: decision === 'approve' }, as(caller));
        return confirmationPage(known(confirmation), rest.proof, browser.language);
      },
    }),
  ];
}

function known(confirmation: Confirmation | undefined): Confirmation {
  const found = present(confirmation, 'confirmation');
  if (found.state === 'unknown') throw new UnknownLink();
  return found;
}
