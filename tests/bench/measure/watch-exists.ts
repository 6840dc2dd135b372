import { ImapFlow } from 'imapflow';
import type { MailAccount } from '../make-mails/mail-account.js';

/**
 * An IMAP client of the benchmark's own, in IDLE on the same mailbox as the suite: it sees a new mail when Dovecot announces it.
 * Dovecot does so about 500 ms after LMTP acknowledged the mail, a pause that is none of the suite's.
 */
export class ExistsWatch {
  /** Date.now() of the announcement of the first, second, … mail. */
  readonly announcedAt: number[] = [];

  private constructor(private readonly client: ImapFlow) {}

  static async open({ address, password, imapPort }: MailAccount): Promise<ExistsWatch> {
    const client = new ImapFlow({ host: '127.0.0.1', port: imapPort, secure: false, doSTARTTLS: false, auth: { user: address, pass: password }, logger: false });
    const watch = new ExistsWatch(client);
    client.on('error', () => undefined); // the connection ends with the benchmark
    client.on('exists', ({ count }: { count: number }) => {
      // Two mails may be announced together.
      while (watch.announcedAt.length < count) watch.announcedAt.push(Date.now());
    });
    await client.connect();
    await client.mailboxOpen('INBOX');
    void client.idle().catch(() => undefined);
    return watch;
  }

  async close(): Promise<void> {
    await this.client.logout();
  }
}
