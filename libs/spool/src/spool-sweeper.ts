import { type Pool, query } from '@inkpost/postgres/pool.js';
import { listSealed, removePartials, removeSealed } from './sealed-file.js';

const EXPIRE_MAX = 500;
const BATCH = 500;
/** Younger bytes may belong to a message that is being taken in right now. */
const GRACE_MS = 3_600_000;

/** Ends claims that ran out, and removes bytes that no key opens any more. Gives how many documents' bytes went. */
export async function sweepSpool(pool: Pool, folder: string, now: Date): Promise<number> {
  let removed = 0;
  const remove = async (ids: readonly string[]): Promise<void> => {
    await Promise.all(ids.map((documentId) => removeSealed({ folder, documentId })));
    removed += ids.length;
  };
  const [expired] = await query<{ ids: string[] }>(pool, 'spool.expire', 'SELECT spool.expire($1) AS ids', [EXPIRE_MAX]);
  await remove(expired?.ids ?? []);
  const olderThan = new Date(now.getTime() - GRACE_MS);
  let batch: string[] = [];
  const removeStray = async (): Promise<void> => {
    const rows = await query<{ id: string }>(pool, 'spool.removable', 'SELECT spool.removable($1) AS id', [batch]);
    await remove(rows.map(({ id }) => id));
    batch = [];
  };
  for await (const { documentId, modifiedAt } of listSealed({ folder })) {
    if (modifiedAt >= olderThan) continue;
    batch.push(documentId);
    if (batch.length === BATCH) await removeStray();
  }
  if (batch.length > 0) await removeStray();
  await removePartials({ folder, olderThan });
  return removed;
}
