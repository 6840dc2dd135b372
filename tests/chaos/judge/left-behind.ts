import { Client } from 'pg';
import { ProblemError } from '@inkpost/suite/rest-client.js';
import type { ChaosPlace } from '../set-up/chaos-place.js';

/**
 * What should be over when every document is printed, each with how much of it is not. What a queue keeps after it was printed may stay.
 * @param prints how many there should be
 */
export async function findLeftBehind({ databaseOwnerUrl, rest }: ChaosPlace, prints: number): Promise<string[]> {
  const client = new Client({ connectionString: databaseOwnerUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; count: number }>(`
      WITH kept AS (SELECT id FROM print_submit.job WHERE job_state = 'completed' AND kept_until > now())
      SELECT 'messages of the flow still open' AS name, count(*)::int FROM flow.message WHERE state = 'open'
      UNION ALL SELECT 'messages given up', count(*)::int FROM flow.message WHERE state = 'dead'
      UNION ALL SELECT 'claims on documents', count(*)::int FROM spool.claim WHERE document_id NOT IN (SELECT id FROM kept)
      UNION ALL SELECT 'keys of documents', count(*)::int FROM spool.document WHERE wrapped_key IS NOT NULL AND id NOT IN (SELECT id FROM kept)`);
    return [...rows, await wronglyCounted(rest, prints)]
      .filter(({ count }) => count > 0).map(({ name, count }) => `${count} ${name}`);
  } finally {
    await client.end();
  }
}

async function wronglyCounted(rest: ChaosPlace['rest'], prints: number): Promise<{ readonly name: string; readonly count: number }> {
  try {
    const { total } = await rest.get<{ readonly total: { readonly jobs: number } }>('/api/v0/statistics/prints');
    return { name: total.jobs < prints ? 'prints missing in the statistics' : 'prints too many in the statistics', count: Math.abs(total.jobs - prints) };
  } catch (error) {
    // The last fault may have struck the one that counts: it is only starting again.
    if (!(error instanceof ProblemError) || error.status !== 503) throw error;
    return { name: 'service that counts prints does not answer', count: 1 };
  }
}
