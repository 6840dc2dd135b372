import type { Outcome } from '@inkpost/flow/flow-client.js';
import { type DirectoryAccount, tellingVersion } from './known-sender.js';

/** The outcome, and what others are told of the account. */
export function tellingChange(outcome: Outcome, account: DirectoryAccount): Outcome {
  const { accountId, address, displayName, language, otherAddresses } = account;
  const payload = { accountId, address, displayName, language, otherAddresses: [...otherAddresses], inDirectory: true, version: tellingVersion(new Date()) };
  return { ...outcome, publish: [...outcome.publish, { subject: 'account.changed.v1', payload }] };
}

/** The outcome, and that the guest is this account now. */
export function tellingMerge(outcome: Outcome, account: DirectoryAccount, guest: string): Outcome {
  const { accountId, directory, address, displayName, language, otherAddresses } = account;
  const into = { accountId, directory, address, displayName, language };
  return {
    ...outcome,
    entries: [...outcome.entries, { step: 'guest-merged', evidence: { account: accountId, guest, directory, address } }],
    publish: [...outcome.publish, { subject: 'account.merged.v1', payload: { accountId: guest, into, otherAddresses: [...otherAddresses], version: tellingVersion(new Date()) } }],
  };
}
