import { setTimeout as pause } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { Failure } from '@inkpost/failure/failure.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { sealAnew } from '@inkpost/secrets/seal.js';
import { SEALED_PLACES, type SealedPlace } from './sealed-places.js';

/** Pages of a table in one transaction, some hundred rows: enough to be quick, few enough that no service waits noticeably for one of them. */
const PAGES_AT_ONCE = 8;
/** A row that a service holds meanwhile is tried again after this pause, and left for another run after so many. */
const LOCKED_PAUSE_MS = 200;
const LOCKED_TRIES = 50;

/** How many sealed things of a place each version of the master key opens. */
export interface SealedCount {
  readonly place: string;
  readonly byVersion: ReadonlyMap<number, number>;
}

export async function countSealed(client: ClientBase): Promise<SealedCount[]> {
  const counts: SealedCount[] = [];
  for (const place of SEALED_PLACES) {
    const { rows } = await client.query<{ version: number; count: number }>(
      `SELECT get_byte(${place.sealed}, 1) AS version, count(*)::int AS count FROM ${place.schema}.${place.table} WHERE ${usable(place)} GROUP BY 1 ORDER BY 1 DESC`,
    );
    counts.push({ place: place.name, byVersion: new Map(rows.map(({ version, count }) => [version, count])) });
  }
  return counts;
}

/** How many are sealed with other versions than this one. */
export function countOlder(counts: readonly SealedCount[], currentVersion: number): number {
  return counts.flatMap(({ byVersion }) => [...byVersion]).reduce((sum, [version, count]) => sum + (version === currentVersion ? 0 : count), 0);
}

/** What was sealed anew, and what couldn't be. */
export interface SealedAnew {
  readonly count: number;
  /** Of each: place, row and why. Never what was sealed. */
  readonly problems: readonly string[];
}

/**
 * Seals everything with the current version, batch by batch, beside services that go on writing. What is sealed with it already is
 * left alone: so a run that was broken off is continued by the next one.
 */
export async function sealAllAnew(client: ClientBase, masterKey: MasterKey, onDone: (place: string, count: number) => void): Promise<SealedAnew> {
  const problems: string[] = [];
  let count = 0;
  for (const place of SEALED_PLACES) {
    const anew = await sealPlaceAnew(client, masterKey, place);
    if (anew.count > 0) onDone(place.name, anew.count);
    count += anew.count;
    problems.push(...anew.problems);
    if (place.afterwards !== undefined) await inTransaction(client, place.schema, () => client.query(place.afterwards ?? ''));
  }
  return { count, problems };
}

/** Rows wander while services change them: passes are made until one finds nothing left to do. */
async function sealPlaceAnew(client: ClientBase, masterKey: MasterKey, place: SealedPlace): Promise<SealedAnew> {
  let count = 0;
  for (let tries = 0; ; tries += 1) {
    const pass = await passOver(client, masterKey, place);
    count += pass.count;
    const left = await countLeft(client, masterKey, place);
    if (left <= pass.problems.length) return { count, problems: pass.problems };
    if (pass.count > 0) tries = 0;
    if (tries >= LOCKED_TRIES) return { count, problems: [...pass.problems, `${place.name}: ${left} are held by somebody else`] };
    await pause(LOCKED_PAUSE_MS);
  }
}

interface Row extends Record<string, unknown> {
  readonly place: string;
  readonly sealed: Buffer;
  readonly texts: string[];
}

/** Page by page: in the order of a key each batch would have to find its way past all that was sealed anew before. */
async function passOver(client: ClientBase, masterKey: MasterKey, place: SealedPlace): Promise<SealedAnew> {
  const problems: string[] = [];
  let count = 0;
  const pages = await pagesOf(client, place);
  for (let page = 0; page < pages; page += PAGES_AT_ONCE) {
    count += await inTransaction(client, place.schema, async () => {
      const rows = (await rowsOf(client, masterKey, place, page)).flatMap((row) => sealedAnew(masterKey, place, row, problems));
      if (rows.length > 0) {
        await client.query(
          `UPDATE ${place.table} SET ${place.assign} FROM unnest($1::tid[], $2::bytea[]) AS new (place, sealed) WHERE ${place.table}.ctid = new.place`,
          [rows.map((row) => row.place), rows.map((row) => row.sealed)],
        );
      }
      return rows.length;
    });
  }
  return { count, problems };
}

async function pagesOf(client: ClientBase, { schema, table }: SealedPlace): Promise<number> {
  const { rows } = await client.query<{ pages: number }>(`SELECT (pg_relation_size('${schema}.${table}') / current_setting('block_size')::int)::int AS pages`);
  return rows[0]?.pages ?? 0;
}

/** Those that a service holds just now are left to the next pass, so that nobody waits for us. */
async function rowsOf(client: ClientBase, masterKey: MasterKey, place: SealedPlace, page: number): Promise<Row[]> {
  const { rows } = await client.query<Row>(
    `SELECT ctid::text AS place, ${place.sealed} AS sealed, ARRAY[${place.contextTexts.join(', ')}]::text[] AS texts FROM ${place.table}
     WHERE ctid >= $1::tid AND ctid < $2::tid AND ${usable(place)} AND get_byte(${place.sealed}, 1) <> $3 FOR UPDATE SKIP LOCKED`,
    [`(${page},0)`, `(${page + PAGES_AT_ONCE},0)`, masterKey.currentVersion],
  );
  return rows;
}

function sealedAnew(masterKey: MasterKey, place: SealedPlace, row: Row, problems: string[]): Row[] {
  try {
    return [{ ...row, sealed: sealAnew(masterKey, place.purpose, place.context(...row.texts), row.sealed) }];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    problems.push(`${place.name} of ${row.texts.join(', ')}: ${error.message}`);
    return [];
  }
}

async function countLeft(client: ClientBase, masterKey: MasterKey, place: SealedPlace): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${place.schema}.${place.table} WHERE ${usable(place)} AND get_byte(${place.sealed}, 1) <> $1`,
    [masterKey.currentVersion],
  );
  return rows[0]?.count ?? 0;
}

/** Too short to name a version: nothing that we sealed. */
function usable({ where, sealed }: SealedPlace): string {
  return `${where} AND octet_length(${sealed}) > 1`;
}

async function inTransaction<T>(client: ClientBase, schema: string, act: () => Promise<T>): Promise<T> {
  await client.query(`BEGIN; SET LOCAL search_path = ${schema}`);
  try {
    const result = await act();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
