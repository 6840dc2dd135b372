import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { identifier, instant, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners, patientlyAs } from '../call-owner/owners.js';
import { PAGE_POLICY } from '../show-page/page.js';
import { association, googleClient, googleClientSettings, toAssociation, toGoogleClient } from './association.schema.js';
import { AssociationProblem, associatedPage, isRefusedOutcome, refusalPage } from './callback-page.js';

const params = z.strictObject({ mailboxId: identifier });
const begun = z.object({
  authorizationUrl: z.string().describe('To be opened in a browser, where the owner of the mailbox signs in and consents.'),
  expiresAt: instant.nullable(),
  redirectUri: z.string().describe('Where the browser comes back to; it must be registered at the authority, letter by letter.'),
  boundToBrowser: z.boolean().describe('Only the browser that began can finish. So it is when a page of the installation\'s public address begins.'),
}).meta({ id: 'BegunAssociation' });
const begunAtDevice = z.object({
  userCode: z.string(), verificationUri: z.string().describe('Where the code is typed, on any device.'), expiresAt: instant.nullable(),
}).meta({ id: 'BegunDeviceAssociation' });
/** Authorities add more to it, each its own (RFC 6749, 4.1.2). */
const callbackQuery = z.looseObject({ state: z.string().optional(), code: z.string().optional(), error: z.string().optional(), error_description: z.string().optional() });

const COOKIE = 'inkpost_association';
/** As long as a sign-in at an authority may take, with some more. */
const COOKIE_SECONDS = 1_800;

function sha256(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(text).digest());
}

/** A reverse proxy may have put a path before ours. */
function cookieLine(secret: string, { protocol, pathname }: URL): string {
  return `${COOKIE}=${secret}; Path=${pathname.replace(/\/oauth\/.*$/, '')}; Max-Age=${COOKIE_SECONDS}; HttpOnly; SameSite=Lax${protocol === 'https:' ? '; Secure' : ''}`;
}

/** Ties mailboxes to their accounts at Microsoft and Google (SKY-082, SKY-131); mail-ingest owns them. */
export function associationRoutes({ associations }: Owners) {
  const path = '/api/v0/mailboxes/{mailboxId}/association';
  return [
    route({
      method: 'GET', path, operation: 'getAssociation', right: 'configuration.read', summary: 'Whether a mailbox is associated with its account',
      params, status: 200, answer: association, refusals: [404, 409],
      handle: async ({ params, caller }) => toAssociation((await associations.getAssociation(params, as(caller))).association),
    }),
    route({
      method: 'POST', path, operation: 'beginAssociation', right: 'configuration.write', summary: 'Associate a mailbox with its account, in a browser',
      description: 'For kinds office365 (access delegated) and google. The sign-in that begins must be finished within 10 minutes, and replaces one that is under way.',
      params, status: 200, answer: begun, refusals: [404, 409],
      handle: async ({ params, caller, browser }) => {
        const { origin } = browser;
        // A program begins for a browser that it knows nothing of.
        const secret = origin === undefined ? undefined : (browser.cookie(COOKIE) || randomBytes(32).toString('base64url'));
        const bound = secret === undefined ? {} : { browserSha256: sha256(secret), browserOrigin: origin ?? '' };
        const { authorizationUrl, expiresAt, redirectUri, boundToBrowser } = await associations.beginAssociation({ ...params, ...bound }, patientlyAs(caller));
        if (boundToBrowser && secret !== undefined) browser.keep(cookieLine(secret, new URL(redirectUri)));
        return { authorizationUrl, expiresAt: toInstant(expiresAt), redirectUri, boundToBrowser };
      },
    }),
    route({
      method: 'DELETE', path, operation: 'deleteAssociation', right: 'configuration.write', summary: 'Forget the consent to read a mailbox, and the sign-in that is under way',
      params, status: 204, refusals: [404, 409],
      handle: async ({ params, caller }) => {
        await associations.deleteAssociation(params, patientlyAs(caller));
      },
    }),
    route({
      method: 'POST', path: `${path}/device`, operation: 'beginDeviceAssociation', right: 'configuration.write', summary: 'Associate a mailbox with its account by a code that is typed on another device',
      description: 'For kind office365 (access delegated): where no browser reaches this server. Nothing else is to be called: the association is there soon after the code is confirmed.',
      params, status: 200, answer: begunAtDevice, refusals: [404, 409],
      handle: async ({ params, caller }) => {
        const { userCode, verificationUri, expiresAt } = await associations.beginDeviceAssociation(params, patientlyAs(caller));
        return { userCode, verificationUri, expiresAt: toInstant(expiresAt) };
      },
    }),
    callbackRoute({ associations }),
  ];
}

/** Where authorities send browsers back to. */
function callbackRoute({ associations }: Pick<Owners, 'associations'>) {
  return route({
    method: 'GET', path: '/api/v0/oauth/{provider}/ack', operation: 'acknowledgeAssociation', summary: 'Where Microsoft and Google send the browser back to',
    right: { public: 'The browser comes from another site without a session; the state ties it to whoever began.' },
    description: 'Answers with a page in the browser\'s language.',
    params: z.strictObject({ provider: z.enum(['office365', 'google']) }), query: callbackQuery, status: 200, answer: { mediaType: 'text/html; charset=utf-8' },
    refusals: [409], changes: true, contentSecurityPolicy: PAGE_POLICY, refusalPage,
    handle: async ({ params: { provider }, query, caller, browser }) => {
      const all = Object.entries(query as Readonly<Record<string, string | string[]>>).flatMap(([name, value]) => [value].flat().map((each): [string, string] => [name, each]));
      const secret = browser.cookie(COOKIE);
      const finished = await associations.finishAssociation({ provider, query: new URLSearchParams(all).toString(), ...(secret ? { browserSha256: sha256(secret) } : {}) }, patientlyAs(caller));
      const { outcome, ...facts } = finished;
      if (isRefusedOutcome(outcome)) throw new AssociationProblem(outcome, facts);
      return associatedPage(facts, browser.language);
    },
  });
}

/** The client that Google mailboxes without one of their own use. */
export function mailClientRoutes({ mailClients }: Owners) {
  const path = '/api/v0/mail-clients/google';
  return [
    route({
      method: 'GET', path, operation: 'getGoogleClient', right: 'configuration.read', summary: 'The installation\'s client for Google', status: 200, answer: googleClient,
      handle: async ({ caller }) => toGoogleClient((await mailClients.getGoogleClient({}, as(caller))).client),
    }),
    route({
      method: 'PUT', path, operation: 'putGoogleClient', right: 'configuration.write', summary: 'Set the installation\'s client for Google',
      description: 'Google mailboxes without a client of their own use it. With another client ID they must be associated again.',
      body: googleClientSettings, status: 200, answer: googleClient, objectId: ({ body }) => body.clientId,
      handle: async ({ body: { clientId, clientSecret }, caller }) => toGoogleClient((await mailClients.putGoogleClient(clientSecret === undefined ? { clientId } : { clientId, clientSecret }, as(caller))).client),
    }),
    route({
      method: 'DELETE', path, operation: 'deleteGoogleClient', right: 'configuration.write', summary: 'Forget the installation\'s client for Google', status: 204,
      handle: async ({ caller }) => {
        await mailClients.deleteGoogleClient({}, as(caller));
      },
    }),
  ];
}
