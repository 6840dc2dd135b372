import { setTimeout as pause } from 'node:timers/promises';
import { CauseDown, Failure } from '@inkpost/failure/failure.js';
import { FETCH_PIECE_BYTES, GRAPH_REQUESTS_AT_ONCE, SERVER_TIMES, type ServerTimes } from '../../limits.js';
import type { AfterProcessing } from '../../mailboxes/mailbox.js';
import { type FetchedMail, MAIL_GONE, type MailSource, type OpenSource } from '../../ports/mail-source.port.js';
import { FollowedFolder } from './followed-folder.js';
import { readMarks } from './graph-answers.js';
import { type GraphClient, GraphRefused } from './graph-client.js';
import type { GraphConnections } from './graph-connections.js';
import { folderMissing, mailGone } from './graph-failure.js';
import type { GraphFolderStore } from './graph-folder.store.js';
import { ensureFolder, findFolder } from './graph-folders.js';

/** Of a mail; an account without a mailbox has other codes. */
const NOT_FOUND = /^(?:ErrorItemNotFound|itemNotFound)$/;
/** As Outlook shows it beside the mail. */
const DONE_CATEGORY = 'InkpostDone';

export interface GraphOptions {
  readonly connections: GraphConnections;
  readonly folders: GraphFolderStore;
  readonly times?: ServerTimes;
}

