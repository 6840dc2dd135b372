import { notFound } from '@inkpost/service/rpc-errors.js';
import type { Mailbox } from './mailbox.js';
import type { MailboxesStore } from './mailboxes.store.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Finds the mailbox that a call is about. */
export class MailboxFinder {
  constructor(private readonly store: Pick<MailboxesStore, 'find'>) {}

  /** Throws the refusal that its caller is told. */
  async existing(mailboxId: string): Promise<Mailbox> {
    const mailbox = UUID.test(mailboxId) ? await this.store.find(mailboxId) : undefined;
    if (!mailbox) throw notFound('mailbox', mailboxId);
    return mailbox;
  }
}
