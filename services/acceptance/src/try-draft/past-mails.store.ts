import { type Pool, query } from '@inkpost/postgres/pool.js';
import { LAB_KINDS_MAX } from '../limits.js';
import type { PastMails } from './decide-draft.js';

/** For the general conditions: the mails of all mailboxes without conditions of their own. */
const READ = `
  SELECT sender, authentication AS verdict, authentication_basis AS basis, rule, reason IN ('', 'nothing-to-print') AS accepted,
    count(*)::int AS mails, max(at) AS "lastAt", (array_agg(message_id ORDER BY at DESC))[1] AS "lastMessageId"
  FROM verdict
  WHERE at > now() - make_interval(days => $2)
    AND CASE WHEN $1 = '' THEN mailbox_id NOT IN (SELECT mailbox_id FROM conditions WHERE NOT uses_default AND mailbox_id <> '') ELSE mailbox_id = $1 END
  GROUP BY sender, authentication, authentication_basis, rule, reason IN ('', 'nothing-to-print') ORDER BY mails DESC LIMIT $3`;

/** What is kept of the mails of the last days: their senders, and what was decided. */
export async function readPastMails(pool: Pool, mailboxId: string, days: number): Promise<PastMails[]> {
  return query<PastMails & Record<string, unknown>>(pool, 'past-mails.read', READ, [mailboxId, days, LAB_KINDS_MAX]);
}
