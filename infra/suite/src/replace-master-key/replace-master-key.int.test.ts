import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, fromJson, ScalarType, toJson } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JobHeldSchema } from '@inkpost/contracts/flow/v1/print_pb.js';
import { FLOW } from '@inkpost/flow/flow.js';
import { type MasterKey, parseMasterKey } from '@inkpost/secrets/master-key.js';
import { KEY_FILE_AGE_MAX_MS, MasterKeyFile } from '@inkpost/secrets/master-key-file.js';
import { openSecret, sealSecret, unwrapKey, wrapKey } from '@inkpost/secrets/seal.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { type TemporaryFolder, temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { MASTER_KEY_HOLDERS } from '../ensure-secrets.js';
import { KeyFiles } from './key-files.js';
import { withNewestFirst, withNewVersion, withSealingAlone } from './key-text.js';
import { type KeptKey, retire, rotate, showStatus } from './replace-master-key.js';
import { STORED_BYTES } from './sealed-places.js';

const DOCUMENTS = 700;
const OLD = `1:${randomBytes(32).toString('base64')}\n`;

let database: InkpostDatabase;
let folder: TemporaryFolder;
let pool: Pool;

beforeAll(async () => {
  [database, folder] = await Promise.all([createInkpostDatabase(), temporaryFolder('secrets')]);
  pool = database.superuserPool();
});
afterAll(async () => {
  await database.drop();
  await folder.remove();
});

const superuser = (text: string, values: unknown[] = []) => pool.query(text, values);

async function writeKeys(text: string): Promise<void> {
  for (const holder of ['owner', ...MASTER_KEY_HOLDERS]) {
    await mkdir(join(folder.path, holder), { recursive: true });
    await writeFile(join(folder.path, holder, 'master-key'), text, { mode: 0o600 });
  }
}

const keyOf = (holder: string) => readFile(join(folder.path, holder, 'master-key'), 'utf8');

/** As if the newest version sealed for an hour. */
async function letAnHourPass(): Promise<void> {
  const before = new Date(Date.now() - 3_600_000);
  for (const holder of ['owner', ...MASTER_KEY_HOLDERS]) await utimes(join(folder.path, holder, 'master-key'), before, before);
}

type Command = (kept: KeptKey, tell: (line: string) => void) => Promise<number>;

/** Runs the command with a connection of its own, as each run of it has. */
async function run(command: Command, { elsewhere, knownEverywhereMs = 50 }: Partial<Pick<KeptKey, 'elsewhere' | 'knownEverywhereMs'>> = {}): Promise<{ code: number; text: string }> {
  const client = await pool.connect();
  try {
    const lines: string[] = [];
    const code = await command({ client, files: new KeyFiles(folder.path), elsewhere, knownEverywhereMs }, (line) => lines.push(line));
    return { code, text: lines.join('\n') };
  } finally {
    client.release();
  }
}

const retireLater: Command = (kept, tell) => retire(kept, false, tell);

const documentKey = randomBytes(32);
const held = { messageId: randomUUID(), owner: { address: 'ada@example.org' } };

async function addDocument(masterKey: MasterKey, id: string = randomUUID()): Promise<string> {
  await superuser('INSERT INTO spool.document (id, sha256, size_bytes, wrapped_key) VALUES ($1, $2, 1, $3)', [id, randomBytes(32), wrapKey(masterKey, id, documentKey)]);
  return id;
}

async function fill(masterKey: MasterKey): Promise<void> {
  const ids = Array.from({ length: DOCUMENTS }, () => randomUUID());
  await superuser('INSERT INTO spool.document (id, sha256, size_bytes, wrapped_key) SELECT id, decode(repeat(\'00\', 32), \'hex\'), 1, key FROM unnest($1::uuid[], $2::bytea[]) AS d (id, key)', [ids, ids.map((id) => wrapKey(masterKey, id, documentKey))]);
  await superuser("INSERT INTO mail_ingest.google_client (client_id, sealed_secret, changed_at) VALUES ('c', $1, now())", [sealSecret(masterKey, 'google-client-secret', 'GOCSPX-1')]);
  const payload = toJson(JobHeldSchema, create(JobHeldSchema, { ...held, sealedPuk: sealSecret(masterKey, `puk:${held.messageId}:${held.owner.address}`, '7KQM3XPA') }));
  await superuser("INSERT INTO flow.message (subject, producer, consumer, journey_id, payload, due_at) VALUES ('print.job-held.v1', 'print_submit', 'notification', $1, $2, now())", [randomUUID(), JSON.stringify(payload)]);
}

