import { z } from 'zod';
import { present } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { TEXT } from '../limits.js';

const PIN_LENGTH = { min: 4, max: 12 } as const;

const policy = z.strictObject({ lengthMin: z.int().min(PIN_LENGTH.min).max(PIN_LENGTH.max).describe('Digits. Six or more where the page for releasing can be reached from outside.') }).meta({ id: 'PinPolicy' });
const byMail = z.strictObject({ address: z.string().min(1).max(TEXT.address) });
const asking = {
  method: 'POST', right: { public: 'Mails go to the address that the directory holds, and to no other; the answer is the same for every address.' }, body: byMail, status: 204, objectId: () => '',
  description: 'If the address is known and there is something to send, a mail is on its way.',
} as const;

/** PINs, and what whoever has lost PIN or code is mailed; guest-account owns PINs, print-submit codes. */
export function pinRoutes({ pins, release }: Owners) {
  return [
    route({
      method: 'GET', path: '/api/v0/pin-policy', operation: 'getPinPolicy', right: 'configuration.read', summary: 'What a PIN must look like', status: 200, answer: policy,
      handle: async ({ caller }) => ({ lengthMin: present((await pins.getPinPolicy({}, as(caller))).policy, 'policy').lengthMin }),
    }),
    route({
      method: 'PUT', path: '/api/v0/pin-policy', operation: 'putPinPolicy', right: 'configuration.write', summary: 'Set what a PIN must look like; those that people have stay good', body: policy, status: 200, answer: policy,
      handle: async ({ body, caller }) => ({ lengthMin: present((await pins.putPinPolicy({ policy: body }, as(caller))).policy, 'policy').lengthMin }),
    }),
    route({
      ...asking, path: '/api/v0/release/code-request', operation: 'requestCode', summary: 'Have a new code mailed, if something waits for it',
      handle: async ({ body: { address }, source, caller }) => {
        await release.requestCode({ address, source }, as(caller));
      },
    }),
    route({
      ...asking, path: '/api/v0/release/pin-request', operation: 'requestPinLink', summary: 'Have a link mailed to set the own PIN',
      handle: async ({ body: { address }, source, caller }) => {
        await pins.requestPinLink({ address, source }, as(caller));
      },
    }),
  ];
}
