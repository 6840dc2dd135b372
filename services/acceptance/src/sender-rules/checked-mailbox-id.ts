import { invalidField } from '@inkpost/service/rpc-errors.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** The id of a mailbox, or empty for what holds in general. Throws the refusal of anything else. */
export function checkedMailboxId(mailboxId: string): string {
  if (mailboxId !== '' && !UUID.test(mailboxId)) throw invalidField('mailboxId', 'must be the id of a mailbox, or empty for what holds in general');
  return mailboxId;
}
