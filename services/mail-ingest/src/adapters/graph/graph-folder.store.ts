import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { DeltaPage } from './graph-answers.js';

/** Where the following of a folder's changes stands. */
export interface FollowedFolder {
  /** What Graph gave to ask for next; null: from the beginning. */
  readonly link: string | null;
}

const FIND = 'SELECT link FROM graph_folder WHERE mailbox_id = $1 AND folder_id = $2';

/** Another folder's mails are of no use. */
const CHANGE_FOLDER = `WITH gone AS (DELETE FROM graph_folder WHERE mailbox_id = $1 AND folder_id <> $2)
  INSERT INTO graph_folder (mailbox_id, folder_id, link, round) VALUES ($1, $2, NULL, 1) ON CONFLICT DO NOTHING`;

/** The link moves on together with what the page told, and only from where this page began: another replica may follow too, for a moment. */
const ADVANCE = `WITH moved AS (
    UPDATE graph_folder SET link = $4 WHERE mailbox_id = $1 AND folder_id = $2 AND link IS NOT DISTINCT FROM $3 RETURNING mailbox_id, round),
  gone AS (DELETE FROM graph_mail m USING moved WHERE m.mailbox_id = moved.mailbox_id AND m.key = ANY ($7::text[])),
  came AS (
    INSERT INTO graph_mail (mailbox_id, key, received_at, round)
    SELECT mailbox_id, k.key, k.received_at, round FROM moved, unnest($5::text[], $6::timestamptz[]) AS k (key, received_at)
    ON CONFLICT (mailbox_id, key) DO UPDATE SET round = excluded.round
    RETURNING key, xmax = 0 AS is_new)
  SELECT EXISTS (SELECT 1 FROM moved) AS moved, ARRAY(SELECT key FROM came WHERE is_new) AS new_keys`;

const RESTART = 'UPDATE graph_folder SET link = NULL, round = round + 1 WHERE mailbox_id = $1 AND folder_id = $2 AND link IS NOT DISTINCT FROM $3';

/** What a full listing didn't name is gone. */
const SWEEP = 'DELETE FROM graph_mail m USING graph_folder f WHERE f.mailbox_id = $1 AND m.mailbox_id = f.mailbox_id AND m.round < f.round';

const KEYS = 'SELECT key FROM graph_mail WHERE mailbox_id = $1 ORDER BY received_at NULLS FIRST, told';

const RECEIVED = 'SELECT key, received_at FROM graph_mail WHERE mailbox_id = $1 AND key = ANY ($2::text[]) AND received_at IS NOT NULL';

/** Which mails lie in a folder that is watched by Graph, and where its changes go on: so that nobody has to list it all again. */
export class GraphFolderStore {
  constructor(private readonly pool: Pool) {}

  async open(mailboxId: string, folderId: string): Promise<FollowedFolder> {
    const [known] = await query<FollowedFolder>(this.pool, 'graph.find', FIND, [mailboxId, folderId]);
    if (known) return known;
    await query(this.pool, 'graph.change-folder', CHANGE_FOLDER, [mailboxId, folderId]);
    return { link: null };
  }

  /** Gives the keys that weren't there yet. Undefined: somebody else has moved on from `from`; nothing is written. */
  async advance(mailboxId: string, folderId: string, from: string | null, page: DeltaPage): Promise<ReadonlySet<string> | undefined> {
    const { link, came, gone } = page;
    const values = [mailboxId, folderId, from, link, came.map(({ id }) => id), came.map(({ receivedAt }) => receivedAt ?? null), gone];
    const [row] = await query<{ moved: boolean; new_keys: string[] }>(this.pool, 'graph.advance', ADVANCE, values);
    return row?.moved ? new Set(row.new_keys) : undefined;
  }

  /** The link is of no use any more: what is known stays, to tell what is new in the full listing that follows. */
  async restart(mailboxId: string, folderId: string, from: string | null): Promise<void> {
    await query(this.pool, 'graph.restart', RESTART, [mailboxId, folderId, from]);
  }

  /** After a full listing. */
  async sweep(mailboxId: string): Promise<void> {
    await query(this.pool, 'graph.sweep', SWEEP, [mailboxId]);
  }

  /** The oldest first. */
  async keys(mailboxId: string): Promise<string[]> {
    return (await query<{ key: string }>(this.pool, 'graph.keys', KEYS, [mailboxId])).map(({ key }) => key);
  }

  async receivedAt(mailboxId: string, keys: readonly string[]): Promise<Map<string, Date>> {
    const rows = await query<{ key: string; received_at: Date }>(this.pool, 'graph.received', RECEIVED, [mailboxId, keys]);
    return new Map(rows.map(({ key, received_at: at }) => [key, at]));
  }
}
