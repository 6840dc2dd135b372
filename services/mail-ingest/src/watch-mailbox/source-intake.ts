import { setImmediate as nextTurn } from 'node:timers/promises';
import { asFailure, CauseDown, type Failure, TransientFailure } from '@inkpost/failure/failure.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { FETCH_WINDOW, INTAKE_CONCURRENCY, MAIL_BYTES_MAX, RECONCILE_EVERY_MS } from '../limits.js';
import type { ReceivingMailbox, WatchedSettings } from '../mailboxes/mailbox.js';
import type { FetchedMail, MailSource } from '../ports/mail-source.port.js';
import type { MailMetrics } from '../receive-message/mail-metrics.js';
import type { ReceiveMessage } from '../receive-message/receive-message.js';
import type { IncomingMail } from '../receive-message/incoming-mail.js';
import { serverNameOf, type ServerReturns } from './server-returns.js';
import type { ServerTurns } from './server-turns.js';
import type { SourceEpoch, SourceLedger } from './source-ledger.js';

export interface WatchedMailbox {
  readonly id: string;
  readonly settings: WatchedSettings;
}

export interface IntakeServices {
  readonly receive: ReceiveMessage;
  readonly ledger: SourceLedger;
  readonly returns: ServerReturns;
  /** To fetch mails. */
  readonly turns: ServerTurns;
  readonly metrics: MailMetrics;
  readonly log: Log;
}

/** The name of a mailbox's folder in the ledger. */
export function folderName({ server: { user, host, folder } }: WatchedSettings): string {
  return `${user}@${host}/${folder}`;
}

/** Takes the mails of one opened source in. Exactly once: the ledger knows them by their keys and by their bytes. */
export class SourceIntake {
  private readonly epoch: SourceEpoch;
  private readonly mailbox: ReceivingMailbox;
  private reconciledAt = 0;
  private readonly failed = new Map<string, Failure>();
  private settleRefused = false;

  constructor(
    private readonly source: MailSource,
    private readonly watched: WatchedMailbox,
    private readonly services: IntakeServices,
    /** Ends waiting for a turn. */
    private readonly signal: AbortSignal,
  ) {
    const { id, settings } = watched;
    this.epoch = { folder: folderName(settings), epoch: source.epoch };
    this.mailbox = { id, address: settings.address, queueId: settings.queueId };
  }

  /** What the last look could not finish, in a sentence for an administrator; empty: nothing. */
  get leftover(): string {
    const [first] = this.failed.values();
    if (first) return `${this.failed.size} mails could not be taken in, they are tried again: ${first.message}`;
    if (!this.settleRefused) return '';
    const why = this.source.whyRefused === undefined ? '' : ` ${this.source.whyRefused}`;
    return `The mail server refused to ${this.watched.settings.afterProcessing} processed mails, this is tried again.${why}`;
  }

  /** From time to time: whether the folder is still what it was, what came unheard, what is left to do. */
  async look(): Promise<void> {
    const more = await this.source.check();
    const leftToDo = this.leftover !== '' || performance.now() - this.reconciledAt > RECONCILE_EVERY_MS;
    if (leftToDo) await this.reconcile();
    else if (more) await this.takeNew();
  }

  /** Compares the whole folder with the ledger and does what is left to do. */
  async reconcile(): Promise<void> {
    const keys = await this.source.list();
    const { unknown, unsettled } = await this.services.ledger.compare(this.epoch, keys);
    this.settleRefused = false;
    this.failed.clear();
    this.reconciledAt = performance.now();
    await this.settle(unsettled);
    await this.takeIn(unknown);
  }

  /** Takes in what came since the last look. `existsAt`: when the server said so (performance.now()). */
  async takeNew(existsAt?: number): Promise<void> {
    await this.takeIn(await this.source.listNew(), existsAt);
  }

  private async takeIn(keys: readonly string[], existsAt?: number): Promise<void> {
    for (let from = 0; from < keys.length; from += FETCH_WINDOW) {
      const done = await this.takeWindow(keys.slice(from, from + FETCH_WINDOW), existsAt);
      // With keep, their record says already that nothing is to be done.
      if (this.watched.settings.afterProcessing !== 'keep') await this.settle(done);
    }
  }

