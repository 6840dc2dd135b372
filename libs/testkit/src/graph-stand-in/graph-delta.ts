import { randomBytes } from 'node:crypto';
import { GraphError } from './graph-error.js';
import type { GraphMailbox } from './graph-mailbox.js';

/** What a state token stands for. */
interface DeltaState {
  readonly folderId: string;
  readonly select: readonly string[] | undefined;
  /** Of the round that is under way: what is still to be told. */
  readonly pending: readonly string[];
  /** Where the round after this one begins. */
  readonly since: number;
  readonly kind: '$skiptoken' | '$deltatoken';
}

export interface DeltaPage {
  readonly folderId: string;
  readonly select: readonly string[] | undefined;
  readonly immutableIds: readonly string[];
  /** Of the link that the page ends with. */
  readonly link: { readonly name: '@odata.nextLink' | '@odata.deltaLink'; readonly query: string };
}

const PAGE_SIZE = 10;

/** Delta queries on the messages of a folder: rounds of pages, each ending with a link whose token is opaque. */
export class GraphDelta {
  /** The next page tells these again: clients must be prepared for replays. */
  replays = false;
  /** The next page is empty, and not the last one. */
  emptyPage = false;
  private readonly states = new Map<string, DeltaState>();
  private told: readonly string[] = [];

  constructor(private readonly mailbox: GraphMailbox) {}

  /** As when the cache of tokens runs over: each of them is answered with 410 from now on. */
  forgetTokens(): void {
    this.states.clear();
  }

  begin(folderId: string, select: readonly string[] | undefined, pageSize: number | undefined): DeltaPage {
    return this.page({ folderId, select, pending: this.mailbox.idsIn(folderId), since: this.mailbox.now, kind: '$skiptoken' }, pageSize);
  }

  /** @throws GraphError 410 */
  follow(folderId: string, kind: DeltaState['kind'], token: string, pageSize: number | undefined): DeltaPage {
    const state = this.states.get(token);
    if (!state || state.kind !== kind || state.folderId !== folderId) {
      throw new GraphError(410, 'SyncStateNotFound', 'The sync state generation is not found; generation=149;[highest=157][157][155][156].');
    }
    if (kind === '$skiptoken') return this.page(state, pageSize);
    return this.page({ ...state, pending: this.mailbox.changedSince(folderId, state.since), since: this.mailbox.now }, pageSize);
  }

  private page(state: DeltaState, pageSize = PAGE_SIZE): DeltaPage {
    const size = this.emptyPage ? 0 : pageSize;
    this.emptyPage = false;
    const again = this.replays ? this.told : [];
    this.replays = false;
    const own = state.pending.slice(0, size);
    const rest = state.pending.slice(size);
    this.told = own;
    const ended = rest.length === 0 && size > 0;
    const next: DeltaState = { ...state, pending: rest, kind: ended ? '$deltatoken' : '$skiptoken' };
    const token = randomBytes(24).toString('base64url');
    this.states.set(token, next);
    const link = { name: ended ? '@odata.deltaLink' : '@odata.nextLink', query: `${next.kind}=${token}` } as const;
    return { folderId: state.folderId, select: state.select, immutableIds: [...again, ...own], link };
  }
}
