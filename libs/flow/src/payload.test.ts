import { describe, expect, it } from 'vitest';
import { Defect } from '@inkpost/failure/failure.js';
import { decodePayload, encodePayload } from './payload.js';

describe('payloads', () => {
  it('come back as they were sent, with int and bytes fields', () => {
    const json = encodePayload('account.changed.v1', { accountId: 'a1', address: 'ann@example.org', displayName: 'Ann', language: 'fr', version: 3 });
    expect(decodePayload('account.changed.v1', json)).toMatchObject({ accountId: 'a1', language: 'fr', version: 3 });
  });

  it('are refused when a message-typed field is missing', () => {
    expect(() => encodePayload('acceptance.message-refused.v1', { messageId: 'm1' })).toThrow(Defect);
    expect(() => decodePayload('acceptance.message-refused.v1', { messageId: 'm1' })).toThrow(/sender/);
  });

  it('ignore fields of a later version', () => {
    expect(decodePayload('mailbox.deleted.v1', { mailboxId: 'm', later: true })).toMatchObject({ mailboxId: 'm' });
  });

  it('that can\'t be read are our own defect, not a loss', () => {
    expect(() => decodePayload('mailbox.deleted.v1', { mailboxId: 7 })).toThrow(Defect);
  });
});
