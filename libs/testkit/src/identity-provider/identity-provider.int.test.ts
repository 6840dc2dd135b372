import { request } from 'node:https';
import { json } from 'node:stream/consumers';
import { ImapFlow } from 'imapflow';
import { beforeAll, expect, it } from 'vitest';
import { describeWithServer } from '../describe-with-server.js';
import { type DovecotServer, startDovecot } from '../dovecot-server.js';
import { type IdentityProvider, startIdentityProvider } from './identity-provider.js';
import { Visitor } from './visitor.js';

const print = { address: 'print@test.example', password: 'print-secret' };
const alice = { address: 'alice@test.example', password: 'alice-secret' };
const IMAP_SCOPE = 'https://outlook.office.com/IMAP.AccessAsUser.All';

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly error?: string;
  readonly error_codes?: number[];
}

describeWithServer('dovecot', 'identity providers in the shapes of Entra and Google', () => {
  let provider: IdentityProvider;
  let dovecot: DovecotServer;

  beforeAll(async () => {
    provider = await startIdentityProvider({ users: [print, alice], publicUrl: 'http://localhost:5780', applicationMailbox: print.address });
    dovecot = await startDovecot({ users: [print, alice], introspectionUrl: provider.introspectionUrl });
    return async () => {
      await dovecot.remove();
      await provider.stop();
    };
  });

  function ask(path: string, form?: Readonly<Record<string, string>>): Promise<Tokens> {
    const asked = request(`${provider.authority}${path}`, { ca: provider.ca, method: form ? 'POST' : 'GET', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    asked.end(form ? new URLSearchParams(form).toString() : undefined);
    return new Promise((resolve, reject) => asked.on('error', reject).on('response', (response) => resolve(json(response) as Promise<Tokens>)));
  }

  const clientOf = (shape: 'office365' | 'google') => ({ client_id: provider[shape].clientId, client_secret: provider[shape].clientSecret });
  const tokenPath = { office365: () => `/${provider.tenantId}/oauth2/v2.0/token`, google: () => '/google/token' };

  async function grant(shape: 'office365' | 'google', parameters: Readonly<Record<string, string>>): Promise<Tokens> {
    const redirectUri = provider[shape].redirectUris[0] ?? '';
    const path = shape === 'office365' ? `/${provider.tenantId}/oauth2/v2.0/authorize` : '/google/o/oauth2/v2/auth';
    const query = new URLSearchParams({ response_type: 'code', client_id: provider[shape].clientId, redirect_uri: redirectUri, state: 'state', ...parameters });
    const back = await new Visitor(provider.ca).signIn(`${provider.authority}${path}?${query}`, { account: print.address, password: print.password });
    expect(back.href).toMatch(`${redirectUri}?`);
    return ask(tokenPath[shape](), { ...clientOf(shape), grant_type: 'authorization_code', code: back.searchParams.get('code') ?? '', redirect_uri: redirectUri });
  }

  const refresh = (shape: 'office365' | 'google', refreshToken: string) => ask(tokenPath[shape](), { ...clientOf(shape), grant_type: 'refresh_token', refresh_token: refreshToken });

  async function opens(user: string, accessToken: string): Promise<boolean> {
    const client = new ImapFlow({ host: '127.0.0.1', port: dovecot.imapsPort, secure: true, tls: { ca: dovecot.ca }, auth: { user, accessToken }, logger: false });
    client.on('error', () => undefined);
    return client.connect().then(() => client.logout()).then(() => true, (error: { authenticationFailed?: boolean }) => {
      expect(error.authenticationFailed).toBe(true);
      return false;
    });
  }

  it('let a mail server know whose mail a token opens: no other account, no token for something else, none that was revoked', async () => {
    const mail = await grant('office365', { scope: `openid offline_access ${IMAP_SCOPE}` });
    const other = await grant('office365', { scope: 'openid offline_access email' });
    expect(await opens(print.address, mail.access_token)).toBe(true);
    expect([await opens(alice.address, mail.access_token), await opens(print.address, other.access_token), await opens(print.address, 'garbage')]).toEqual([false, false, false]);
    provider.revoke(print.address);
    expect(await opens(print.address, mail.access_token)).toBe(false);
    expect(await refresh('office365', mail.refresh_token)).toMatchObject({ error: 'invalid_grant', error_codes: [50173] });
  });

  it('like Entra give a new refresh token each time, and end the grant when an old one is used again', async () => {
    const first = await grant('office365', { scope: `openid offline_access ${IMAP_SCOPE}` });
    const second = await refresh('office365', first.refresh_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await opens(print.address, second.access_token)).toBe(true);
    expect((await refresh('office365', first.refresh_token)).error).toBe('invalid_grant');
    expect((await refresh('office365', second.refresh_token)).error).toBe('invalid_grant');
  });

  it('like Google keep the refresh token and don\'t repeat it', async () => {
    const first = await grant('google', { scope: 'openid email https://mail.google.com/', access_type: 'offline', prompt: 'consent' });
    const second = await refresh('google', first.refresh_token);
    expect(second).not.toHaveProperty('refresh_token');
    expect(await opens(print.address, second.access_token)).toBe(true);
    expect((await refresh('google', first.refresh_token)).access_token).toBeDefined();
  });

  it('let an application in by itself to the mailbox that it was given', async () => {
    const { access_token } = await ask(tokenPath.office365(), { ...clientOf('office365'), grant_type: 'client_credentials', scope: 'https://outlook.office365.com/.default' });
    expect([await opens(print.address, access_token), await opens(alice.address, access_token)]).toEqual([true, false]);
  });

  it('refuse in the words of Entra: a wrong secret, an unknown tenant, what a policy demands', async () => {
    const wrong = { ...clientOf('office365'), client_secret: 'wrong', grant_type: 'client_credentials' };
    expect(await ask(tokenPath.office365(), wrong)).toMatchObject({ error: 'invalid_client', error_codes: [7000215] });
    expect(await ask('/no-such-tenant/oauth2/v2.0/token', wrong)).toMatchObject({ error_codes: [90002] });
    provider.refuse('office365', 'two-factor-demanded');
    expect(await refresh('office365', 'whatever')).toMatchObject({ error_codes: [50076] });
    provider.refuse('office365', undefined);
  });
});
