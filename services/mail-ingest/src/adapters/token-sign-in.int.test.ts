import { request } from 'node:https';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type IdentityProvider, startIdentityProvider } from '@inkpost/testkit/identity-provider/identity-provider.js';
import { mail } from '../ports/mail-source.contract.js';
import { LOGIN_REFUSED, NEEDS_ASSOCIATION, type SignIn } from '../ports/mail-source.port.js';
import { DovecotPlaces } from './dovecot-places.harness.js';
import { imapSource } from './imap/imap-source.adapter.js';
import { pop3Source } from './pop3/pop3-source.adapter.js';

const SOURCES = { imap: imapSource(), pop3: pop3Source() };

describeWithServer('dovecot', 'a mailbox that is signed in to with a token', () => {
  let provider: IdentityProvider;
  let places: DovecotPlaces;

  beforeAll(async () => {
    provider = await startIdentityProvider({ users: [], publicUrl: 'http://localhost:5780', applicationMailbox: 'user0@inkpost.test' });
    places = await DovecotPlaces.start({ introspectionUrl: provider.introspectionUrl });
  });
  afterAll(async () => {
    await places.stop();
    await provider.stop();
  });

  async function grantedToken(): Promise<string> {
    const { clientId, clientSecret } = provider.office365;
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope: 'https://outlook.office365.com/.default' });
    const asked = request(`${provider.authority}/${provider.tenantId}/oauth2/v2.0/token`, { ca: provider.ca, method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    asked.end(form.toString());
    const { access_token: token } = await new Promise<{ access_token: string }>((resolve, reject) => {
      asked.on('error', reject).on('response', (response) => resolve(json(response) as Promise<{ access_token: string }>));
    });
    return token;
  }

  /** Gives these tokens one after the other, the last one for ever. */
  function signInWith(access: 'application' | 'delegated', ...tokens: string[]): SignIn & { readonly asked: (string | undefined)[] } {
    const asked: (string | undefined)[] = [];
    return {
      kind: 'token', access, asked,
      accessToken: async (refused) => {
        asked.push(refused);
        return tokens[Math.min(asked.length, tokens.length) - 1] ?? '';
      },
    };
  }

  it('is opened with a good one, with another one when one is refused, and by nobody else', async () => {
    const signal = new AbortController().signal;
    const good = await grantedToken();
    const own = await places.makePlace('imap');
    await own.add(mail('by token'));
    const { imapPort, pop3Port } = places.dovecot;
    const other = await places.makePlace('imap');
    for (const [protocol, port] of [['imap', imapPort], ['pop3', pop3Port]] as const) {
      const access = { ...own.access, protocol, port, signIn: signInWith('application', good) };
      const lines: string[] = [];
      const source = await SOURCES[protocol]({ ...access, trace: (line) => lines.push(line) }, signal);
      expect(await source.list()).toHaveLength(1);
      await source.close();
      expect(lines.join('\n')).toContain('XOAUTH2');
      expect(lines.join('\n')).not.toContain(Buffer.from(good).toString('base64').slice(10, 60));
      const twice = signInWith('application', 'garbage', good);
      await (await SOURCES[protocol]({ ...access, signIn: twice }, signal)).close();
      expect(twice.asked).toEqual([undefined, 'garbage']);
      const words = /did not accept the access token for user\d@inkpost\.test: .*status 401/;
      await expect(SOURCES[protocol]({ ...access, signIn: signInWith('application', 'garbage') }, signal)).rejects.toMatchObject({ code: LOGIN_REFUSED, message: expect.stringMatching(words) });
      await expect(SOURCES[protocol]({ ...access, user: other.access.user, signIn: signInWith('delegated', good) }, signal)).rejects.toMatchObject({ code: NEEDS_ASSOCIATION });
    }
  }, 30_000);
});
