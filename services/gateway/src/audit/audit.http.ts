import { z } from 'zod';
import type { Pool } from '@inkpost/postgres/pool.js';
import { instant, pageLimit } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { TEXT } from '../limits.js';
import { AUDIT_OUTCOMES, type AuditFilter } from './audit-entry.js';
import type { AuditStore } from './audit.store.js';
import { shownEntry, toCsv, toNdjson } from './export-entries.js';
import { type AuditVerdict, verifyAudit } from './verify-audit.js';
import type { ChainEnd } from './verify-chain.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits');
const entryId = z.string().regex(/^\d{1,15}$/, 'must be the id of an entry');

const auditEntry = z.object({
  id: z.string().describe('1, 2, 3, … without a gap.'),
  at: instant,
  actor: z.string().describe('The account; anonymous where nobody was signed in.'),
  action: z.string().describe('Method and route, for example "DELETE /api/v0/mailboxes/{mailboxId}".'),
  objectId: z.string(),
  outcome: z.enum(AUDIT_OUTCOMES),
  status: z.int().describe('The HTTP status of the answer.'),
  source: z.string().describe('The client\'s address.'),
  requestId: z.string().describe('As in the answer and in the logs.'),
  sha256: z.string().describe('SHA-256 over the 32 bytes of the entry before and this one\'s fields, from id to requestId, as netstrings.'),
}).meta({ id: 'AuditEntry' });

const filter = {
  actor: z.string().max(TEXT.address).optional().describe('The whole account, in any case.'),
  action: z.string().max(TEXT.search).optional().describe('A part of it, in any case: "DELETE", "/guests".'),
  objectId: z.string().max(TEXT.search).optional(),
  outcome: z.enum(AUDIT_OUTCOMES).optional(),
  from: instant.optional().describe('From this moment on.'),
  to: instant.optional().describe('Before this moment.'),
};

function toFilter({ from, to, ...texts }: z.output<z.ZodObject<typeof filter>>): AuditFilter {
  return { ...texts, from: from === undefined ? undefined : new Date(from), to: to === undefined ? undefined : new Date(to) };
}

const chainEnd = z.object({ entryId: z.string(), sha256: z.string() });

const auditVerification = z.object({
  intact: z.boolean(),
  intactEntries: z.int().describe('Entries that are as they were written, from the first one on.'),
  end: chainEnd.describe('The last of them. Note it elsewhere, and give it as `noted` next time: who can rewrite the whole log can\'t rewrite the note.'),
  anchor: chainEnd.describe('The last entry that was forgotten after its year, which the first one follows; 0: none was.'),
  firstBreak: z.object({ entryId: z.string(), kind: z.enum(['changed', 'missing', 'foreign']), reason: z.string() }).nullable(),
  noted: z.enum(['same', 'changed', 'unknown']).nullable().describe('Whether the noted entry is what it was; unknown: it was forgotten, or the chain is broken before it.'),
}).meta({ id: 'AuditVerification' });

/** Who changed or tried what; kept for a year, as a chain that shows whether it was tampered with. */
export function auditRoutes(audit: AuditStore, pool: Pool) {
  const right = 'audit.read';
  let verification: Promise<unknown> = Promise.resolve();
  /** One after the other: each holds one of the few connections for as long as it takes. */
  const verifyInTurn = async (noted: ChainEnd | undefined): Promise<AuditVerdict> => {
    const mine = verification.then(() => verifyAudit(pool, noted));
    verification = mine.catch(() => undefined);
    return mine;
  };
  return [
    route({
      method: 'GET', path: '/api/v0/audit', operation: 'listAuditEntries', right, summary: 'Who changed or tried what, the latest first',
      query: z.strictObject({ ...filter, limit: pageLimit, before: entryId.optional().describe('`nextBefore` of the page before.') }),
      status: 200, answer: z.object({ entries: z.array(auditEntry), nextBefore: z.string().nullable() }),
      handle: async ({ query: { limit, before, ...wanted } }) => {
        const entries = await audit.list(toFilter(wanted), limit, before === undefined ? undefined : Number(before));
        return { entries: entries.map(shownEntry), nextBefore: entries.length === limit ? String(entries.at(-1)?.id) : null };
      },
    }),
    route({
      method: 'GET', path: '/api/v0/audit/export.ndjson', operation: 'exportAuditAsNdjson', right, summary: 'The audit log, the oldest first, one JSON object a line',
      description: 'Without a filter it can be checked later, without this installation: `npm run audit -- verify --file FILE`.',
      query: z.strictObject(filter), status: 200, answer: { mediaType: 'application/x-ndjson', fileName: 'audit.ndjson' },
      handle: async ({ query }) => toNdjson(audit.all(toFilter(query))),
    }),
    route({
      method: 'GET', path: '/api/v0/audit/export.csv', operation: 'exportAuditAsCsv', right, summary: 'The audit log, the oldest first, for spreadsheets',
      query: z.strictObject(filter), status: 200, answer: { mediaType: 'text/csv; charset=utf-8', fileName: 'audit.csv' },
      handle: async ({ query }) => toCsv(audit.all(toFilter(query))),
    }),
    route({
      method: 'GET', path: '/api/v0/audit/verification', operation: 'verifyAudit', right, summary: 'Whether the audit log is as it was written',
      query: z.strictObject({ notedEntry: entryId.optional().describe('`end.entryId` of an earlier verification.'), notedSha256: sha256.optional().describe('`end.sha256` of the same one.') })
        .refine(({ notedEntry, notedSha256 }) => (notedEntry === undefined) === (notedSha256 === undefined), { error: 'must stand together with notedEntry', path: ['notedSha256'] }),
      status: 200, answer: auditVerification,
      handle: async ({ query: { notedEntry, notedSha256 } }) => {
        const noted = notedEntry === undefined || notedSha256 === undefined ? undefined : { entryId: Number(notedEntry), sha256: notedSha256 };
        const { intactEntries, end, anchor, firstBreak, noted: still } = await verifyInTurn(noted);
        return {
          intact: firstBreak === undefined && still !== 'changed', intactEntries, end: shownEnd(end), anchor: shownEnd(anchor),
          firstBreak: firstBreak ? { ...firstBreak, entryId: String(firstBreak.entryId) } : null, noted: still ?? null,
        };
      },
    }),
  ];
}

function shownEnd({ entryId, sha256 }: { readonly entryId: number; readonly sha256: string }) {
  return { entryId: String(entryId), sha256 };
}
