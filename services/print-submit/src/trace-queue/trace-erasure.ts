import type { FlowTransaction } from '@inkpost/flow/flow-client.js';

/** A name that is torn between two pieces counts, too: they are read together. */
const ERASE = `
  WITH named AS MATERIALIZED (
    SELECT t.queue_id FROM queue_trace t
    WHERE EXISTS (
      SELECT 1 FROM (SELECT lower(string_agg(p.lines, '' ORDER BY p.id)) AS log FROM queue_trace_piece p WHERE p.queue_id = t.queue_id) AS whole,
        regexp_matches(whole.log, '[^\\s"<>(),;:\\\\\\[\\]@={}]+@[\\w.-]*\\w', 'g') AS m (found)
      WHERE m.found[1] IN (SELECT unnest($1::text[])))),
  pieces AS (DELETE FROM queue_trace_piece p USING named n WHERE p.queue_id = n.queue_id RETURNING 1)
  SELECT count(*) AS traces FROM named`;

/** Conversations with printers name owners and their titles: those that name one of these people go as a whole. A trace under way goes on. */
export async function eraseTraces(transaction: FlowTransaction, addresses: readonly string[]): Promise<{ readonly traces: number }> {
  if (addresses.length === 0) return { traces: 0 };
  const [erased] = await transaction.query<{ traces: number }>('queue-trace.erase', ERASE, [addresses]);
  return { traces: erased?.traces ?? 0 };
}
