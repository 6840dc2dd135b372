import { SERVER_TIMES } from '../../limits.js';
import type { ProbedMailbox } from '../../ports/mailbox-probe.port.js';
import type { SourceAccess } from '../../ports/mail-source.port.js';
import { connectionFailure } from '../mail-server-failure.js';
import { openSession } from './open-session.js';
import type { Pop3Session } from './pop3-session.js';

/** Signs in by POP3, only to look. See `ProbeMailbox`. A session that deletes nothing changes nothing (RFC 1939, 6). */
export async function probePop3Mailbox(access: SourceAccess, signal: AbortSignal): Promise<ProbedMailbox> {
  const ending = new AbortController();
  const abort = (): void => ending.abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    return new Pop3Probe(await openSession(access, SERVER_TIMES, ending.signal), access);
  } catch (error) {
    throw connectionFailure(error, access);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

class Pop3Probe implements ProbedMailbox {
  constructor(
    private readonly session: Pop3Session,
    private readonly access: SourceAccess,
  ) {}

  async openFolder(): Promise<string> {
    try {
      const { length } = await this.session.list();
      return `The maildrop can be read; ${length === 1 ? '1 mail is' : `${length} mails are`} in it.`;
    } catch (error) {
      throw connectionFailure(error, this.access);
    }
  }

  async checkPermissions(): Promise<string> {
    return 'POP3 knows no permissions: who may read a maildrop may delete from it, if the mail server allows that at all.';
  }

  async close(): Promise<void> {
    // Without a farewell nothing is deleted, whatever happened (RFC 1939, 8).
    this.session.destroy();
  }
}
