import { Code, ConnectError } from '@connectrpc/connect';
import { z } from 'zod';
import { Defect } from '@inkpost/failure/failure.js';
import { knownRights } from '@inkpost/service/rights.js';
import { crossSite } from '../answer-route/access.js';
import type { Browser } from '../answer-route/browser.js';
import { instant } from '../answer-route/fields.js';
import { Problem } from '../answer-route/problem.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { TEXT } from '../limits.js';
import type { Session } from './session.js';
import { ensureConnectionIsSafe, forgetSession, keepSession } from './session-cookie.js';
import type { SessionStore } from './session.store.js';

const account = z.string().trim().min(1).max(TEXT.address).describe('`maintenance`; a login that a directory knows, asked in the order in which owners of mails are looked for; or `DIRECTORY\\login`.');

const password = z.string().min(1).max(TEXT.password);

function lockedOut(retryAfterSeconds: number): Problem {
  return new Problem('locked-out', `Too many wrong passwords. Try again in ${retryAfterSeconds} seconds.`, { retryAfterSeconds });
}

/** Without this a page from elsewhere could sign somebody in as somebody else, unnoticed (login CSRF); and in clear anybody on the way could read the cookie. */
function ensureCookieIsSafe(browser: Browser, isLocal: boolean): void {
  if (!browser.isOwnPage) throw crossSite();
  ensureConnectionIsSafe(browser, isLocal);
}

/** Of routes that need a sign-in, where there always is one. */
function present(session: Session | undefined): Session {
  if (!session) throw new Defect('session.missing', 'A route that needs a sign-in was called without one.');
  return session;
}

/** For what only a person does: a program has no password, and its token is revoked, not signed out. */
function ensurePersonal(session: Session | undefined): Session {
  const { identity } = present(session);
  if (!identity) throw new Problem('right-missing', 'An API token can\'t do this: sign in with POST /api/v0/session.');
  return present(session);
}

// A refused sign-in names no account in the audit log: people type passwords into the wrong field. guest-account's log names it
// where it is one, under the same request id.

/** Signing in and out; guest-account owns the credentials, the gateway the sessions. */
export function sessionRoutes({ signIn }: Owners, sessions: SessionStore) {
  return [
    route({
      method: 'POST', path: '/api/v0/session', operation: 'signIn', right: { public: 'Signing in is how a session begins.' }, summary: 'Sign in',
      description: 'The token goes into "Authorization: Bearer <token>". It lives 12 hours, or until 2 hours after its last use, or until the password changes. A page of Inkpost asks for a cookie instead.',
      body: z.strictObject({
        account, password,
        cookie: z.boolean().default(false).describe('The browser keeps the token in a cookie that no script can read. Only for pages of Inkpost, which send "X-Inkpost-CSRF: 1" here and with every change.'),
      }), status: 201,
      answer: z.object({ token: z.string().nullable().describe('null: it is in the cookie.'), account: z.string().describe('As the audit log names it: `maintenance`, or `DIRECTORY\\login`.'), expiresAt: instant, rights: z.array(z.string()), passwordMustChange: z.boolean().describe('The first password can do nothing but be changed: PUT /api/v0/password.') }).meta({ id: 'Session' }),
      refusals: [401, 403, 409, 429], actor: (_request, { account }) => account,
      handle: async ({ body: { account, password, cookie }, source, caller, browser, local }) => {
        if (cookie) ensureCookieIsSafe(browser, local);
        const { outcome, rights, passwordMustChange, passwordVersion, retryAfterSeconds, account: identity } = await signIn.signIn({ account, password, source }, as(caller));
        if (outcome === 'locked-out') throw lockedOut(retryAfterSeconds);
        // Whether the account or the password is wrong is nobody's business.
        if (outcome !== 'signed-in' || !identity) throw new Problem('sign-in-refused', 'The account does not exist or the password is wrong.');
        const granted = knownRights(rights);
        const created = await sessions.create({ identity, rights: granted, passwordMustChange }, passwordVersion, source);
        // It was right, until somebody changed it a moment ago.
        if (!created) throw new Problem('sign-in-refused', 'The account does not exist or the password is wrong.');
        if (cookie) keepSession(browser, created.token);
        return { token: cookie ? null : created.token, account: identity.name, expiresAt: created.expiresAt.toISOString(), rights: granted, passwordMustChange };
      },
    }),
    route({
      method: 'GET', path: '/api/v0/session', operation: 'getSession', right: 'signed-in', summary: 'Who is signed in, and what for', beforePasswordChange: true,
      status: 200,
      answer: z.object({
        account: z.string().describe('As the audit log names it: `maintenance`, `DIRECTORY\\login`, or `token:` and the name of an API token.'),
        kind: z.enum(['person', 'api-token']), rights: z.array(z.string()), passwordMustChange: z.boolean(), expiresAt: instant,
      }).meta({ id: 'SignedIn' }),
      handle: async ({ session }) => {
        const { account, identity, rights, passwordMustChange, expiresAt } = present(session);
        return { account, kind: identity ? 'person' as const : 'api-token' as const, rights: [...rights], passwordMustChange, expiresAt: expiresAt.toISOString() };
      },
    }),
    route({
      method: 'DELETE', path: '/api/v0/session', operation: 'signOut', right: 'signed-in', summary: 'Sign out', beforePasswordChange: true,
      status: 204,
      handle: async ({ session, browser }) => {
        await sessions.end(ensurePersonal(session));
        forgetSession(browser);
      },
    }),
    route({
      method: 'PUT', path: '/api/v0/password', operation: 'changePassword', right: 'signed-in', summary: 'Change one\'s own password', beforePasswordChange: true,
      description: 'At least 8 characters with a lower case letter, an upper case letter, a digit and a special character. All sessions of the account end: sign in again. Of a directory that keeps its passwords itself, they are changed there.',
      body: z.strictObject({ currentPassword: password, newPassword: password }), status: 204, refusals: [409, 422, 429],
      handle: async ({ body, caller, session, source, browser }) => {
        const change = await sessions.beginPasswordChange(ensurePersonal(session).account);
        const { outcome, retryAfterSeconds, passwordVersion } = await signIn.changePassword({ account: caller.actor, ...body, source }, as(caller)).catch(async (error: unknown) => {
          // Any other failure leaves open what the owner did.
          if (error instanceof ConnectError && [Code.InvalidArgument, Code.FailedPrecondition].includes(error.code)) await sessions.forgetPasswordChange(change);
          throw error;
        });
        if (outcome === 'changed') await sessions.endSessionsBefore(change, passwordVersion);
        else await sessions.forgetPasswordChange(change);
        if (outcome === 'locked-out') throw lockedOut(retryAfterSeconds);
        if (outcome !== 'changed') throw new Problem('wrong-password', 'The current password is wrong; nothing was changed.');
        forgetSession(browser);
      },
    }),
  ];
}
