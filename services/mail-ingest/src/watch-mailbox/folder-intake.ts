import { setImmediate as nextTurn } from 'node:timers/promises';
import { asFailure, CauseDown, type Failure, TransientFailure } from '@inkpost/failure/failure.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { FETCH_WINDOW, INTAKE_CONCURRENCY, MAIL_BYTES_MAX, RECONCILE_EVERY_MS } from '../limits.js';
import type { ImapSettings, ReceivingMailbox } from '../mailboxes/mailbox.js';
import type { FetchedMail, MailFolder } from '../ports/mail-folder.port.js';
import type { MailMetrics } from '../receive-message/mail-metrics.js';
import type { ReceiveMessage } from '../receive-message/receive-message.js';
import type { IncomingMail } from '../receive-message/incoming-mail.js';
import type { FolderEpoch, FolderLedger } from './folder-ledger.js';

export interface WatchedMailbox {
  readonly id: string;
  readonly settings: ImapSettings;
}

export interface IntakeServices {
  readonly receive: ReceiveMessage;
  readonly ledger: FolderLedger;
  readonly metrics: MailMetrics;
  readonly log: Log;
}

/** The name of a mailbox's folder in the ledger. */
export function folderName({ imap }: ImapSettings): string {
  return `${imap.user}@${imap.host}/${imap.folder}`;
}

/** Takes the mails of one opened folder in. Exactly once: the ledger knows them by their UIDs and by their bytes. */
export class FolderIntake {
  private readonly epoch: FolderEpoch;
  private readonly mailbox: ReceivingMailbox;
  private nextUid = 1;
  private reconciledAt = 0;
  private readonly failed = new Map<number, Failure>();
  private settleRefused = false;

  constructor(
    private readonly folder: MailFolder,
    private readonly watched: WatchedMailbox,
    private readonly services: IntakeServices,
  ) {
    const { id, settings } = watched;
    this.epoch = { folder: folderName(settings), uidValidity: folder.uidValidity };
    this.mailbox = { id, address: settings.address, queueId: settings.queueId };
  }

  /** What the last look could not finish, in a sentence for an administrator; empty: nothing. */
  get leftover(): string {
    const [first] = this.failed.values();
    if (first) return `${this.failed.size} mails could not be taken in, they are tried again: ${first.message}`;
    return this.settleRefused ? `The mail server refused to ${this.watched.settings.afterProcessing} processed mails, this is tried again.` : '';
  }

  /** From time to time: whether the folder is still what it was, what came unheard, what is left to do. */
  async look(): Promise<void> {
    const uidNext = await this.folder.check();
    const leftToDo = this.leftover !== '' || performance.now() - this.reconciledAt > RECONCILE_EVERY_MS;
    if (leftToDo) await this.reconcile();
    else if (uidNext > this.nextUid) await this.takeNew();
  }

  /** Compares the whole folder with the ledger and does what is left to do. */
  async reconcile(): Promise<void> {
    const uids = await this.folder.uidsFrom(1);
    await this.services.ledger.prune(this.epoch, uids);
    const { unknown, unsettled } = await this.services.ledger.unfinished(this.epoch, uids);
    this.nextUid = (uids.at(-1) ?? 0) + 1;
    this.settleRefused = false;
    this.failed.clear();
    this.reconciledAt = performance.now();
    await this.settle(unsettled);
    await this.takeIn(unknown);
  }

  /** Takes in what came since the last look. `existsAt`: when the server said so (performance.now()). */
  async takeNew(existsAt?: number): Promise<void> {
    const uids = await this.folder.uidsFrom(this.nextUid);
    this.nextUid = (uids.at(-1) ?? this.nextUid - 1) + 1;
    await this.takeIn(uids, existsAt);
  }

  private async takeIn(uids: readonly number[], existsAt?: number): Promise<void> {
    for (let from = 0; from < uids.length; from += FETCH_WINDOW) {
      const done = await this.takeWindow(uids.slice(from, from + FETCH_WINDOW), existsAt);
      // With keep, their record says already that nothing is to be done.
      if (this.watched.settings.afterProcessing !== 'keep') await this.settle(done);
    }
  }

  /** Gives the UIDs of those that are durable here now. */
  private async takeWindow(uids: readonly number[], existsAt: number | undefined): Promise<number[]> {
    const done: number[] = [];
    const long: FetchedMail[] = [];
    const underWay = new Set<Promise<void>>();
    let down: CauseDown | undefined;
    const take = async (mail: FetchedMail): Promise<void> => {
      const failure = await this.takeOne(mail, existsAt);
      if (!failure) done.push(mail.uid);
      if (failure instanceof CauseDown) down ??= failure;
    };
    try {
      for await (const mail of this.folder.fetch(uids)) {
        if (down) break;
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
    for (const mail of long) if (!down) await take(mail);
    // Nothing can be taken in now: the watcher waits and begins anew.
    if (down) throw down;
    return done;
  }

  private async takeOne(mail: FetchedMail, existsAt: number | undefined): Promise<Failure | undefined> {
    const { uid, sizeBytes } = mail;
    try {
      if (sizeBytes > MAIL_BYTES_MAX) await this.services.receive.refuseUnread(this.incoming(mail, this.folder.fetchHeader(uid)), sizeBytes);
      else await this.services.receive.receive(this.incoming(mail, mail.whole ? pieces(mail.whole) : this.folder.fetchLong(uid, MAIL_BYTES_MAX)));
      if (existsAt !== undefined) this.services.metrics.recordedAfterExists((performance.now() - existsAt) / 1_000);
      this.failed.delete(uid);
      return undefined;
    } catch (error) {
      const failure = asFailure(error);
      if (!(failure instanceof CauseDown)) {
        this.failed.set(uid, failure);
        const facts = { mailbox: this.mailbox.address, uid, error: failure };
        if (failure instanceof TransientFailure) this.services.log.warning('mail not taken in, tried again later', facts);
        else this.services.log.error('mail not taken in, a person must look at it', facts);
      }
      return failure;
    }
  }

  private incoming({ uid, internalDate }: FetchedMail, content: AsyncIterable<Buffer>): IncomingMail {
    const { afterProcessing, imap } = this.watched.settings;
    const { folder, uidValidity } = this.epoch;
    return {
      mailbox: this.mailbox,
      source: 'imap',
      content,
      origin: { server: imap.host, folder: imap.folder, uid, ...(internalDate && !Number.isNaN(internalDate.getTime()) ? { internalDate: internalDate.toISOString() } : {}) },
      place: { folder, uidValidity, uid, settled: afterProcessing === 'keep' },
    };
  }

  private async settle(uids: readonly number[]): Promise<void> {
    const { afterProcessing, processedFolder } = this.watched.settings;
    for (let from = 0; from < uids.length; from += FETCH_WINDOW) {
      const window = uids.slice(from, from + FETCH_WINDOW);
      const settled = await this.folder.settle(window, afterProcessing, processedFolder);
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
