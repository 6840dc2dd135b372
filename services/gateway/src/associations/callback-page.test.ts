import { describe, expect, it } from 'vitest';
import { Problem } from '../answer-route/problem.js';
import { AssociationProblem, associatedPage, isRefusedOutcome, refusalPage } from './callback-page.js';

const facts = { mailboxAddress: 'print@test.example', account: 'ada@test.example', problem: 'The client secret has expired.' };
const OUTCOMES = ['unknown-state', 'used', 'expired', 'other-browser', 'settings-changed', 'consent-denied', 'other-account', 'refused'] as const;

describe('the page after a sign-in', () => {
  it('says in the manual\'s words that the account is associated (SKY-082)', () => {
    expect(associatedPage(facts, 'en')).toMatch(/<html lang="en">[^]*<h1>Account associated successfully<\/h1>[^]*print@test\.example/);
    expect(associatedPage(facts, 'fr')).toMatch(/<html lang="fr">[^]*<h1>Compte associé avec succès<\/h1>[^]*print@test\.example/);
  });

  it.each(OUTCOMES)('says what to do after %s, in both languages', (outcome) => {
    const problem = new AssociationProblem(outcome, facts);
    const [english, french] = [refusalPage(problem, 'en'), refusalPage(problem, 'fr')];
    expect(problem.status).toBe(409);
    expect(english).not.toBe(french);
    expect(english).toMatch(outcome === 'refused' ? /The client secret has expired/ : /[Bb]egin again/);
    expect(french).toMatch(outcome === 'refused' ? /The client secret has expired/ : /[Rr]ecommencez/);
  });

  it('names both accounts when another one signed in', () => {
    expect(refusalPage(new AssociationProblem('other-account', facts), 'en')).toMatch(/ada@test\.example signed in, but the mailbox is print@test\.example/);
  });

  it('shows what others say as text', () => {
    const page = refusalPage(new AssociationProblem('refused', { ...facts, problem: '<script>alert("x")</script>' }), 'en');
    expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;');
    expect(page).not.toContain('<script>');
  });

  it('is a page too when something else ended the request', () => {
    expect(refusalPage(new Problem('unavailable', 'The service mail-ingest does not answer.'), 'fr')).toMatch(/Cela n&#39;a pas fonctionné[^]*mail-ingest does not answer/);
  });

  it('knows each outcome, and none that nobody foresaw', () => {
    expect([isRefusedOutcome('associated'), ...OUTCOMES.map(isRefusedOutcome)]).toEqual([false, ...OUTCOMES.map(() => true)]);
    expect(() => isRefusedOutcome('surprise')).toThrow('surprise');
  });
});
