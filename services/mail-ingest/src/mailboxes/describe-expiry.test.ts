import { expect, it } from 'vitest';
import { describeExpiry } from './describe-expiry.js';
import type { Office365Settings } from './mailbox.js';

const now = new Date('2026-01-01T00:00:00Z');
const inDays = (days: number) => new Date(now.getTime() + days * 86_400_000);
const server = { protocol: 'imap' as const, host: 'outlook.office365.com', port: 993, tls: 'implicit' as const, user: 'print@test.example', folder: 'INBOX', certificateAuthority: '' };

function mailbox(secretExpiresAt: Date | undefined): Office365Settings {
  return { kind: 'office365', address: 'print@test.example', queueId: 'lobby', enabled: true, afterProcessing: 'keep', processedFolder: '', server, tenantId: 't', access: 'delegated', client: { clientId: 'c', secretExpiresAt } };
}

it('warns from 30 days before on, and says first what runs out first', () => {
  expect(describeExpiry(mailbox(inDays(31)), inDays(30), now)).toEqual([{ what: 'grant', at: inDays(30), soon: true }, { what: 'client-secret', at: inDays(31), soon: false }]);
});

it('goes on warning of what has run out', () => {
  expect(describeExpiry(mailbox(inDays(-1)), undefined, now)).toEqual([{ what: 'client-secret', at: inDays(-1), soon: true }]);
});

it('says nothing of what nobody knows', () => {
  expect(describeExpiry(mailbox(undefined), undefined, now)).toEqual([]);
});
