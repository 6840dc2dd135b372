import { type Pool, query } from '@inkpost/postgres/pool.js';

/** A folder whose UIDs mean something. */
export interface FolderEpoch {
  /** user@host/folder. */
  readonly folder: string;
  readonly uidValidity: bigint;
}

export interface UnfinishedMails {
  /** Not taken in yet. */
  readonly unknown: readonly number[];
  /** Taken in, but nothing was done yet with the mail on its server. */
  readonly unsettled: readonly number[];
}

const UNFINISHED = `SELECT u AS uid, l.uid IS NULL AS unknown FROM unnest($3::bigint[]) AS u
  LEFT JOIN ledger_uid l ON l.folder = $1 AND l.uid_validity = $2 AND l.uid = u
  WHERE l.uid IS NULL OR NOT l.settled ORDER BY u`;
const SETTLE = 'UPDATE ledger_uid SET settled = true WHERE folder = $1 AND uid_validity = $2 AND uid = ANY ($3::bigint[])';
/** What is no longer there is known by its bytes if it comes back. */
const PRUNE = `DELETE FROM ledger_uid l WHERE l.folder = $1
  AND (l.uid_validity <> $2 OR NOT EXISTS (SELECT 1 FROM unnest($3::bigint[]) AS u WHERE u = l.uid))`;

/** Which mails of a watched folder are done with. */
export class FolderLedger {
  constructor(private readonly pool: Pool) {}

  /** Of all mails in the folder, those that something is to be done with, ascending. */
  async unfinished({ folder, uidValidity }: FolderEpoch, uids: readonly number[]): Promise<UnfinishedMails> {
    const rows = await query<{ uid: number; unknown: boolean }>(this.pool, 'ledger.unfinished', UNFINISHED, [folder, uidValidity, uids]);
    return { unknown: rows.filter(({ unknown }) => unknown).map(({ uid }) => uid), unsettled: rows.filter(({ unknown }) => !unknown).map(({ uid }) => uid) };
  }

  async settled({ folder, uidValidity }: FolderEpoch, uids: readonly number[]): Promise<void> {
    await query(this.pool, 'ledger.settle', SETTLE, [folder, uidValidity, uids]);
  }

  /** Forgets the UIDs that the folder doesn't have. */
  async prune({ folder, uidValidity }: FolderEpoch, uids: readonly number[]): Promise<void> {
    await query(this.pool, 'ledger.prune', PRUNE, [folder, uidValidity, uids]);
  }
}
