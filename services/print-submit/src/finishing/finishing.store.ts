import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { PrismaClient } from '../gen/prisma/client.js';
import type { DecidedFinishing, Finishing } from './finishing.js';

/** The general options' key; a mailbox's own have its id. */
export const GENERAL = '';

/** The columns of options, in tables `finishing` and `job` alike. */
export const OPTION_COLUMNS = ['color_mode', 'sides', 'copies', 'media', 'page_ranges'] as const;
const OPTIONS = OPTION_COLUMNS.join(', ');

/** The row of the options that hold for the mailbox that the SQL expression names: its own, unless it follows the general ones. */
export function decisiveRow(mailboxId: string): string {
  return `SELECT ${OPTIONS}, CASE mailbox_id WHEN '' THEN 'general' ELSE 'mailbox' END AS decided_by
    FROM finishing WHERE mailbox_id IN (${mailboxId}, '') AND NOT uses_default ORDER BY mailbox_id DESC LIMIT 1`;
}

/** The options as an administrator sees them. */
export interface ShownFinishing {
  readonly finishing: Finishing;
  readonly usesDefault: boolean;
  /** Kept also while the mailbox follows the general ones; undefined: it never had any. */
  readonly own: Finishing | undefined;
}

/** Finishing options as they are stored. */
export class FinishingStore {
  constructor(
    private readonly pool: Pool,
    private readonly prisma: PrismaClient,
  ) {}

  async show(mailboxId: string): Promise<ShownFinishing> {
    const own = await this.prisma.finishing.findUnique({ where: { mailboxId } });
    const { decidedBy, ...finishing } = await this.decide(mailboxId);
    const ownOptions = own && mailboxId !== GENERAL ? optionsOf(own as Finishing) : undefined;
    return { finishing, usesDefault: mailboxId !== GENERAL && decidedBy === 'general', own: ownOptions };
  }

  /** What the jobs of a mail to this mailbox are printed with. */
  async decide(mailboxId: string): Promise<DecidedFinishing> {
    const [row] = await query<DecidedFinishing & Record<string, unknown>>(
      this.pool, 'finishing.decide', `SELECT f.color_mode AS "colorMode", f.sides, f.copies, f.media, f.page_ranges AS "pageRanges", f.decided_by AS "decidedBy" FROM (${decisiveRow('$1')}) AS f`, [mailboxId],
    );
    if (!row) throw new Error('the general finishing options are missing');
    return row;
  }

  /** The general options, or a mailbox's own, which hold from now on. */
  async put(mailboxId: string, finishing: Finishing, changedBy: string): Promise<void> {
    const row = { ...finishing, usesDefault: false, changedAt: new Date(), changedBy };
    await this.prisma.finishing.upsert({ where: { mailboxId }, create: { mailboxId, ...row }, update: row });
  }

  /** The mailbox follows the general options; its own, if it has any, are kept. */
  async follow(mailboxId: string, changedBy: string): Promise<void> {
    await this.prisma.finishing.updateMany({ where: { mailboxId }, data: { usesDefault: true, changedAt: new Date(), changedBy } });
  }

  /** The mailbox's own options hold again; where it never had any, it begins with a copy of the general ones. */
  async stopFollowing(mailboxId: string, changedBy: string): Promise<void> {
    await query(
      this.pool, 'finishing.stop-following',
      `INSERT INTO finishing (mailbox_id, ${OPTIONS}, uses_default, changed_by)
       SELECT $1, ${OPTIONS}, false, $2 FROM finishing WHERE mailbox_id = ''
       ON CONFLICT (mailbox_id) DO UPDATE SET uses_default = false, changed_at = CURRENT_TIMESTAMP, changed_by = excluded.changed_by`, [mailboxId, changedBy],
    );
  }
}

function optionsOf({ colorMode, sides, copies, media, pageRanges }: Finishing): Finishing {
  return { colorMode, sides, copies, media, pageRanges };
}
