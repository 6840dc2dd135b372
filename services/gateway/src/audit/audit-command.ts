import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { PrismaPg } from '@prisma/adapter-pg';
import { createPool, type Pool } from '@inkpost/postgres/pool.js';
import { PrismaClient } from '../gen/prisma/client.js';
import type { AuditFilter } from './audit-entry.js';
import { AuditStore } from './audit.store.js';
import { toCsv, toNdjson } from './export-entries.js';
import { verifyAudit } from './verify-audit.js';
import { CHAIN_BEGIN, type ChainEnd, type ChainVerdict } from './verify-chain.js';
import { verifyExport } from './verify-export.js';

export const AUDIT_USAGE = `Checks and exports the audit log.

  verify  [--noted ENTRY:SHA256]                  the log in the database, from its first entry to its last
  verify  --file FILE [--after ENTRY:SHA256]      an export in NDJSON; the database is not asked
  export  [--format ndjson|csv] [--out FILE] [--actor ACCOUNT] [--action PART] [--from TIME] [--to TIME]

ENTRY:SHA256 is what an earlier check ended with. Exit code 0: intact, or exported; 1: the log is not as it was written; 2: it can't be said.
`;

export interface AuditCommandParts {
  /** Opens the database; called only where it is needed. The account needs to read, no more. */
  readonly database: () => Promise<{ readonly url: string; readonly password: string; readonly close?: () => Promise<void> }>;
  readonly out: Writable;
  readonly say: (line: string) => void;
}

/** Wrong arguments: what is wrong with them. */
export class AuditUsageError extends Error {}

/** Gives the exit code. Throws what kept it from being done. */
export async function runAuditCommand([command = '', ...args]: readonly string[], parts: AuditCommandParts): Promise<number> {
  if (command === 'verify') return verify(args, parts);
  if (command === 'export') return exportEntries(args, parts);
  throw new AuditUsageError(command === '' ? 'Say what to do: verify or export.' : `"${command}" is not known: say verify or export.`);
}

async function verify(args: readonly string[], parts: AuditCommandParts): Promise<number> {
  const { file, after, noted } = parse(args, { file: { type: 'string' }, after: { type: 'string' }, noted: { type: 'string' } });
  if (file !== undefined) {
    const verdict = await verifyExport(createInterface({ input: createReadStream(file) }), readEnd('after', after));
    if (verdict.unchecked !== undefined) parts.say(`Entry ${verdict.unchecked}, with which the file begins, can't be checked itself: give the one before by --after.`);
    return tell(verdict, parts.say);
  }
  const end = readEnd('noted', noted);
  return withPool(parts, async (pool) => {
    const verdict = await verifyAudit(pool, end);
    if (verdict.anchor.entryId > 0) parts.say(`Entries up to ${verdict.anchor.entryId} were forgotten after their time.`);
    const code = tell(verdict, parts.say);
    if (verdict.noted === 'same') parts.say(`Entry ${end?.entryId} is what it was when it was noted.`);
    if (verdict.noted === 'unknown') parts.say(`Entry ${end?.entryId} is not there any more to be compared.`);
    if (verdict.noted !== 'changed') return code;
    parts.say(`Entry ${end?.entryId} is not what it was when it was noted: the log was rewritten, by somebody who could write to the database.`);
    return 1;
  });
}

function tell({ intactEntries, end, firstBreak }: ChainVerdict, say: (line: string) => void): number {
  if (firstBreak) {
    say(`BROKEN at entry ${firstBreak.entryId} (${firstBreak.kind}). ${firstBreak.reason}`);
    say(`${intactEntries} entries before it are as they were written.`);
    return 1;
  }
  say(`Intact: ${intactEntries} entries. The end, to be noted elsewhere: ${end.entryId}:${end.sha256}`);
  return 0;
}

async function exportEntries(args: readonly string[], parts: AuditCommandParts): Promise<number> {
  const text = { type: 'string' } as const;
  const { format = 'ndjson', out, from, to, actor, action } = parse(args, { format: text, out: text, from: text, to: text, actor: text, action: text });
  if (format !== 'ndjson' && format !== 'csv') throw new AuditUsageError('--format must be ndjson or csv.');
  const filter: AuditFilter = { actor, action, from: readTime('from', from), to: readTime('to', to) };
  return withPool(parts, async (pool) => {
    const pages = new AuditStore(pool, new PrismaClient({ adapter: new PrismaPg(pool, { schema: 'gateway' }) })).all(filter);
    // The file holds who did what: for its owner's eyes.
    const target = out === undefined ? parts.out : createWriteStream(out, { mode: 0o600 });
    await pipeline(format === 'csv' ? toCsv(pages) : toNdjson(pages), target, { end: out !== undefined });
    return 0;
  });
}

async function withPool(parts: AuditCommandParts, work: (pool: Pool) => Promise<number>): Promise<number> {
  const { url, password, close } = await parts.database();
  const pool = createPool({ url, password, user: 'gateway', connectionsMax: 2 });
  try {
    return await work(pool);
  } finally {
    await pool.end();
    await close?.();
  }
}

type Options = Readonly<Record<string, { readonly type: 'string' }>>;

function parse<O extends Options>(args: readonly string[], options: O): { readonly [K in keyof O]?: string } {
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new AuditUsageError(error instanceof Error ? error.message : String(error));
  }
}

function readEnd(name: string, text: string | undefined): ChainEnd | undefined {
  if (text === undefined) return undefined;
  const { id, sha256 } = /^(?<id>\d{1,15}):(?<sha256>[0-9a-f]{64})$/.exec(text)?.groups ?? {};
  if (id === undefined || sha256 === undefined) throw new AuditUsageError(`--${name} must be an entry's number and hash, such as ${CHAIN_BEGIN.entryId}:${CHAIN_BEGIN.sha256}.`);
  return { entryId: Number(id), sha256 };
}

function readTime(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new AuditUsageError(`--${name} must be a time such as 2026-07-31 or 2026-07-31T18:00:00Z.`);
  return time;
}
