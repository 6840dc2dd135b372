import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { sweepSpool } from './spool-sweeper.js';
import { Spool, type SpooledDocument } from './spool.js';

const masterKey = parseMasterKey(randomBytes(32).toString('hex'));
let database: InkpostDatabase;
let folder: string;
let removeFolder: () => Promise<void>;

async function* source(bytes: Buffer) {
  yield bytes;
}

const spoolOf = (service: 'mail-ingest' | 'acceptance' | 'print-submit') => new Spool(database.pool(service), masterKey, folder);

/** Written by mail-ingest and claimed by acceptance, as a mail on its way is. */
async function spooled(bytes: Buffer, until = new Date(Date.now() + 3_600_000)): Promise<SpooledDocument> {
  const document = await spoolOf('mail-ingest').write(source(bytes), 1_000_000);
  await database.pool('mail-ingest').query(`SELECT spool.put($1, 'acceptance', $2)`, [JSON.stringify([document]), until]);
  return document;
}

beforeAll(async () => {
  database = await createInkpostDatabase();
  const temporary = await temporaryFolder('spool');
  folder = join(temporary.path, 'spool');
  await mkdir(folder);
  removeFolder = () => temporary.remove();
});

afterAll(async () => {
  await database.drop();
  await removeFolder();
});

describe('the spool', () => {
  it('gives the bytes back to who holds the claim, and to nobody else', async () => {
    const bytes = randomBytes(200_000);
    const { id } = await spooled(bytes);
    expect(await buffer(await spoolOf('acceptance').open(id))).toEqual(bytes);
    await expect(spoolOf('print-submit').open(id)).rejects.toMatchObject({ code: 'spool.document-erased' });
  });

  it('keeps no clear text in the folder', async () => {
    const text = Buffer.from(`%PDF-1.7 ${randomUUID()} the clear text of a document `.repeat(20));
    await spooled(text);
    for (const name of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (name.isFile()) expect((await readFile(join(name.parentPath, name.name))).includes(text.subarray(0, 40))).toBe(false);
    }
  });

  it('hands a claim on, with its end', async () => {
    const bytes = randomBytes(100);
    const { id } = await spooled(bytes);
    await database.pool('acceptance').query(`SELECT spool.hand_over($1, 'print_submit')`, [[id]]);
    await expect(spoolOf('acceptance').open(id)).rejects.toMatchObject({ code: 'spool.document-erased' });
    expect(await buffer(await spoolOf('print-submit').open(id))).toEqual(bytes);
  });

  it('erases the key with the last claim, so that the bytes can never be read again', async () => {
    const { id } = await spooled(randomBytes(100));
    const acceptance = database.pool('acceptance');
    const { rows } = await acceptance.query<{ erased: string[] }>('SELECT spool.drop($1) AS erased', [[id]]);
    expect(rows[0]?.erased).toEqual([id]);
    const { rows: keys } = await database.superuserPool().query('SELECT wrapped_key FROM spool.document WHERE id = $1', [id]);
    expect(keys).toEqual([{ wrapped_key: null }]);
  });

  it('lets nobody drop or move a claim that is another\'s', async () => {
    const { id } = await spooled(randomBytes(100));
    const stranger = database.pool('print-submit');
    await stranger.query(`SELECT spool.hand_over($1, 'print_submit')`, [[id]]);
    const { rows } = await stranger.query<{ erased: string[] }>('SELECT spool.drop($1) AS erased', [[id]]);
    expect(rows[0]?.erased).toEqual([]);
    await expect(spoolOf('acceptance').open(id)).resolves.toBeDefined();
  });

  it('sweeps documents whose claim ran out and bytes that nobody recorded, but not what is new or claimed', async () => {
    const kept = await spooled(randomBytes(100));
    const expired = await spooled(randomBytes(100), new Date(Date.now() - 1_000));
    const young = await spoolOf('mail-ingest').write(source(randomBytes(100)), 1_000);
    const stray = await spoolOf('mail-ingest').write(source(randomBytes(100)), 1_000);
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    const age = async (id: string) => {
      const file = files.find(({ name }) => name === id);
      if (file) await utimes(join(file.parentPath, id), new Date(0), new Date(0));
    };
    await Promise.all([age(stray.id), age(kept.id)]);
    await writeFile(join(folder, 'unrelated.txt'), 'not a document');
    await sweepSpool(database.pool('mail-ingest'), folder, new Date());
    const left = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name);
    expect(left).toEqual(expect.arrayContaining([kept.id, young.id, 'unrelated.txt']));
    expect(left).not.toContain(expired.id);
    expect(left).not.toContain(stray.id);
  });
});
