import { CauseDown } from '@inkpost/failure/failure.js';
import { GRAPH_LINK_STORED_EVERY_MS, GRAPH_PAGE_MAILS } from '../../limits.js';
import { type DeltaPage, readDeltaPage } from './graph-answers.js';
import { type GraphClient, GraphRefused } from './graph-client.js';
import { folderMissing, notUnderstood } from './graph-failure.js';
import type { GraphFolderStore } from './graph-folder.store.js';

const PAGE_SIZE = `odata.maxpagesize=${GRAPH_PAGE_MAILS}`;
/** Codes for a state token that is of no use any more; the status should be 410, and was documented as any of 40x. */
const RESYNC = new Set(['syncstatenotfound', 'syncstateinvalid', 'resyncrequired']);

/** Follows what comes and goes in a folder by delta queries (Graph, "Get incremental changes to messages in a folder"). */
export class FollowedFolder {
  /** The newest link, and the one that is stored: rounds that told nothing aren't worth a write each. */
  private link: string | null | undefined;
  private stored: string | null = null;
  private storedAt = 0;
  private swept = false;

  constructor(
    private readonly client: GraphClient,
    private readonly store: GraphFolderStore,
    private readonly mailboxId: string,
    private readonly folderId: string,
  ) {}

  /** Catches up; gives the keys that weren't known yet, the oldest first. */
  async follow(): Promise<string[]> {
    const fresh: DeltaPage['came'][number][] = [];
    let restarted = false;
    if (this.link === undefined) {
      ({ link: this.stored } = await this.store.open(this.mailboxId, this.folderId));
      this.link = this.stored;
    }
    for (;;) {
      const page = await this.page(this.link);
      if (page === 'restart') {
        if (restarted) throw notUnderstood(this.client.host, 'it takes none of its own links');
        restarted = true;
        await this.restart();
        continue;
      }
      fresh.push(...await this.advance(page));
      if (page.ended) break;
    }
    if (!this.swept) await this.store.sweep(this.mailboxId);
    this.swept = true;
    return fresh.sort((a, b) => (a.receivedAt?.getTime() ?? 0) - (b.receivedAt?.getTime() ?? 0)).map(({ id }) => id);
  }

  /** All that are there, as far as it was followed; the oldest first. */
  async keys(): Promise<string[]> {
    return this.store.keys(this.mailboxId);
  }

  /** When mails of these keys came, where Graph said it. */
  async receivedAt(keys: readonly string[]): Promise<Map<string, Date>> {
    return this.store.receivedAt(this.mailboxId, keys);
  }

  private async page(link: string | null): Promise<DeltaPage | 'restart'> {
    try {
      const first = `/mailFolders/${encodeURIComponent(this.folderId)}/messages/delta?$select=receivedDateTime`;
      const page = readDeltaPage(await this.client.get(link ?? first, PAGE_SIZE));
      if (!page) throw notUnderstood(this.client.host, 'a page of messages without its link');
      return page;
    } catch (error) {
      if (!(error instanceof GraphRefused)) throw error;
      const { status, code } = error.refusal;
      if (link !== null && (status === 410 || RESYNC.has(code.toLowerCase()))) return 'restart';
      if (status === 404 && /^(?:ErrorItemNotFound|ErrorFolderNotFound|itemNotFound)$/.test(code)) throw folderMissing(error);
      throw error;
    }
  }

  private async advance(page: DeltaPage): Promise<DeltaPage['came']> {
    const { came, gone, link, ended } = page;
    this.link = link;
    const toldNothing = ended && came.length === 0 && gone.length === 0;
    if (toldNothing && performance.now() - this.storedAt < GRAPH_LINK_STORED_EVERY_MS) return [];
    const fresh = await this.store.advance(this.mailboxId, this.folderId, this.stored, page);
    if (!fresh) throw new CauseDown('mailbox.watched-twice', 'Another replica of Inkpost watches this mailbox too; one of them gives way.');
    this.stored = link;
    this.storedAt = performance.now();
    return came.filter(({ id }) => fresh.has(id));
  }

  private async restart(): Promise<void> {
    await this.store.restart(this.mailboxId, this.folderId, this.stored);
    this.link = null;
    this.stored = null;
    this.swept = false;
  }
}
