import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { PagePlace } from '@inkpost/service/page-place.js';

/** One print, as a report lists it. */
export interface ReportedPrint {
  readonly serverId: string;
  readonly jobId: string;
  readonly completedAt: Date;
  readonly accountId: string;
  /** Empty: erased. */
  readonly ownerLabel: string;
  readonly directory: string;
  readonly userGroup: string;
  readonly queueId: string;
  readonly locationPath: string;
  readonly mailboxId: string;
  readonly origin: string;
  readonly pages: number;
  readonly copies: number;
  readonly impressions: number;
  readonly sheets: number;
  readonly color: boolean;
  readonly duplex: boolean;
  readonly media: string;
  readonly price: number;
}

// The prints that are added up come in the order of their index; the few that are not are sorted in between.
const IN_TIME = 'f.completed_at >= $1 AND f.completed_at < $2 AND (f.completed_at, f.job_id) > ($3::timestamptz, $4::uuid)';
const SAID = `f.job_id, f.completed_at, f.account_id, f.user_group, f.queue_id, f.location_path, f.mailbox_id, f.origin, f.pages, f.copies, f.impressions, f.sheets, f.color, f.duplex, f.media, f.price`;
const FIRST = 'ORDER BY f.completed_at, f.job_id LIMIT $5';

/** $1, $2: the time; $3, $4: after this one; $5: how many; $6: the server, null: all. */
const LIST = `
  WITH counted AS (SELECT f.server_id, ${SAID} FROM print_fact f WHERE ${IN_TIME} AND ($6::uuid IS NULL OR f.server_id = $6) ${FIRST}),
  fresh AS (
    SELECT s.server_id, ${SAID} FROM print_fact_new f, server s WHERE ${IN_TIME} AND ($6::uuid IS NULL OR s.server_id = $6)
      AND (SELECT p.job_id FROM print_fact p WHERE p.server_id = s.server_id AND p.job_id = f.job_id LIMIT 1) IS NULL ${FIRST}),
  f AS (SELECT * FROM (SELECT * FROM counted UNION ALL SELECT * FROM fresh) AS f ${FIRST})
  SELECT f.server_id AS "serverId", f.job_id AS "jobId", f.completed_at AS "completedAt", f.account_id AS "accountId",
    coalesce(o.label, m.label, '') AS "ownerLabel", coalesce(o.directory, m.directory, '') AS directory,
    f.user_group AS "userGroup", f.queue_id AS "queueId", f.location_path AS "locationPath", f.mailbox_id AS "mailboxId", f.origin, f.pages, f.copies, f.impressions, f.sheets,
    f.color, f.duplex, f.media, f.price
  FROM f LEFT JOIN server s ON s.server_id = f.server_id
    LEFT JOIN print_owner o ON s.server_id IS NOT NULL AND o.account_id = f.account_id
    LEFT JOIN member_owner m ON m.server_id = f.server_id AND m.account_id = f.account_id
  ORDER BY f.completed_at, f.job_id`;

export interface PrintsScope {
  readonly from: Date;
  /** Not included. */
  readonly to: Date;
  /** Undefined: all servers that this one knows prints of. */
  readonly serverId: string | undefined;
}

const BEFORE_ALL: PagePlace = { at: new Date(0), id: '00000000-0000-0000-0000-000000000000' };

/** The prints one by one, the oldest first. */
export class PrintsStore {
  constructor(private readonly pool: Pool) {}

  async list({ from, to, serverId }: PrintsScope, after: PagePlace = BEFORE_ALL, limit: number): Promise<ReportedPrint[]> {
    return query<ReportedPrint & Record<string, unknown>>(this.pool, 'prints.list', LIST, [from, to, after.at, after.id, limit, serverId ?? null]);
  }
}
