import { PermanentFailure } from '@inkpost/failure/failure.js';
import { OPENED_AT_ONCE_MAX } from '../limits.js';
import type { MailboxKind, SourceProtocol } from '../mailboxes/mailbox.js';
import type { OpenMailbox } from './open-mailbox.js';
import { serverNameOf } from './server-returns.js';
import { ServerTurns } from './server-turns.js';

/** Who fetches the mails of which mailboxes. What is not in it is not offered. */
export type SourceTable = Partial<Record<`${Exclude<MailboxKind, 'smtp'>}/${SourceProtocol}`, OpenMailbox>>;

/** Finds the way to a mailbox by its kind and protocol. */
export class MailboxSources {
  private readonly turns = new ServerTurns(OPENED_AT_ONCE_MAX);

  constructor(private readonly table: SourceTable) {}

  readonly isOffered = (kind: MailboxKind, protocol: SourceProtocol): boolean => this.find(kind, protocol) !== undefined;

  /** Throws a `PermanentFailure` for a mailbox that an Inkpost which offers more has made. */
  readonly open: OpenMailbox = async (mailbox, signal) => {
    const { kind, server: { protocol } } = mailbox.settings;
    const open = this.find(kind, protocol);
    if (!open) throw new PermanentFailure('mailbox.kind-not-offered', `Mailboxes of kind ${kind} by ${protocol} are not offered by this version.`);
    return this.turns.take(serverNameOf(mailbox.settings), signal, () => open(mailbox, signal));
  };

  private find(kind: MailboxKind, protocol: SourceProtocol): OpenMailbox | undefined {
    return kind === 'smtp' ? undefined : this.table[`${kind}/${protocol}`];
  }
}
