import { describe, expect, it } from 'vitest';
import { TRACE_LINE_CHARACTERS_MAX } from '../limits.js';
import { maskSecrets } from './mask-secrets.js';

const secret = 'Hunter2-very';
const base64 = Buffer.from(`\0print@example.org\0${secret}`).toString('base64');
const jwt = `eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.${'c2VjcmV0'.repeat(12)}.${'c2lnbmVk'.repeat(6)}`;

describe('what is kept of a conversation', () => {
  it.each([
    [`C: A2 LOGIN print@example.org ${secret}`, 'C: A2 LOGIN print@example.org (hidden)'],
    [`C: A2 LOGIN "print \\" x" "${secret} x"`, 'C: A2 LOGIN "print \\" x" (hidden)'],
    [`C: A2 AUTHENTICATE PLAIN ${base64}`, 'C: A2 AUTHENTICATE PLAIN (hidden)'],
    [`C: auth xoauth2 ${base64}`, 'C: auth xoauth2 (hidden)'],
    [`C: ${base64}`, 'C: (hidden)'],
    [`C: PASS ${secret} with blanks`, 'C: PASS (hidden)'],
    ['C: APOP print c4c9334bac560ecc979e58001b3e22fb', 'C: APOP print (hidden)'],
    [`> Authorization: Bearer ${secret}`, '> Authorization: (hidden)'],
    [`{"authorization":"Bearer ${secret}","x":1}`, '{"authorization":"(hidden)","x":1}'],
    [`user=a auth=Bearer ${secret}`, 'user=a auth=Bearer (hidden)'],
    [`{"token_type":"Bearer","access_token":"${secret}","expires_in":3599}`, '{"token_type":"Bearer","access_token":"(hidden)","expires_in":3599}'],
    [`grant_type=refresh_token&refresh_token=${secret}&client_secret=${secret}&scope=x`, 'grant_type=refresh_token&refresh_token=(hidden)&client_secret=(hidden)&scope=x'],
    [`S: token ${jwt} refused`, 'S: token (hidden) refused'],
    [`S: -ERR wrong password: ${secret}`, 'S: -ERR wrong password: (hidden)'],
    [`S: Inkpost-Canary: ${secret}`, 'S: Inkpost-Canary: (hidden)'],
  ])('hides the secret of %s', (line, shown) => {
    expect(maskSecrets(line)).toBe(shown);
    expect(maskSecrets(line)).not.toContain(secret);
  });

  it.each([
    'S: * CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS AUTH=PLAIN AUTH=XOAUTH2 IDLE',
    'C: A3 AUTHENTICATE PLAIN',
    'S: * 12 FETCH (UID 44 RFC822.SIZE 231044 BODY[]<0> {231044})',
    'S: A2 NO [AUTHENTICATIONFAILED] Authentication failed.',
    '-- The mail server mail.example.org:993 refused the user name or the password: Authentication failed. Tried again in 30 seconds.',
    'S: +OK 2 messages (320 octets)',
    'S: 1 AAMkAGI2TG93AAA9-QhqXeo5Lk2GdZ0',
    'GET /v1.0/users/print@example.org/mailFolders/inbox/messages/delta 200 in 41 ms',
  ])('leaves alone %s', (line) => {
    expect(maskSecrets(line)).toBe(line);
  });

  it('is one line, whatever a server sends', () => {
    expect(maskSecrets('S: one\r\nS: two\u0000\u001b[31m\u2028three\r\n')).toBe('S: one S: two [31m three');
  });

  it('is cut where it is long, and says so', () => {
    const shown = maskSecrets(`S: ${'ab '.repeat(2_000)}`);
    expect(shown.length).toBeLessThan(TRACE_LINE_CHARACTERS_MAX + 40);
    expect(shown).toMatch(/… \(6003 characters\)$/);
  });

  it('takes no time that a hostile server could stretch', () => {
    const startedAt = performance.now();
    for (const line of [`LOGIN "${'\\"'.repeat(50_000)}`, 'A'.repeat(100_000), 'code='.repeat(20_000), `AUTH ${'- '.repeat(50_000)}`]) maskSecrets(line);
    expect(performance.now() - startedAt).toBeLessThan(200);
  });
});
