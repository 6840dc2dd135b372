import { describe, expect, it } from 'vitest';
import { limitWords, type LimitLeft } from './limit-words.js';

const balance: LimitLeft = { kind: 'balance', name: '', period: '', currency: 'EUR', left: 12_500n, amount: 0n };
const quota: LimitLeft = { kind: 'quota', name: 'Pages', period: 'month', currency: '', left: 1_037n, amount: 2_000n };
/** Numbers have narrow spaces in French. */
const words = (limits: readonly LimitLeft[], language: 'fr' | 'en'): string => limitWords(limits, language).replaceAll(/\s/gu, ' ');

describe('what somebody may still print', () => {
  it('is said in the reader\'s language', () => {
    expect(words([balance, quota], 'en')).toBe('€12.50 on your balance, 1,037 of 2,000 pages this month (Pages)');
    expect(words([balance, quota], 'fr')).toBe('12,50 € sur votre solde, 1 037 sur 2 000 pages ce mois-ci (Pages)');
  });

  it('names the group that pays, and a debt', () => {
    const owed = { ...balance, name: 'Teachers', left: -340n };
    expect([words([owed], 'en'), words([owed], 'fr')]).toEqual(['-€0.34 on the balance of the group Teachers', '-0,34 € sur le solde du groupe Teachers']);
  });

  it('is money where a quota is of money', () => {
    expect(words([{ ...quota, name: 'Colour', period: 'week', currency: 'CHF', left: 500n, amount: 10_000n }], 'en')).toBe('CHF 0.50 of CHF 10.00 this week (Colour)');
  });

  it('is nothing where no limit holds', () => {
    expect(limitWords([], 'fr')).toBe('');
  });
});
