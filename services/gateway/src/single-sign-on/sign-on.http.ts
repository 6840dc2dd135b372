import { z } from 'zod';
import { knownRights } from '@inkpost/service/rights.js';
import { HostCookie } from '../answer-route/host-cookie.js';
import { route } from '../answer-route/route.js';
import { as, type Owners, patientlyAs } from '../call-owner/owners.js';
import { LIMITS, TEXT } from '../limits.js';
import { ensureConnectionIsSafe, forgetSession, keepSession } from '../sessions/session-cookie.js';
import type { SessionStore } from '../sessions/session.store.js';
import { PAGE_POLICY } from '../show-page/page.js';
import { isSignOnOutcome, SignOnProblem, signOnRefusalPage } from './sign-on-page.js';

/** What the browser is to bring back, sealed: only the one that began can finish. */
const ATTEMPT = new HostCookie('inkpost-sign-on');

/** A path of this host: neither another host (`//`, `/\`) nor what browsers make one of by leaving out tabs and line breaks. */
const returnTo = z.string().max(TEXT.path).regex(/^\/(?![/\\])[^\\\p{Cc}\s]*$/u, 'must be a path here, such as /jobs').default('/').describe('The page to go on with.');

/** Servers add more to it, each its own (RFC 6749, 4.1.2). */
const callbackQuery = z.looseObject({ state: z.string().optional(), code: z.string().optional(), error: z.string().optional(), iss: z.string().optional() });

/** A browser's way to the organisation's sign-in server and back, and out again. guest-account says who came back, and what they may do. */
export function signOnRoutes({ singleSignOn, signIn }: Owners, sessions: SessionStore) {
  const path = '/api/v0/session/oidc';
  return [
    route({
      method: 'GET', path: `${path}/offer`, operation: 'getSignOnOffer', summary: 'Whether people can sign in at the organisation\'s sign-in server',
      right: { public: 'A sign-in page shows a button for it.' }, status: 200,
      answer: z.object({ enabled: z.boolean(), name: z.string().describe('For the button.') }).meta({ id: 'SignOnOffer' }),
      handle: async ({ caller }) => {
        const { enabled, name } = await singleSignOn.getSignOnOffer({}, as(caller));
        return { enabled, name };
      },
    }),
    route({
      method: 'GET', path, operation: 'beginSignOn', summary: 'Sign in at the organisation\'s sign-in server: a browser is sent there',
      right: { public: 'Signing in is how a session begins.' }, description: 'The browser is kept signed in by a cookie, as with POST /api/v0/session.',
      query: z.strictObject({ returnTo }), status: 303, answer: { redirects: true }, refusals: [404, 409], changes: true, contentSecurityPolicy: PAGE_POLICY, refusalPage: signOnRefusalPage('oidc'),
      handle: async ({ query, caller, browser, local }) => {
        ensureConnectionIsSafe(browser, local);
        const { outcome, authorizationUrl, attempt } = await singleSignOn.beginSignOn(query, patientlyAs(caller));
        if (outcome !== 'begun') throw new SignOnProblem('off');
        ATTEMPT.keep(browser, attempt, LIMITS.signOnSeconds);
        return { location: authorizationUrl };
      },
    }),
    route({
      method: 'GET', path: `${path}/callback`, operation: 'finishSignOn', summary: 'Where the sign-in server sends the browser back to',
      right: { public: 'The browser comes from another site without a session; what it was given when it began ties it to that.' },
      query: callbackQuery, status: 303, answer: { redirects: true }, refusals: [403, 404, 409], changes: true, contentSecurityPolicy: PAGE_POLICY, refusalPage: signOnRefusalPage('../oidc'),
      handle: async ({ query, caller, source, browser, local }) => {
        ensureConnectionIsSafe(browser, local);
        const all = Object.entries(query as Readonly<Record<string, string | string[]>>).flatMap(([name, value]) => [value].flat().map((each): [string, string] => [name, each]));
        const { outcome, directoryId, login, groups, returnTo: location, problem } = await singleSignOn.finishSignOn({ query: new URLSearchParams(all).toString(), attempt: ATTEMPT.valueIn(browser) ?? '' }, patientlyAs(caller));
        if (isSignOnOutcome(outcome)) throw new SignOnProblem(outcome, problem);
        if (outcome !== 'vouched') throw new Error(`guest-account gave the unknown outcome ${outcome}.`);
        const vouched = await signIn.signInVouched({ directoryId, login, groups, source }, patientlyAs(caller));
        if (vouched.outcome !== 'signed-in' || !vouched.account) throw new SignOnProblem('unknown-account');
        const created = await sessions.create({ identity: vouched.account, rights: knownRights(vouched.rights), passwordMustChange: false }, vouched.passwordVersion, source);
        if (!created) throw new SignOnProblem('unknown');
        ATTEMPT.forget(browser);
        keepSession(browser, created.token);
        return { location, actor: vouched.account.name };
      },
    }),
    route({
      method: 'POST', path: `${path}/sign-out`, operation: 'signOutEverywhere', right: 'signed-in', summary: 'Sign out here, and be told where to sign out at the sign-in server',
      status: 200, answer: z.object({ signOutUrl: z.string().nullable().describe('To be opened in the browser; null: the server knows no such thing, or does not answer.') }).meta({ id: 'SignOut' }),
      handle: async ({ session, caller, browser }) => {
        if (session) await sessions.end(session);
        forgetSession(browser);
        const { signOutUrl } = await singleSignOn.beginSignOut({}, patientlyAs(caller)).catch(() => ({ signOutUrl: '' }));
        return { signOutUrl: signOutUrl || null };
      },
    }),
  ];
}
