import { z } from 'zod';
import type { OutgoingMailSettings } from '@inkpost/contracts/admin/v1/notification_pb.js';
import { pem, present, tls } from '../answer-route/fields.js';
import { Problem } from '../answer-route/problem.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { TEXT } from '../limits.js';

const settings = z.strictObject({
  host: z.string().min(1).max(TEXT.host),
  port: z.int().min(1).max(65_535).default(465),
  tls,
  user: z.string().max(TEXT.address).default('').describe('Empty: without sign-in.'),
  password: z.string().max(TEXT.password).optional().describe('Never shown again; without it the stored one stays.'),
  fromAddress: z.string().min(1).max(TEXT.address),
  fromName: z.string().max(TEXT.fromName).default(''),
  language: z.enum(['fr', 'en']).default('en').describe('Of mails to people whose language is not known.'),
  certificateAuthority: pem,
}).meta({ id: 'OutgoingMailSettings' });

const outgoingMail = z.object({
  host: z.string(), port: z.int(), tls: z.string(), user: z.string(), fromAddress: z.string(), fromName: z.string(), language: z.string(), certificateAuthority: z.string(),
  passwordStored: z.boolean().describe('The password itself is never shown.'),
}).meta({ id: 'OutgoingMail' });

function toOutgoingMail(wire: OutgoingMailSettings): z.input<typeof outgoingMail> {
  const { host, port, tls, user, fromAddress, fromName, language, certificateAuthority, passwordStored } = wire;
  return { host, port, tls, user, fromAddress, fromName, language, certificateAuthority, passwordStored };
}

/** The outgoing mail server; notification owns it. */
export function outgoingMailRoutes({ outgoingMail: owner }: Owners) {
  return [
    route({
      method: 'GET', path: '/api/v0/outgoing-mail', operation: 'getOutgoingMail', right: 'configuration.read', summary: 'The outgoing mail server',
      status: 200, answer: outgoingMail, refusals: [404],
      handle: async ({ caller }) => {
        const { settings } = await owner.getOutgoingMail({}, as(caller));
        if (!settings) throw new Problem('not-found', 'The outgoing mail server is not set yet: PUT /api/v0/outgoing-mail.');
        return toOutgoingMail(settings);
      },
    }),
    route({
      method: 'PUT', path: '/api/v0/outgoing-mail', operation: 'putOutgoingMail', right: 'configuration.write', summary: 'Set the outgoing mail server',
      body: settings, status: 200, answer: outgoingMail,
      handle: async ({ body: { password, ...settings }, caller }) => {
        const answer = await owner.putOutgoingMail({ settings: password === undefined ? settings : { ...settings, password } }, as(caller));
        return toOutgoingMail(present(answer.settings, 'settings'));
      },
    }),
    route({
      method: 'POST', path: '/api/v0/outgoing-mail/test', operation: 'testOutgoingMail', right: 'configuration.write', summary: 'Send a test mail and show what the server said',
      body: z.strictObject({ to: z.string().min(1).max(TEXT.address) }),
      status: 200, answer: z.object({ sent: z.boolean(), answer: z.string().describe('The server\'s own reply, or why it was not reached.') }),
      handle: async ({ body, caller }) => {
        const { sent, answer } = await owner.testOutgoingMail(body, as(caller));
        return { sent, answer };
      },
    }),
  ];
}
