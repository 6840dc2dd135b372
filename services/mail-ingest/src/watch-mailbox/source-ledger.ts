import { type Pool, query } from '@inkpost/postgres/pool.js';

/** A folder whose keys mean something. */
export interface SourceEpoch {
  /** login@host/folder. */
  readonly folder: string;
  readonly epoch: string;
}

export interface UnfinishedMails {
  /** Not taken in yet. */
  readonly unknown: readonly string[];
  /** Taken in, but nothing was done yet with the mail on its server. */
  readonly unsettled: readonly string[];
}

/** What is no longer in the folder is forgotten: it is known by its bytes if it comes back. */
const COMPARE = `WITH pruned AS (
    DELETE FROM ledger_place l WHERE l.folder = $1 AND (l.epoch <> $2 OR NOT EXISTS (SELECT 1 FROM unnest($3::text[]) AS key WHERE key = l.key)))
  SELECT k.key, l.key IS NULL AS unknown FROM unnest($3::text[]) WITH ORDINALITY AS k (key, place)
  LEFT JOIN ledger_place l ON l.folder = $1 AND l.epoch = $2 AND l.key = k.key
  WHERE l.key IS NULL OR NOT l.settled ORDER BY k.place`;
const SETTLE = 'UPDATE ledger_place SET settled = true WHERE folder = $1 AND epoch = $2 AND key = ANY ($3::text[])';

/** Which mails of a watched folder are done with. */
export class SourceLedger {
  constructor(private readonly pool: Pool) {}

  /** Given all mails of the folder: those that something is to be done with, in the given order. Forgets the keys that the folder doesn't have. */
  async compare({ folder, epoch }: SourceEpoch, keys: readonly string[]): Promise<UnfinishedMails> {
    const rows = await query<{ key: string; unknown: boolean }>(this.pool, 'ledger.compare', COMPARE, [folder, epoch, keys]);
    return { unknown: rows.filter(({ unknown }) => unknown).map(({ key }) => key), unsettled: rows.filter(({ unknown }) => !unknown).map(({ key }) => key) };
  }

  async settled({ folder, epoch }: SourceEpoch, keys: readonly string[]): Promise<void> {
    await query(this.pool, 'ledger.settle', SETTLE, [folder, epoch, keys]);
  }
}
