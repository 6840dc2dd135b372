import { z } from 'zod';
import type { SingleSignOn as WireSignOn } from '@inkpost/contracts/admin/v1/single_sign_on_pb.js';
import { identifier, instant, pem, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners, patientlyAs } from '../call-owner/owners.js';
import { SIGN_ON, TEXT } from '../limits.js';

const settings = z.object({
  enabled: z.boolean().default(true),
  name: z.string().min(1).max(TEXT.directoryName).describe('On the button: what people call this sign-in.'),
  issuer: z.string().min(1).max(SIGN_ON.issuer).describe('What the server calls itself, letter by letter: https://login.example.org/realms/staff.'),
  clientId: z.string().min(1).max(TEXT.clientId),
  clientAuthentication: z.enum(['basic', 'post']).default('basic').describe('How the client proves itself, as it is registered there: client_secret_basic or client_secret_post.'),
  scopes: z.array(z.string().max(TEXT.name)).max(SIGN_ON.scopesMax).default(['openid', 'profile', 'email']).describe('openid is always among them.'),
  loginClaim: z.string().min(1).max(SIGN_ON.claim).default('preferred_username').describe('Which claim is the login in the directory. Of `email` only a verified one counts.'),
  loginDomain: z.string().max(TEXT.host).default('').describe('The claim ends with @ and this domain, and the login is what comes before; empty: the claim is the login.'),
  groupsClaim: z.string().max(SIGN_ON.claim).default('').describe('Which claim names groups, besides those that the directory knows; empty: none.'),
  directoryId: identifier.describe('Whose people sign in that way.'),
  certificateAuthority: pem,
});

const clientSecret = z.string().min(1).max(TEXT.clientSecret).optional().describe('Never shown; without it the stored one stays, for the same issuer and clientId.');
const draft = z.strictObject({ ...settings.shape, clientSecret }).meta({ id: 'SingleSignOnSettings' });

const singleSignOnAnswer = z.object({
  ...settings.shape, enabled: z.boolean(),
  clientSecretStored: z.boolean(), changedAt: instant.nullable(), version: z.int(),
}).meta({ id: 'SingleSignOn' });

const testResult = z.object({
  passed: z.boolean().describe('No step failed.'),
  steps: z.array(z.object({
    step: z.enum(['metadata', 'keys', 'client', 'directory']), outcome: z.enum(['passed', 'failed', 'skipped', 'not-run']), durationMs: z.int(),
    text: z.string().describe('What was found; of a failed step what is wrong and what to do.'),
  })),
}).meta({ id: 'SingleSignOnTest' });

const STEP = testResult.shape.steps.element.shape;

function toSignOn(wire: WireSignOn | undefined): z.input<typeof singleSignOnAnswer> {
  const { settings: own, clientSecretStored, changedAt, version } = present(wire, 'singleSignOn');
  const { enabled, name, issuer, clientId, clientAuthentication, scopes, loginClaim, loginDomain, groupsClaim, directoryId, certificateAuthority } = present(own, 'settings');
  return {
    enabled, name, issuer, clientId, clientAuthentication: settings.shape.clientAuthentication.parse(clientAuthentication), scopes, loginClaim, loginDomain, groupsClaim, directoryId, certificateAuthority,
    clientSecretStored, changedAt: toInstant(changedAt), version,
  };
}

/** The organisation's sign-in server, for administrators. Whoever says which server vouches for a directory's people could sign in as any of them. */
export function singleSignOnRoutes({ singleSignOn }: Owners) {
  const [path, right] = ['/api/v0/single-sign-on', 'rights.manage'] as const;
  return [
    route({
      method: 'GET', path, operation: 'getSingleSignOn', right, summary: 'The organisation\'s sign-in server', status: 200,
      answer: z.object({
        singleSignOn: singleSignOnAnswer.nullable().describe('null: nobody has set it.'),
        redirectUri: z.string().describe('To be registered at the server, letter by letter.'), signOutRedirectUri: z.string().describe('The same for signing out.'),
      }),
      handle: async ({ caller }) => {
        const { singleSignOn: found, redirectUri, signOutRedirectUri } = await singleSignOn.getSingleSignOn({}, as(caller));
        return { singleSignOn: found ? toSignOn(found) : null, redirectUri, signOutRedirectUri };
      },
    }),
    route({
      method: 'PUT', path, operation: 'putSingleSignOn', right, summary: 'Set the organisation\'s sign-in server', body: z.strictObject({ ...draft.shape, version: z.int().min(0).max(SIGN_ON.versionMax).default(0).describe('Of what was read; a later change in between is refused. 0: whatever it is.') }),
      description: 'Needs every right that the directory\'s people may get: they sign in by this server\'s word.', objectId: ({ body }) => body.issuer,
      status: 200, answer: singleSignOnAnswer, refusals: [409],
      handle: async ({ body: { version, clientSecret: secret, ...own }, caller }) => toSignOn((await singleSignOn.putSingleSignOn({ version, settings: { ...own, ...(secret === undefined ? {} : { clientSecret: secret }) } }, as(caller))).singleSignOn),
    }),
    route({
      method: 'DELETE', path, operation: 'deleteSingleSignOn', right, summary: 'Let nobody sign in by another server\'s word; sessions stay', status: 204, refusals: [404],
      handle: async ({ caller }) => {
        await singleSignOn.deleteSingleSignOn({}, as(caller));
      },
    }),
    route({
      method: 'POST', path: `${path}/test`, operation: 'testSingleSignOn', right, summary: 'Try the way to the sign-in server step by step; nobody signs in',
      body: z.strictObject({ settings: draft.optional().describe('Without them: as it is set.') }), status: 200, answer: testResult, refusals: [404, 429],
      handle: async ({ body: { settings: tried }, caller }) => {
        const { clientSecret: secret, ...own } = tried ?? {};
        const { passed, steps } = await singleSignOn.testSingleSignOn(tried ? { draft: { ...own, ...(secret === undefined ? {} : { clientSecret: secret }) } } : {}, patientlyAs(caller));
        return { passed, steps: steps.map(({ step, outcome, durationMs, text }) => ({ step: STEP.step.parse(step), outcome: STEP.outcome.parse(outcome), durationMs, text })) };
      },
    }),
  ];
}
