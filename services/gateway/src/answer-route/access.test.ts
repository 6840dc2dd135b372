import { describe, expect, it } from 'vitest';
import type { Session } from '../sessions/session.js';
import { whyRefused } from './access.js';
import { type Access, route } from './route.js';

const session: Session = { tokenSha256: Buffer.alloc(32), account: 'ada', identity: undefined, rights: ['jobs.read'], passwordMustChange: false, expiresAt: new Date() };
const first: Session = { ...session, rights: ['jobs.read'], passwordMustChange: true };

describe('access to a route', () => {
  it.each([
    ['everybody to a public one', { right: { public: 'Because.' } }, undefined, undefined],
    ['nobody without a session', { right: 'jobs.read' }, undefined, 'not-signed-in'],
    ['who has the right', { right: 'jobs.read' }, session, undefined],
    ['nobody with another right', { right: 'jobs.manage' }, session, 'right-missing'],
    ['who is signed in', { right: 'signed-in' }, session, undefined],
    ['no first password, whatever its rights', { right: 'jobs.read' }, first, 'password-must-change'],
    ['no first password to what only needs a sign-in', { right: 'signed-in' }, first, 'password-must-change'],
    ['a first password to what changes it', { right: 'signed-in', beforePasswordChange: true }, first, undefined],
  ] as const)('is given to %s', (_name, route, who, kind) => {
    expect(whyRefused(route, who)?.kind).toBe(kind);
  });
});

describe('a route', () => {
  const declare = (right: unknown) => () => route({ method: 'GET', path: '/x', operation: 'x', right: right as Access, summary: 'X', status: 204, handle: async () => undefined });

  it.each([undefined, null, '', 'everything', 'Signed-in', [], {}, { public: '' }, { public: true }, { public: 'because' }])('whose right is %j can\'t be declared', (right) => {
    expect(declare(right)).toThrow(/GET \/x (declares no right|is public without a reason)/);
  });

  it.each(['jobs.read', 'signed-in', { public: 'Signing in is how a session begins.' }])('whose right is %j can', (right) => {
    expect(declare(right)).not.toThrow();
  });
});
