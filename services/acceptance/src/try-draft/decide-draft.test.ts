import { describe, expect, it } from 'vitest';
import { type Conditions, NO_CONDITIONS } from '../sender-rules/conditions.js';
import { senderRules } from '../sender-rules/decide-sender.js';
import { compareDraft, decideDraft, type Draft, type PastMails } from './decide-draft.js';

const draft = (conditions: Partial<Conditions>, authentication: Draft['authentication'] = 'report'): Draft => ({ rules: senderRules({ ...NO_CONDITIONS, ...conditions }), authentication });
const past = (sender: string, mails: number, more: Partial<PastMails> = {}): PastMails =>
  ({ sender, mails, lastMessageId: `last of ${sender}`, lastAt: new Date('2026-01-01'), rule: 'accepted domain example.org', accepted: true, verdict: 'none', basis: '', ...more });

describe('a draft', () => {
  it('says by which rule it decides about a sender, its authenticity after its address', () => {
    const strict = draft({ acceptedDomains: ['example.org'], refusedAddresses: ['eve@example.org'] }, 'require');
    expect(decideDraft(strict, 'a@example.org', { verdict: 'pass', basis: 'dkim' })).toEqual({ accepted: true, rule: 'accepted domain example.org', statusText: '' });
    expect(decideDraft(strict, 'a@example.org', { verdict: 'none', basis: '' })).toMatchObject({ accepted: false, rule: 'sender authentication is required' });
    expect(decideDraft(strict, 'eve@example.org', { verdict: 'fail', basis: 'dmarc' })).toEqual({
      accepted: false, rule: 'refused address eve@example.org', statusText: 'The job was submitted with a forbidden e-mail address: eve@example.org',
    });
    expect(decideDraft(strict, '', { verdict: 'none', basis: '' })).toMatchObject({ accepted: false, rule: '' });
  });

  it('counts the mails that it would decide otherwise, and lists their senders, most mails first', () => {
    const mails = [past('a@example.org', 390), past('d@example.org', 5), past('b@example.org', 9), past('n@new.example', 8, { accepted: false, rule: '' })];
    const { changed, ...counts } = compareDraft(draft({ acceptedDomains: ['example.org', 'new.example'], refusedAddresses: ['b@example.org', 'd@example.org'] }), mails);
    expect(counts).toEqual({ mails: 412, nowRefused: 14, nowAccepted: 8 });
    expect(changed.map(({ sender, mails: count, now }) => [sender, count, now.accepted])).toEqual([['b@example.org', 9, false], ['n@new.example', 8, true], ['d@example.org', 5, false]]);
    expect(changed[0]).toMatchObject({ lastMessageId: 'last of b@example.org', ruleThen: 'accepted domain example.org', now: { rule: 'refused address b@example.org' } });
  });

  it('of sender authentication is tried with what was found out about the mails', () => {
    const mails = [past('a@example.org', 3, { verdict: 'pass', basis: 'dmarc' }), past('a@example.org', 2), past('a@example.org', 1, { verdict: 'fail', basis: 'dmarc', accepted: false })];
    const conditions = { acceptedDomains: ['example.org'] };
    expect(compareDraft(draft(conditions, 'require'), mails)).toMatchObject({ mails: 6, nowRefused: 2, nowAccepted: 0 });
    expect(compareDraft(draft(conditions, 'off'), mails)).toMatchObject({ nowRefused: 0, nowAccepted: 1 });
  });
});
