import { z } from 'zod';
import { explainFailure } from '../answer-route/explain-failure.js';
import { identifier, present } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { TEXT } from '../limits.js';
import type { Links } from '../release-page/frame.js';
import { page } from '../release-page/page-routes.js';
import { RefusedWithPage } from '../release-page/refusal-page.js';
import { pinLinkPage, type PinMistake, pinSetPage } from './pin-pages.js';

/** Of `/pin/{linkId}/{proof}`: two steps up, then down again. */
const beside: Links = { start: '../../release', to: (path) => `../../${path}` };
const link = z.strictObject({ linkId: identifier, proof: z.string().min(1).max(TEXT.linkProof) });
const typedPin = z.string().max(TEXT.code).default('');

/** Where a mailed link to set the own PIN leads. */
export function pinPageRoutes({ pins }: Owners) {
  return [
    route({
      ...page(beside), method: 'GET', path: '/pin/{linkId}/{proof}', operation: 'showPinLink', params: link,
      handle: async ({ params, caller, browser: { language } }) => {
        const found = present((await pins.showPinLink(params, as(caller))).link, 'link');
        return pinLinkPage(found, params.proof, { language, byMail: beside.to('release/by-mail') });
      },
    }),
    route({
      ...page(beside), method: 'POST', form: true, path: '/pin/{linkId}/{proof}', operation: 'setPinByLink', params: link, body: z.object({ pin: typedPin, again: typedPin }),
      // The path's other part lets whoever reads the audit log set the PIN.
      objectId: ({ params }) => params.linkId,
      handle: async ({ params, body: { pin, again }, caller, browser: { language } }) => {
        const wrong = async (mistake: PinMistake) => {
          const found = present((await pins.showPinLink(params, as(caller))).link, 'link');
          return new RefusedWithPage('invalid-request', 'The PIN was not set.', pinLinkPage(found, params.proof, { language, byMail: beside.to('release/by-mail'), mistake }));
        };
        if (pin !== again) throw await wrong('differ');
        const answer = await pins.setPinByLink({ ...params, pin: pin.trim() }, as(caller)).catch(explainFailure);
        if (answer instanceof Error) throw answer.kind === 'invalid-request' ? await wrong('bad') : answer;
        return answer.set ? pinSetPage(language) : pinLinkPage(present(answer.link, 'link'), params.proof, { language, byMail: beside.to('release/by-mail') });
      },
    }),
  ];
}