async function openAll(masterKey: MasterKey): Promise<number> {
  const { rows } = await superuser('SELECT id, wrapped_key FROM spool.document WHERE wrapped_key IS NOT NULL');
  for (const { id, wrapped_key } of rows as { id: string; wrapped_key: Buffer }[]) expect(unwrapKey(masterKey, id, wrapped_key)).toEqual(documentKey);
  const { rows: [google] } = await superuser('SELECT sealed_secret FROM mail_ingest.google_client');
  expect(openSecret(masterKey, 'google-client-secret', (google as { sealed_secret: Buffer }).sealed_secret)).toBe('GOCSPX-1');
  const { rows: [message] } = await superuser("SELECT payload FROM flow.message WHERE subject = 'print.job-held.v1'");
  const { sealedPuk } = fromJson(JobHeldSchema, (message as { payload: object }).payload as never);
  expect(openSecret(masterKey, `puk:${held.messageId}:${held.owner.address}`, sealedPuk)).toBe('7KQM3XPA');
  return rows.length;
}

describe('what is stored in bytes', () => {
  it('is declared, every column of it and no other', async () => {
    const { rows } = await superuser(
      "SELECT table_schema || '.' || table_name || '.' || column_name AS name FROM information_schema.columns WHERE data_type = 'bytea' AND table_schema NOT IN ('pg_catalog', 'information_schema')",
    );
    const declared = Object.entries(STORED_BYTES).flatMap(([schema, { sealed, unsealed }]) => [...sealed, ...unsealed].map(({ table, column }) => `${schema}.${table}.${column}`));
    expect(rows.map(({ name }: { name: string }) => name).sort()).toEqual(declared.sort());
    // What is called sealed is sealed, whatever type it has.
    const { rows: texts } = await superuser("SELECT table_schema || '.' || table_name || '.' || column_name AS name FROM information_schema.columns WHERE data_type <> 'bytea' AND column_name LIKE 'sealed%'");
    expect(texts).toEqual([]);
  });

  it('is declared in the messages of the flow too', () => {
    const fields = Object.entries(FLOW).flatMap(([subject, { payload }]) => payload.fields.filter((field) => field.fieldKind === 'scalar' && field.scalar === ScalarType.BYTES).map(({ jsonName }) => `${subject} ${jsonName}`));
    const declared = Object.values(STORED_BYTES).flatMap(({ fields: own = [] }) => own.map(({ subject, field }) => `${subject} ${field}`));
    expect(declared.length).toBeGreaterThan(0);
    expect(fields.sort()).toEqual(declared.sort());
  });
});

