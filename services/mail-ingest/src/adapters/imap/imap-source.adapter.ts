import { setTimeout as pause } from 'node:timers/promises';
import type { FetchMessageObject, ImapFlow, MailboxObject } from 'imapflow';
import { type Failure, TransientFailure } from '@inkpost/failure/failure.js';
import { FETCH_PIECE_BYTES, LONG_PIECE_BYTES, MAIL_BYTES_MAX, SERVER_TIMES, type ServerTimes } from '../../limits.js';
import type { AfterProcessing } from '../../mailboxes/mailbox.js';
import { type FetchedMail, MAIL_GONE, type MailSource, type OpenSource, type SourceAccess } from '../../ports/mail-source.port.js';
import { connectionLost } from '../mail-server-failure.js';
import { connectImap } from './imap-client.js';
import { imapFailure } from './imap-failure.js';

const DONE_FLAGS = ['\\Seen', '$InkpostDone'];
const BY_UID = { uid: true } as const;

/** How to open folders by IMAP (RFC 9051, RFC 3501). See `OpenSource`. */
export function imapSource(times: ServerTimes = SERVER_TIMES): OpenSource {
  return async (access, signal) => {
    const client = await connectImap(access, times, signal);
    const abort = (): void => client.close();
    signal.addEventListener('abort', abort, { once: true });
    try {
      if (access.afterProcessing === 'move') await client.mailboxCreate(access.processedFolder);
      return new ImapSource(client, access, times, await openFolder(client, access));
    } catch (error) {
      client.close();
      throw imapFailure(error, access);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  };
}

/** A mailbox that shall stay as it is isn't even opened for writing. */
function openFolder(client: ImapFlow, { folder, afterProcessing }: SourceAccess): Promise<MailboxObject> {
  return client.mailboxOpen(folder, { readOnly: afterProcessing === 'keep' });
}

class ImapSource implements MailSource {
  readonly epoch: string;
  readonly announces: boolean;
  private nextUid = 1;
  private existsAt: number | undefined;
  private error: Error | undefined;
  private wake: () => void = () => undefined;

  constructor(
    private readonly client: ImapFlow,
    private readonly access: SourceAccess,
    private readonly times: ServerTimes,
    { uidValidity }: MailboxObject,
  ) {
    this.epoch = String(uidValidity);
    this.announces = client.capabilities.has('IDLE');
    client.on('exists', () => {
      this.existsAt ??= performance.now();
      this.wake();
    });
    client.on('error', (error) => {
      this.error = error;
    });
    client.on('close', () => this.wake());
  }

  async list(): Promise<string[]> {
    this.nextUid = 1;
    return this.listNew();
  }

  async listNew(): Promise<string[]> {
    const from = this.nextUid;
    const found = await this.told(this.client.search({ uid: `${from}:*` }, BY_UID));
    if (!Array.isArray(found)) throw this.lost('it refused to search');
    // "n:*" is also the last mail where there is none from n on (RFC 9051, sequence sets).
    const uids = found.filter((uid) => uid >= from).sort((a, b) => a - b);
    this.nextUid = (uids.at(-1) ?? from - 1) + 1;
    return uids.map(String);
  }

  async *fetch(keys: readonly string[]): AsyncGenerator<FetchedMail, void, undefined> {
    const query = { uid: true, size: true, internalDate: true, source: { start: 0, maxLength: FETCH_PIECE_BYTES } };
    const mails = this.client.fetch(keys.join(','), query, BY_UID);
    try {
      for await (const mail of mails) {
        const { uid, source, size = source?.length ?? 0, internalDate } = mail;
        const whole = source && source.length < FETCH_PIECE_BYTES && size <= MAIL_BYTES_MAX ? source : undefined;
        yield { key: String(uid), sizeBytes: size, receivedAt: internalDate === undefined ? undefined : new Date(internalDate), whole };
      }
    } catch (error) {
      throw imapFailure(error, this.access);
    }
  }

  async *fetchLong(key: string, bytesMax: number): AsyncGenerator<Buffer, void, undefined> {
    for (let start = 0; start <= bytesMax; start += LONG_PIECE_BYTES) {
      const { source } = await this.fetchOne(key, { source: { start, maxLength: LONG_PIECE_BYTES } });
      if (!source) throw gone(key);
      if (source.length > 0) yield source;
      if (source.length < LONG_PIECE_BYTES) return;
    }
  }

  async *fetchHeader(key: string): AsyncGenerator<Buffer, void, undefined> {
    const { headers } = await this.fetchOne(key, { headers: true });
    if (headers) yield headers;
  }

  async settle(keys: readonly string[], choice: AfterProcessing, processedFolder: string): Promise<boolean> {
    const range = keys.join(',');
    const acts: Record<AfterProcessing, () => Promise<unknown>> = {
      keep: async () => true,
      flag: () => this.client.messageFlagsAdd(range, DONE_FLAGS, BY_UID),
      move: () => this.moveAndMake(range, processedFolder),
      delete: () => this.remove(range),
    };
    return Boolean(await this.told(acts[choice]()));
  }

  async waitForMail(): Promise<number | undefined> {
    const waiting = Promise.withResolvers<void>();
    this.wake = waiting.resolve;
    if (this.existsAt === undefined && this.client.usable) {
      // By itself imapflow enters IDLE only some time after the last command.
      if (this.announces) this.client.idle().catch(() => undefined);
      const timer = setTimeout(waiting.resolve, this.announces ? aboutEvery(this.times.checkedEveryMs) : this.times.polledEveryMs);
      await waiting.promise;
      clearTimeout(timer);
    }
    if (!this.client.usable) throw this.error ? imapFailure(this.error, this.access) : this.lost('it ended the connection');
    const existsAt = this.existsAt;
    this.existsAt = undefined;
    return existsAt;
  }

  async check(): Promise<boolean> {
    // Opened anew: servers show an open folder as it was, even to STATUS, when it was deleted or made anew meanwhile.
    const { uidNext, uidValidity } = await this.answeredSoon(openFolder(this.client, this.access));
    if (String(uidValidity) !== this.epoch) throw this.lost('its folder was made anew');
    return uidNext > this.nextUid;
  }

  async close(): Promise<void> {
    const left = this.client.logout().catch(() => undefined);
    await Promise.race([left, pause(this.times.farewellMaxMs, undefined, { ref: false })]);
    this.client.close();
  }

  /** Once more where the folder was missing: it may have been deleted since the mailbox was opened. */
  private async moveAndMake(range: string, folder: string): Promise<unknown> {
    if (await this.move(range, folder)) return true;
    const { created } = await this.client.mailboxCreate(folder).catch(() => ({ created: false }));
    return created && this.move(range, folder);
  }

  /** Without MOVE (RFC 6851) it is a copy, and a deletion. */
  private async move(range: string, folder: string): Promise<unknown> {
    if (this.client.capabilities.has('MOVE')) return this.client.messageMove(range, folder, BY_UID);
    return (await this.client.messageCopy(range, folder, BY_UID)) && this.remove(range);
  }

  /** Without UIDPLUS (RFC 4315) what others marked as deleted would go too: then ours are only marked. */
  private async remove(range: string): Promise<boolean> {
    return this.client.capabilities.has('UIDPLUS') ? this.client.messageDelete(range, BY_UID) : this.client.messageFlagsAdd(range, ['\\Deleted'], BY_UID);
  }

  private async fetchOne(key: string, query: Parameters<ImapFlow['fetchOne']>[1]): Promise<FetchMessageObject> {
    const mail = await this.told(this.client.fetchOne(key, query, BY_UID));
    if (!mail) throw gone(key);
    return mail;
  }

  private async told<T>(command: Promise<T>): Promise<T> {
    return command.catch((error: unknown) => {
      // What ended the connection says more than that it was ended.
      throw imapFailure(this.error ?? error, this.access);
    });
  }

  /** For a question whose only purpose may be to find out that the connection is dead. */
  private async answeredSoon<T>(command: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      this.error ??= new Error('it does not answer');
      this.client.close();
    }, this.times.checkAnsweredMaxMs);
    try {
      return await this.told(command);
    } finally {
      clearTimeout(timer);
    }
  }

  private lost(why: string): Failure {
    return connectionLost(this.access, why);
  }
}

/** So that a thousand mailboxes that were opened together aren't asked for together ever after. */
function aboutEvery(ms: number): number {
  return ms * (0.9 + 0.2 * Math.random());
}

function gone(key: string): TransientFailure {
  return new TransientFailure(MAIL_GONE, 'The mail is no longer in its folder.', { fields: { key } });
}
