import { type Caller, type Right, RIGHTS } from '@inkpost/service/rights.js';
import type { Session } from '../sessions/session.js';
import { Problem } from './problem.js';
import type { Access, Route } from './route.js';

/** Who calls without a session: at a release point, or before signing in. */
export const ANONYMOUS: Caller = { actor: 'anonymous', rights: [] };

export function isPublic(access: Access): access is { readonly public: string } {
  return typeof access === 'object';
}

/** Why this says not who may call a route; undefined: it does. Whatever the compiler was told: no route is ever open by an oversight. */
export function accessProblem(access: unknown): string | undefined {
  if (access === 'signed-in' || RIGHTS.some((right) => right === access)) return undefined;
  if (typeof access !== 'object' || access === null || !('public' in access)) return 'declares no right, nor that it is public and why';
  return typeof access.public === 'string' && /^[A-Z].{20,}\.$/.test(access.public) ? undefined : 'is public without a reason in a sentence';
}

/** A change that a browser sends with its cookie, without proof that it is a page of ours that wants it (decision 0022). */
export function crossSite(): Problem {
  return new Problem('cross-site', 'What is changed with a session cookie must be sent by a page of Inkpost itself, with the field "X-Inkpost-CSRF: 1". A program uses "Authorization: Bearer <token>" instead.');
}

/** A page's form that another site sent, or nobody's page did. */
export function foreignForm(): Problem {
  return new Problem('cross-site', 'This form must be sent by the page of Inkpost itself: open it again.');
}

/** Why this caller may not call the route; undefined: it may. The owner checks the right again. `anonymousRights`: of who isn't signed in. */
export function whyRefused(route: Pick<Route, 'right' | 'beforePasswordChange'>, session: Session | undefined, anonymousRights: readonly Right[] = []): Problem | undefined {
  if (isPublic(route.right)) return undefined;
  if (!session && anonymousRights.some((right) => right === route.right)) return undefined;
  if (!session) return new Problem('not-signed-in', 'Sign in with POST /api/v0/session and send the token as "Authorization: Bearer <token>"; a token ends 12 hours after sign-in, or 2 hours after its last use.');
  if (session.passwordMustChange && route.beforePasswordChange !== true) {
    return new Problem('password-must-change', 'This account still has its first password, which can do nothing but be changed: PUT /api/v0/password.');
  }
  if (route.right !== 'signed-in' && !session.rights.includes(route.right)) return new Problem('right-missing', `This needs the right "${route.right}".`);
  return undefined;
}