describe('the replacement of the master key', () => {
  it('seals everything anew beside those who go on writing, and the old version is taken away once nothing needs it', async () => {
    await writeKeys(OLD);
    const service = new MasterKeyFile(join(folder.path, 'print-submit', 'master-key'));
    await fill(service);
    const over = new AbortController();
    const written: Promise<void> = (async () => {
      while (!over.signal.aborted) await addDocument(service);
    })();
    const rotated = await run(rotate, { knownEverywhereMs: KEY_FILE_AGE_MAX_MS + 100 });
    over.abort();
    await written;
    expect(rotated).toMatchObject({ code: 0, text: expect.stringContaining('Version 2 seals from now on.') as string });
    for (const holder of MASTER_KEY_HOLDERS) expect(await keyOf(holder)).toBe(await keyOf('owner'));
    expect((await stat(join(folder.path, 'acceptance', 'master-key'))).mode & 0o777).toBe(0o600);

    const early = await run(retireLater);
    expect(early).toMatchObject({ code: 1, text: expect.stringMatching(/wait until .*--now/) as string });
    await letAnHourPass();
    expect(await run(retireLater)).toMatchObject({ code: 0, text: expect.stringContaining('Version 1 is removed') as string });
    expect(await keyOf('owner')).not.toContain(OLD.trim());
    expect(await openAll(parseMasterKey(await keyOf('acceptance')))).toBeGreaterThan(DOCUMENTS);
    await expect(openAll(parseMasterKey(OLD))).rejects.toMatchObject({ code: 'secrets.key-missing' });
  });

  it('goes on where it was broken off, makes no third version, and names what it can\'t open without showing it', async () => {
    const before = await keyOf('owner');
    // Broken off between the keys' first files: only the owner has the new version.
    const added = withNewVersion(before);
    await writeFile(join(folder.path, 'owner', 'master-key'), added);
    const broken = await addDocument(parseMasterKey(before));
    await superuser("UPDATE spool.document SET wrapped_key = set_byte(wrapped_key, 20, get_byte(wrapped_key, 20) # 1) WHERE id = $1", [broken]);
    const status = await run(showStatus);
    expect(status.text).toMatch(/^Version 2 seals, 3 may be opened too/);

    const first = await run(rotate);
    expect(first.code).toBe(1);
    expect(first.text).toContain('Going on with a replacement that was begun.');
    expect(first.text).toContain(`spool.document.wrapped_key of ${broken}: A sealed secret was changed`);
    expect(first.text).not.toMatch(/[0-9a-f]{40}|[A-Za-z0-9+/]{40}/);
    await letAnHourPass();
    expect(await run(retireLater)).toMatchObject({ code: 1, text: expect.stringMatching(/^1 are still sealed with another version than 3/) as string });

    await superuser('DELETE FROM spool.document WHERE id = $1', [broken]);
    expect(await run(rotate)).toMatchObject({ code: 0, text: expect.stringContaining('0 sealed anew with version 3.') as string });
    await letAnHourPass();
    expect((await run(retireLater)).code).toBe(0);
    const text = await keyOf('owner');
    expect(text.trim().split('\n').map((line) => line.split(':')[0])).toEqual(['3', 'hashing']);
    await openAll(parseMasterKey(text));
  });

  it('takes nothing away while something turns up that was sealed with the old version', async () => {
    const before = await keyOf('owner');
    expect((await run(rotate)).code).toBe(0);
    await letAnHourPass();
    const retiring = run(retireLater, { knownEverywhereMs: 1_000 });
    await expect.poll(() => keyOf('notification')).not.toContain(before.split('\n')[0] ?? '');
    const late = await addDocument(parseMasterKey(before));
    expect(await retiring).toMatchObject({ code: 1, text: expect.stringContaining('nothing was removed') as string });
    for (const holder of ['owner', ...MASTER_KEY_HOLDERS]) expect(await keyOf(holder)).toContain(before.split('\n')[0]);
    expect(await run(rotate)).toMatchObject({ code: 0, text: expect.stringContaining('1 sealed anew') as string });
    await superuser('DELETE FROM spool.document WHERE id = $1', [late]);
  });

  it('is one at a time, and waits for a row that a service holds without holding up anybody', async () => {
    await letAnHourPass();
    expect((await run(retireLater)).code).toBe(0);
    const service = await pool.connect();
    await service.query('BEGIN; SELECT 1 FROM mail_ingest.google_client FOR UPDATE');
    const begun = Promise.withResolvers<void>();
    const rotating = run((kept, tell) => rotate(kept, (line) => {
      tell(line);
      if (line.includes('seals from now on')) begun.resolve();
    }));
    await begun.promise;
    await expect(run(rotate)).rejects.toThrow('Another run is under way');
    await service.query("SET LOCAL lock_timeout = '5s'; UPDATE mail_ingest.google_client SET client_id = 'd'; COMMIT");
    service.release();
    expect((await rotating).code).toBe(0);
    await openAll(parseMasterKey(withSealingAlone(await keyOf('owner'))));
  });

  it('leaves a key that is kept elsewhere to who keeps it, and seals anew with its first version', async () => {
    const text = await keyOf('owner');
    const newer = withNewestFirst(withNewVersion(text));
    expect(await run(rotate, { elsewhere: OLD })).toMatchObject({ code: 1, text: expect.stringContaining('put a new version in front') as string });
    expect((await run(rotate, { elsewhere: newer })).text).toMatch(/\d{3,} sealed anew with version 6\./);
    expect(await run(retireLater, { elsewhere: newer })).toMatchObject({ code: 0, text: expect.stringContaining('never the entry "hashing:"') as string });
    expect(await keyOf('owner')).toBe(text);
    await openAll(parseMasterKey(newer));
  });
});
