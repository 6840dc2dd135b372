import { setTimeout as pause } from 'node:timers/promises';
import { TransientFailure } from '@inkpost/failure/failure.js';
import { FETCH_PIECE_BYTES, SERVER_TIMES, type ServerTimes } from '../../limits.js';
import type { AfterProcessing } from '../../mailboxes/mailbox.js';
import { type FetchedMail, MAIL_GONE, type MailSource, type OpenSource, type SourceAccess } from '../../ports/mail-source.port.js';
import { connectionFailure, connectionLost } from '../mail-server-failure.js';
import { firstHeader } from './first-header.js';
import { openSession } from './open-session.js';
import type { ListedMail, Pop3Session } from './pop3-session.js';

/** How to open maildrops by POP3 (RFC 1939). See `OpenSource`. */
export function pop3Source(times: ServerTimes = SERVER_TIMES): OpenSource {
  return async (access, signal) => {
    const source = new Pop3Source(access, times);
    const abort = (): void => void source.close();
    signal.addEventListener('abort', abort, { once: true });
    try {
      signal.throwIfAborted();
      await source.check();
      return source;
    } catch (error) {
      await source.close();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  };
}

/** A session shows the maildrop as it was at its beginning, and mostly locks it: so there is one for each look, and none in between. */
class Pop3Source implements MailSource {
  readonly epoch = 'uidl';
  readonly announces = false;
  private session: Pop3Session | undefined;
  /** Of the session, by key. */
  private mails: ReadonlyMap<string, ListedMail> = new Map();
  /** Those that were given out already. */
  private listed: ReadonlySet<string> = new Set();
  private signedInAt = -Infinity;
  private loginDelayMs = 0;
  private readonly closing = new AbortController();

  constructor(
    private readonly access: SourceAccess,
    private readonly times: ServerTimes,
  ) {}

  async list(): Promise<string[]> {
    this.listed = new Set();
    return this.listNew();
  }

  async listNew(): Promise<string[]> {
    await this.signedIn();
    const before = this.listed;
    this.listed = new Set(this.mails.keys());
    return [...this.listed].filter((key) => !before.has(key));
  }

  async check(): Promise<boolean> {
    await this.signedIn();
    return [...this.mails.keys()].some((key) => !this.listed.has(key));
  }

  async *fetch(keys: readonly string[]): AsyncGenerator<FetchedMail, void, undefined> {
    for (const key of keys) {
      const found = await this.find(key);
      if (!found) continue;
      const { session, mail: { number, sizeBytes } } = found;
      const whole = sizeBytes < FETCH_PIECE_BYTES ? await this.told(() => wholeMail(session, number)) : undefined;
      if (whole !== 'gone') yield { key, sizeBytes: whole?.length ?? sizeBytes, receivedAt: undefined, whole };
    }
  }

  async *fetchLong(key: string, bytesMax: number): AsyncGenerator<Buffer, void, undefined> {
    const { session, mail } = await this.present(key);
    const content = await this.told(() => session.retrieve(mail.number));
    if (!content) throw gone(key);
    let sizeBytes = 0;
    for await (const piece of this.toldWhile(content)) {
      yield piece;
      sizeBytes += piece.length;
      // Its rest would have to be heard before anything else: a new session costs less.
      if (sizeBytes > bytesMax) return;
    }
  }

  async *fetchHeader(key: string): AsyncGenerator<Buffer, void, undefined> {
    const { session, mail } = await this.present(key);
    const content = await this.told(async () => (await session.header(mail.number)) ?? session.retrieve(mail.number));
    if (!content) throw gone(key);
    yield* firstHeader(this.toldWhile(content));
  }

  async settle(keys: readonly string[], choice: AfterProcessing): Promise<boolean> {
    if (choice !== 'delete') return choice === 'keep';
    return this.told(async () => {
      const session = await this.signedIn();
      const numbers = keys.flatMap((key) => this.mails.get(key)?.number ?? []);
      if (numbers.length === 0) return true;
      const taken = await session.delete(numbers);
      // Nothing is deleted before this is answered.
      const deleted = await session.quit();
      this.session = undefined;
      return taken && deleted;
    });
  }

  async waitForMail(): Promise<undefined> {
    await this.leave();
    await this.wait(this.times.signedInEveryMs);
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.session?.destroy();
  }

  /** The session, begun anew if there is none. */
  private async signedIn(): Promise<Pop3Session> {
    if (this.session?.isOpen) return this.session;
    await this.wait(this.signedInAt + this.loginDelayMs - performance.now());
    return this.told(async () => {
      const session = await openSession(this.access, this.times, this.closing.signal);
      this.session = session;
      this.signedInAt = performance.now();
      this.loginDelayMs = session.loginDelayMs;
      this.mails = keyed(await session.list());
      return session;
    });
  }

  private async find(key: string): Promise<{ session: Pop3Session; mail: ListedMail } | undefined> {
    const session = await this.signedIn();
    const mail = this.mails.get(key);
    return mail && { session, mail };
  }

  private async present(key: string): Promise<{ session: Pop3Session; mail: ListedMail }> {
    const found = await this.find(key);
    if (!found) throw gone(key);
    return found;
  }

  /** Lets others at the maildrop. That the server doesn't answer is found out at the next look. */
  private async leave(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    if (!session?.isOpen) return;
    const left = session.quit().catch(() => undefined);
    await Promise.race([left, pause(this.times.farewellMaxMs, undefined, { ref: false })]);
    session.destroy();
  }

  private async wait(delayMs: number): Promise<void> {
    if (delayMs > 0) await pause(delayMs, undefined, { signal: this.closing.signal }).catch(() => undefined);
    if (this.closing.signal.aborted) throw connectionLost(this.access, 'it was closed');
  }

  private async told<T>(work: () => Promise<T>): Promise<T> {
    return work().catch((error: unknown) => {
      throw connectionFailure(error, this.access);
    });
  }

  private async *toldWhile(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    try {
      yield* content;
    } catch (error) {
      throw connectionFailure(error, this.access);
    }
  }
}

/**
 * By a key of its own each: a server may give identical mails one UIDL, or, against RFC 1939, different ones; only what was fetched may be
 * deleted. No UIDL has a space in it.
 */
function keyed(mails: readonly ListedMail[]): Map<string, ListedMail> {
  const counts = new Map<string, number>();
  return new Map(mails.map((mail) => {
    const count = (counts.get(mail.key) ?? 0) + 1;
    counts.set(mail.key, count);
    return [count === 1 ? mail.key : `${mail.key} ${count}`, mail];
  }));
}

/** Undefined: it is longer than the server said. */
async function wholeMail(session: Pop3Session, number: number): Promise<Buffer | 'gone' | undefined> {
  const content = await session.retrieve(number);
  if (!content) return 'gone';
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of content) {
    sizeBytes += piece.length;
    if (sizeBytes >= FETCH_PIECE_BYTES) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces, sizeBytes);
}

function gone(key: string): TransientFailure {
  return new TransientFailure(MAIL_GONE, 'The mail is no longer in its folder.', { fields: { key } });
}
