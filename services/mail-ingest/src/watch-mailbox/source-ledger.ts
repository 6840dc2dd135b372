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

/**
 * What is no longer in the folder is forgotten: it is known by its bytes if it comes back. A full join is never done in nested loops, which
 * Postgres otherwise prefers as long as it doesn't know how many rows there are: 50,000 mails then took minutes.
 */
const COMPARE = `WITH compared AS MATERIALIZED (
    SELECT k.key, k.place, l.key AS known, l.settled FROM unnest($3::text[]) WITH ORDINALITY AS k (key, place)
    FULL JOIN (SELECT key, settled FROM ledger_place WHERE folder = $1 AND epoch = $2) l ON l.key = k.key),
  outdated AS (DELETE FROM ledger_place WHERE folder = $1 AND epoch <> $2),
  gone AS (DELETE FROM ledger_place WHERE folder = $1 AND epoch = $2 AND key = ANY (ARRAY(SELECT known FROM compared WHERE key IS NULL)))
  SELECT key, known IS NULL AS unknown FROM compared WHERE key IS NOT NULL AND settled IS NOT TRUE ORDER BY place`;
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
