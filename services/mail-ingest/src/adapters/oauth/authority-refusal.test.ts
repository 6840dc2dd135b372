import { describe, expect, it } from 'vitest';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { readRefusal, refusalFailure } from './authority-refusal.js';

function entra(code: number, error = 'invalid_grant') {
  const refusal = readRefusal({ error, error_description: `AADSTS${code}: Something. Trace ID: 1 Correlation ID: 2`, error_codes: [code] });
  return refusalFailure('office365', refusal ?? { error: '', description: '', codes: [] });
}

function google(error: string, description = '') {
  return refusalFailure('google', readRefusal({ error, error_description: description }) ?? { error: '', description: '', codes: [] });
}

describe('a refusal of Entra', () => {
  it.each([
    [7000222, 'mailbox.client-secret-refused', /expired\. Make a new one .*Certificates & secrets/],
    [7000215, 'mailbox.client-secret-refused', /value, not its ID/],
    [700016, 'mailbox.client-secret-refused', /no application with this client ID/],
    [50076, 'mailbox.two-factor-demanded', /^The connection to Entra ID failed: it demands two-factor sign-in .*without two-factor sign-in/],
    [50079, 'mailbox.two-factor-demanded', /enrolled for two-factor/],
    [700082, 'mailbox.needs-association', /not used for too long\. Associate the mailbox again/],
    [50173, 'mailbox.needs-association', /revoked/],
    [65001, 'mailbox.needs-association', /Grant admin consent/],
    [90002, 'mailbox.authority-refused', /no such tenant/],
  ])('with code %i is told as %s', (code, ownCode, text) => {
    const failure = entra(code);
    expect(failure.code).toBe(ownCode);
    expect(failure.message).toMatch(text);
    expect(failure.message).toContain(`(AADSTS${code})`);
    expect(failure.fields).toMatchObject({ aadsts: code });
  });

  it('is known by its text too, where the browser brings it', () => {
    expect(refusalFailure('office365', readRefusal({ error: 'access_denied', error_description: 'AADSTS65004: User declined' }) ?? { error: '', description: '', codes: [] })).toMatchObject({ code: 'mailbox.consent-denied' });
  });

  it('that nobody foresaw is told in its own words, without what is for its makers', () => {
    const { code, message, fields } = entra(999_999, 'invalid_request');
    expect([code, message]).toEqual(['mailbox.authority-refused', 'Entra ID refuses: AADSTS999999: Something. (invalid_request).']);
    expect(fields).toMatchObject({ aadsts: 999_999 });
  });
});

describe('a refusal of Google', () => {
  it.each([
    ['invalid_grant', 'Token has been expired or revoked.', 'mailbox.needs-association', /Associate the mailbox again/],
    ['invalid_grant', 'reauth related error (invalid_rapt)', 'mailbox.two-factor-demanded', /session control/],
    ['invalid_client', 'The provided client secret is invalid.', 'mailbox.client-secret-refused', /client secret/],
    ['deleted_client', '', 'mailbox.client-secret-refused', /deleted/],
    ['admin_policy_enforced', '', 'mailbox.authority-refused', /API controls/],
  ])('%s "%s" is told as %s', (error, description, ownCode, text) => {
    const failure = google(error, description);
    expect(failure.code).toBe(ownCode);
    expect(failure.message).toMatch(text);
  });
});

describe('a declined consent', () => {
  it('is final', () => {
    expect(google('access_denied')).toBeInstanceOf(PermanentFailure);
  });
});

describe('what is no refusal', () => {
  it.each([undefined, 'text', {}, { error: 7 }, null])('%j is not read as one', (body) => {
    expect(readRefusal(body)).toBeUndefined();
  });
});