/** Opens folders by Microsoft Graph (REST API v1.0), for accounts whose tenant has IMAP closed. See `OpenSource`. */
export function graphSource({ connections, folders, times = SERVER_TIMES }: GraphOptions): OpenSource {
  return async (access, signal) => {
    const { client, ended, close } = connections.connect(access, times.silenceMaxMs);
    const abort = (): void => close();
    signal.addEventListener('abort', abort, { once: true });
    try {
      signal.throwIfAborted();
      const folderId = await findFolder(client, access.folder);
      const processedFolderId = access.afterProcessing === 'move' ? await ensureFolder(client, access.processedFolder) : undefined;
      return new GraphSource(client, new FollowedFolder(client, folders, access.mailboxId, folderId), { processedFolderId, polledEveryMs: times.polledEveryMs, ended, close });
    } catch (error) {
      close();
      throw client.explain(error);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  };
}

interface GraphFolderState {
  /** Where processed mails are moved to, if they are. */
  readonly processedFolderId: string | undefined;
  readonly polledEveryMs: number;
  readonly ended: AbortSignal;
  readonly close: () => void;
}

class GraphSource implements MailSource {
  /** Immutable ids are for ever, whatever becomes of the folder. */
  readonly epoch = 'immutable';
  readonly keysLast = true;
  readonly announces = false;
  whyRefused: string | undefined;
  /** Found by `check`, not listed yet. */
  private found: string[] = [];
  /** National clouds have no permanentDelete. */
  private deletesForGood = true;

  constructor(
    private readonly client: GraphClient,
    private readonly folder: FollowedFolder,
    private readonly state: GraphFolderState,
  ) {}

  async list(): Promise<string[]> {
    await this.told(this.folder.follow());
    this.found = [];
    return this.folder.keys();
  }

  async listNew(): Promise<string[]> {
    const keys = [...this.found, ...await this.told(this.folder.follow())];
    this.found = [];
    return keys;
  }

  async check(): Promise<boolean> {
    this.found.push(...await this.told(this.folder.follow()));
    return this.found.length > 0;
  }

  /** The next ones are under way while one is taken: each is a request, and Graph is far. */
  async *fetch(keys: readonly string[]): AsyncGenerator<FetchedMail, void, undefined> {
    const received = await this.folder.receivedAt(keys);
    const underWay: Promise<FetchedMail | undefined>[] = [];
    const next = keys.values();
    const leaving = new AbortController();
    const begin = (): void => {
      const { value: key } = next.next();
      if (key === undefined) return;
      const mail = this.fetchOne(key, received.get(key), leaving.signal);
      // Told when its turn comes, if it comes.
      mail.catch(() => undefined);
      underWay.push(mail);
    };
    for (let at = 0; at < GRAPH_REQUESTS_AT_ONCE; at += 1) begin();
    try {
      for (let first = underWay.shift(); first; first = underWay.shift()) {
        const mail = await first;
        begin();
        if (mail) yield mail;
      }
    } finally {
      leaving.abort();
      await Promise.allSettled(underWay);
    }
  }

  async *fetchLong(key: string, bytesMax: number): AsyncGenerator<Buffer, void, undefined> {
    let sizeBytes = 0;
    for await (const chunk of this.content(key)) {
      yield chunk;
      sizeBytes += chunk.length;
      if (sizeBytes > bytesMax) return;
    }
  }

  /** Graph gives a mail only from its beginning: it is left after the empty line. */
  async *fetchHeader(key: string): AsyncGenerator<Buffer, void, undefined> {
    let tail = Buffer.alloc(0);
    for await (const chunk of this.content(key)) {
      const seen = Buffer.concat([tail, chunk]);
      const end = seen.indexOf('\r\n\r\n');
      if (end >= 0) {
        yield chunk.subarray(0, end + 4 - tail.length);
        return;
      }
      yield chunk;
      tail = seen.subarray(-3);
    }
  }

  async settle(keys: readonly string[], choice: AfterProcessing): Promise<boolean> {
    const next = keys.values();
    let refusal: GraphRefused | undefined;
    const work = async (): Promise<void> => {
      for (const key of next) {
        // One mail may be odd; who may not change mails needn't ask for each of them.
        if (refusal?.refusal.status === 403) return;
        refusal = (await this.settleOne(key, choice)) ?? refusal;
      }
    };
    const workers = await Promise.allSettled(Array.from({ length: GRAPH_REQUESTS_AT_ONCE }, work));
    for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
    if (refusal) this.whyRefused = this.client.explain(refusal).message;
    return refusal === undefined;
  }

  async waitForMail(): Promise<undefined> {
    await pause(this.state.polledEveryMs, undefined, { signal: this.state.ended }).catch((error: unknown) => {
      throw new CauseDown('mailbox.connection-lost', 'The watching of the mailbox was ended.', { cause: error });
    });
  }

  async close(): Promise<void> {
    this.state.close();
  }

  /** Undefined: it is gone. */
  private async fetchOne(key: string, receivedAt: Date | undefined, leaving: AbortSignal): Promise<FetchedMail | undefined> {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    try {
      for await (const chunk of this.content(key, leaving)) {
        sizeBytes += chunk.length;
        if (sizeBytes > FETCH_PIECE_BYTES) return { key, sizeBytes, receivedAt, whole: undefined };
        chunks.push(chunk);
      }
    } catch (error) {
      if (error instanceof Failure && error.code === MAIL_GONE) return undefined;
      throw error;
    }
    return { key, sizeBytes, receivedAt, whole: Buffer.concat(chunks) };
  }

  private async *content(key: string, leaving?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    try {
      yield* this.client.download(`/messages/${encodeURIComponent(key)}/$value`, leaving);
    } catch (error) {
      if (isGone(error)) throw mailGone(key);
      throw this.client.explain(error);
    }
  }

  /** Gives why Graph doesn't let us; undefined: it is done, or the mail is gone, which needs nothing more. */
  private async settleOne(key: string, choice: AfterProcessing): Promise<GraphRefused | undefined> {
    const message = `/messages/${encodeURIComponent(key)}`;
    try {
      if (choice === 'flag') await this.flag(message);
      if (choice === 'move') await this.client.change('POST', `${message}/move`, { destinationId: this.state.processedFolderId });
      if (choice === 'delete') await this.remove(message);
      return undefined;
    } catch (error) {
      if (isGone(error)) {
        // Perhaps not the mail, but the folder to move it to, or the account: then it is still to be done, when the mailbox was opened anew.
        if (await this.isThere(message)) throw folderMissing(error);
        return undefined;
      }
      if (error instanceof GraphRefused && error.refusal.status < 429 && error.refusal.status !== 401) return error;
      throw this.client.explain(error);
    }
  }

  private async isThere(message: string): Promise<boolean> {
    try {
      await this.client.get(`${message}?$select=id`);
      return true;
    } catch (error) {
      if (error instanceof GraphRefused && NOT_FOUND.test(error.refusal.code)) return false;
      throw this.client.explain(error);
    }
  }

  private async flag(message: string): Promise<void> {
    const { isRead, categories } = readMarks(await this.client.get(`${message}?$select=isRead,categories`));
    if (isRead && categories.includes(DONE_CATEGORY)) return;
    // The list is replaced as a whole: the owner's own categories stay.
    await this.client.change('PATCH', message, { isRead: true, categories: [...new Set([...categories, DONE_CATEGORY])] });
  }

  /** As IMAP does it: not into the deleted items, where they would still fill the mailbox. */
  private async remove(message: string): Promise<void> {
    try {
      if (this.deletesForGood) await this.client.change('POST', `${message}/permanentDelete`);
    } catch (error) {
      if (!(error instanceof GraphRefused) || ![400, 405, 501].includes(error.refusal.status)) throw error;
      this.deletesForGood = false;
    }
    if (!this.deletesForGood) await this.client.change('DELETE', message);
  }

  private async told<T>(work: Promise<T>): Promise<T> {
    return work.catch((error: unknown) => {
      throw this.client.explain(error);
    });
  }
}

/** The folder is asked for elsewhere: here it is the mail that isn't there. */
function isGone(error: unknown): boolean {
  return error instanceof GraphRefused && error.refusal.status === 404;
}
