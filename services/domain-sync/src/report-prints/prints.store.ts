import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { PagePlace } from '@inkpost/service/page-place.js';

/** One print, as a report lists it. */
export interface ReportedPrint {
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

const LIST = `
  SELECT f.job_id AS "jobId", f.completed_at AS "completedAt", f.account_id AS "accountId", coalesce(o.label, '') AS "ownerLabel", coalesce(o.directory, '') AS directory,
    f.user_group AS "userGroup", f.queue_id AS "queueId", f.location_path AS "locationPath", f.mailbox_id AS "mailboxId", f.origin, f.pages, f.copies, f.impressions, f.sheets,
    f.color, f.duplex, f.media, f.price
  FROM print_fact f LEFT JOIN print_owner o ON o.account_id = f.account_id
  WHERE f.completed_at >= $1 AND f.completed_at < $2 AND (f.completed_at, f.job_id) > ($3::timestamptz, $4::uuid)
  ORDER BY f.completed_at, f.job_id LIMIT $5`;

const BEFORE_ALL: PagePlace = { at: new Date(0), id: '00000000-0000-0000-0000-000000000000' };

/** The prints one by one, the oldest first. */
export class PrintsStore {
  constructor(private readonly pool: Pool) {}

  async list(from: Date, to: Date, after: PagePlace = BEFORE_ALL, limit: number): Promise<ReportedPrint[]> {
    return query<ReportedPrint & Record<string, unknown>>(this.pool, 'prints.list', LIST, [from, to, after.at, after.id, limit]);
  }
}