  /** Gives the keys of those that are durable here now. */
  private async takeWindow(keys: readonly string[], existsAt: number | undefined): Promise<string[]> {
    const done: string[] = [];
    let down: CauseDown | undefined;
    const take = async (mail: FetchedMail): Promise<void> => {
      if (down) return;
      const failure = await this.takeOne(mail, existsAt);
      if (!failure) done.push(mail.key);
      if (failure instanceof CauseDown) down ??= failure;
    };
    const { turns } = this.services;
    const long = await turns.take(serverNameOf(this.watched.settings), this.signal, () => this.takeWhole(keys, take, () => down !== undefined));
    // Piece by piece and in nobody's way: they take no memory, but time.
    for (const mail of long) await take(mail);
    // Nothing can be taken in now: the watcher waits and begins anew.
    if (down) throw down;
    return done;
  }

  /** Those that come whole, side by side; gives the others. */
  private async takeWhole(keys: readonly string[], take: (mail: FetchedMail) => Promise<void>, isOver: () => boolean): Promise<FetchedMail[]> {
    const long: FetchedMail[] = [];
    const underWay = new Set<Promise<void>>();
    try {
      for await (const mail of this.source.fetch(keys)) {
        if (isOver()) break;
        if (!mail.whole) {
          long.push(mail);
          continue;
        }
        const taking: Promise<void> = take(mail).finally(() => underWay.delete(taking));
        underWay.add(taking);
        // Back-pressure: the server waits, not our memory.
        if (underWay.size >= INTAKE_CONCURRENCY) await Promise.race(underWay);
      }
    } finally {
      await Promise.all(underWay);
    }
    return long;
  }

  private async takeOne(mail: FetchedMail, existsAt: number | undefined): Promise<Failure | undefined> {
    const { key, sizeBytes } = mail;
    try {
      if (sizeBytes > MAIL_BYTES_MAX) await this.services.receive.refuseUnread(this.incoming(mail, this.source.fetchHeader(key)), sizeBytes);
      else await this.services.receive.receive(this.incoming(mail, mail.whole ? pieces(mail.whole) : this.source.fetchLong(key, MAIL_BYTES_MAX)));
      if (existsAt !== undefined) this.services.metrics.recordedAfterExists((performance.now() - existsAt) / 1_000);
      this.failed.delete(key);
      return undefined;
    } catch (error) {
      const failure = asFailure(error);
      if (!(failure instanceof CauseDown)) {
        this.failed.set(key, failure);
        const facts = { mailbox: this.mailbox.address, key, error: failure };
        if (failure instanceof TransientFailure) this.services.log.warning('mail not taken in, tried again later', facts);
        else this.services.log.error('mail not taken in, a person must look at it', facts);
      }
      return failure;
    }
  }

  private incoming({ key, receivedAt }: FetchedMail, content: AsyncIterable<Buffer>): IncomingMail {
    const { kind, afterProcessing, server } = this.watched.settings;
    return {
      mailbox: this.mailbox,
      source: kind,
      content,
      origin: { protocol: server.protocol, server: server.host, folder: server.folder, key, ...(receivedAt && !Number.isNaN(receivedAt.getTime()) ? { internalDate: receivedAt.toISOString() } : {}) },
      place: { ...this.epoch, key, lasting: this.source.keysLast ?? false, settled: afterProcessing === 'keep' },
    };
  }

  private async settle(keys: readonly string[]): Promise<void> {
    const { afterProcessing, processedFolder } = this.watched.settings;
    for (let from = 0; from < keys.length; from += FETCH_WINDOW) {
      const window = keys.slice(from, from + FETCH_WINDOW);
      const settled = await this.source.settle(window, afterProcessing, processedFolder);
      if (settled) await this.services.ledger.settled(this.epoch, window);
      this.settleRefused ||= !settled;
    }
  }
}

const PIECE_BYTES = 64 * 1024;

const BREATHE_EVERY_BYTES = 1024 * 1024;

/** A mail in memory in pieces, so that it isn't copied as a whole, and a long one keeps nobody else waiting. */
async function* pieces(whole: Buffer): AsyncGenerator<Buffer, void, undefined> {
  for (let from = 0; from < whole.length; from += PIECE_BYTES) {
    if (from > 0 && from % BREATHE_EVERY_BYTES === 0) await nextTurn();
    yield whole.subarray(from, from + PIECE_BYTES);
  }
}
