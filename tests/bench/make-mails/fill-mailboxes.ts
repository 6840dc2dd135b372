import type { DovecotServer } from '@inkpost/testkit/dovecot-server.js';
import type { BenchMail } from './bench-mail.js';

/** Enough to keep Dovecot busy while the next mails are made. */
const DELIVERIES_AT_ONCE = 4;

/** Delivers each mail to all these mailboxes by LMTP. Gives the SHA-256 of their documents. */
export async function fillMailboxes(dovecot: DovecotServer, mailboxes: readonly string[], mails: Iterable<BenchMail>): Promise<Set<string>> {
  const documents = new Set<string>();
  const queue = mails[Symbol.iterator]();
  const deliverNext = async (): Promise<void> => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      const { raw, sender, sha256 } = next.value;
      documents.add(sha256);
      await dovecot.deliver({ from: sender, to: mailboxes, raw });
    }
  };
  await Promise.all(Array.from({ length: DELIVERIES_AT_ONCE }, deliverNext));
  return documents;
}
