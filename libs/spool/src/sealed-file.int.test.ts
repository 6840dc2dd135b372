import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { copyFile, mkdtemp, readFile, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chunkBytes, headerBytes, sealedChunkBytes } from './chunk-cipher.js';
import { listSealed, readSealed, removePartials, removeSealed, writeSealed } from './sealed-file.js';

const sizeBytesMax = 60 * 1024 * 1024;
const damaged: unknown = expect.objectContaining({ name: 'PermanentFailure', code: 'spool.document-damaged' });
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inkpost-spool-'));
});
afterAll(() => rm(folder, { recursive: true }));

const newPlace = () => ({ folder, documentId: randomUUID(), key: randomBytes(32) });
type Place = ReturnType<typeof newPlace>;
const pathOf = (at: Place): string => join(folder, at.documentId.slice(-2), at.documentId);

async function* inPieces(bytes: Buffer, pieceBytes = 50_000): AsyncGenerator<Buffer> {
  await Promise.resolve();
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

async function read(at: Place): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of readSealed(at)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function written(clear: Buffer, pieceBytes?: number): Promise<Place> {
  const at = newPlace();
  await writeSealed({ ...at, source: inPieces(clear, pieceBytes), sizeBytesMax });
  return at;
}

async function filesIn(path: string): Promise<string[]> {
  return (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name);
}

describe('a sealed document', () => {
  const sizes = [0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 2 * chunkBytes, 16 * chunkBytes, 16 * chunkBytes + 1, 25 * 1024 * 1024];

  it.each(sizes)('of %d bytes comes back byte for byte', async (size) => {
    const clear = randomBytes(size);
    const at = newPlace();
    const facts = await writeSealed({ ...at, source: inPieces(clear), sizeBytesMax });
    expect(facts).toEqual({ sizeBytes: size, sha256: createHash('sha256').update(clear).digest('hex') });
    expect((await read(at)).equals(clear)).toBe(true);
    expect((await stat(pathOf(at))).size).toBe(headerBytes + size + 16 * Math.max(1, Math.ceil(size / chunkBytes)));
  });

  it.each([1, 7_000, chunkBytes, 1_000_000])('may come in pieces of %d bytes', async (pieceBytes) => {
    const clear = randomBytes(200_000);
    expect((await read(await written(clear, pieceBytes))).equals(clear)).toBe(true);
  });

  it('is private to its owner and shows nothing of its content', async () => {
    const at = await written(Buffer.from('%PDF-1.7 the secret merger'));
    expect((await stat(pathOf(at))).mode & 0o777).toBe(0o600);
    expect(await readFile(pathOf(at), 'latin1')).not.toContain('merger');
  });

  it('looks different when it is written again with the same key', async () => {
    const clear = Buffer.alloc(100, 1);
    const at = await written(clear);
    const before = await readFile(pathOf(at));
    await writeSealed({ ...at, source: inPieces(clear), sizeBytesMax });
    expect((await readFile(pathOf(at))).subarray(headerBytes)).not.toEqual(before.subarray(headerBytes));
    expect(await read(at)).toEqual(clear);
  });

  it('is missing when it was removed, and may be removed twice', async () => {
    const at = await written(Buffer.from('gone'));
    await removeSealed(at);
    await removeSealed(at);
    await expect(read(at)).rejects.toMatchObject({ name: 'PermanentFailure', code: 'spool.document-missing' });
  });

  it('keeps memory flat while 50 MB pass', async () => {
    const piece = randomBytes(64 * 1024);
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    // The collector frees buffers in the background: late on a busy machine, so it is given time, but only for what it can free.
    const inUseBytes = async (enough = 0): Promise<number> => {
      let least = Number.POSITIVE_INFINITY;
      for (let tries = 0; tries < 20 && least > enough; tries += 1) {
        if (typeof collect === 'function') collect();
        least = Math.min(least, process.memoryUsage().arrayBuffers);
        if (least > enough) await pause(10);
      }
      return least;
    };
    const growthMax = 20 * 1024 * 1024;
    const before = await inUseBytes();
    const seen = [before];
    const note = async (): Promise<void> => void seen.push(await inUseBytes(before + growthMax / 2));
    async function* large(): AsyncGenerator<Buffer> {
      await Promise.resolve();
      for (let count = 0; count < 800; count += 1) {
        if (count % 50 === 0) await note();
        yield piece;
      }
    }
    const at = newPlace();
    await writeSealed({ ...at, source: large(), sizeBytesMax });
    let chunks = 0;
    for await (const chunk of readSealed(at)) {
      chunks += 1;
      if (chunks % 50 === 0) await note();
      expect(chunk.length).toBe(piece.length);
    }
    expect(chunks).toBe(800);
    // Kept whole, the document would be 50 MB.
    expect(Math.max(...seen) - before).toBeLessThan(growthMax);
  });
});

describe('a document changed in the spool', () => {
  it('is found by any single changed byte', async () => {
    const at = await written(Buffer.from('a small document'));
    const sealed = await readFile(pathOf(at));
    for (let position = 0; position < sealed.length; position += 1) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(position) ^ 0x80, position);
      await writeFile(pathOf(at), changed);
      await expect(read(at), `byte ${position}`).rejects.toThrow(damaged);
    }
    await writeFile(pathOf(at), sealed);
    expect((await read(at)).toString()).toBe('a small document');
  });

  it.each([
    ['at a chunk boundary', headerBytes + 2 * sealedChunkBytes],
    ['within a chunk', headerBytes + sealedChunkBytes + 1000],
    ['after its header', headerBytes],
    ['within its header', 3],
    ['to nothing', 0],
  ])('is found when it was cut %s', async (_, length) => {
    const at = await written(randomBytes(3 * chunkBytes));
    await truncate(pathOf(at), length);
    await expect(read(at)).rejects.toThrow(damaged);
  });

  it('is found when something was added', async () => {
    const at = await written(randomBytes(chunkBytes));
    const sealed = await readFile(pathOf(at));
    for (const more of [Buffer.alloc(1), sealed.subarray(headerBytes)]) {
      await writeFile(pathOf(at), Buffer.concat([sealed, more]));
      await expect(read(at)).rejects.toThrow(damaged);
    }
  });

  it('is found when its chunks were exchanged', async () => {
    const at = await written(randomBytes(3 * chunkBytes));
    const sealed = await readFile(pathOf(at));
    const chunk = (index: number): Buffer => sealed.subarray(headerBytes + index * sealedChunkBytes, headerBytes + (index + 1) * sealedChunkBytes);
    await writeFile(pathOf(at), Buffer.concat([sealed.subarray(0, headerBytes), chunk(1), chunk(0), chunk(2)]));
    await expect(read(at)).rejects.toThrow(damaged);
  });

  it('is found when another document was put in its place, even one of the same key', async () => {
    const one = await written(Buffer.from('one'));
    const other = { ...newPlace(), key: one.key };
    await writeSealed({ ...other, source: inPieces(Buffer.from('two')), sizeBytesMax });
    await copyFile(pathOf(one), pathOf(other));
    await expect(read(other)).rejects.toThrow(damaged);
    await expect(read({ ...one, key: randomBytes(32) })).rejects.toThrow(damaged);
  });
});

describe('a document that cannot be written', () => {
  async function* failing(sizeBytes: number): AsyncGenerator<Buffer> {
    yield* inPieces(randomBytes(sizeBytes));
    throw new Error('the connection is gone');
  }

  it.each([10, 3_000_000])('leaves no partial file when its source fails after %d bytes', async (sizeBytes) => {
    const before = await filesIn(folder);
    await expect(writeSealed({ ...newPlace(), source: failing(sizeBytes), sizeBytesMax })).rejects.toThrow('the connection is gone');
    expect(await filesIn(folder)).toEqual(before);
  });

  it('leaves the earlier one in place when writing it again fails', async () => {
    const at = await written(Buffer.from('first'));
    await expect(writeSealed({ ...at, source: failing(10), sizeBytesMax })).rejects.toThrow('gone');
    expect((await read(at)).toString()).toBe('first');
  });

  it('is refused one byte beyond the limit, and leaves nothing', async () => {
    const before = await filesIn(folder);
    const write = (size: number, at: Place) => writeSealed({ ...at, source: inPieces(randomBytes(size)), sizeBytesMax: 2_000_000 });
    await expect(write(2_000_001, newPlace())).rejects.toMatchObject({ name: 'PermanentFailure', code: 'spool.document-too-large' });
    expect(await filesIn(folder)).toEqual(before);
    expect(await write(2_000_000, newPlace())).toMatchObject({ sizeBytes: 2_000_000 });
  });

  it.each(['', '../../etc/passwd', randomUUID().toUpperCase(), `${randomUUID()}/x`])('is our own mistake with the id "%s"', async (documentId) => {
    const write = writeSealed({ ...newPlace(), documentId, source: inPieces(Buffer.alloc(1)), sizeBytesMax });
    await expect(write).rejects.toMatchObject({ name: 'Defect' });
  });

  it('is our own mistake with a short key', async () => {
    const write = writeSealed({ ...newPlace(), key: randomBytes(16), source: inPieces(Buffer.alloc(1)), sizeBytesMax });
    await expect(write).rejects.toMatchObject({ name: 'Defect' });
  });
});

describe('the sweeper', () => {
  it('lists complete documents with their time, and removes old partial files only', async () => {
    const swept = await mkdtemp(join(tmpdir(), 'inkpost-spool-'));
    const at = { ...newPlace(), folder: swept };
    await writeSealed({ ...at, source: inPieces(Buffer.alloc(10)), sizeBytesMax });
    const inner = join(swept, at.documentId.slice(-2));
    const [old, fresh] = [join(inner, `${at.documentId}.00000000.part`), join(inner, `${at.documentId}.11111111.part`)];
    await writeFile(old, 'x');
    await writeFile(fresh, 'x');
    await utimes(old, new Date(0), new Date(0));

    const listed: string[] = [];
    for await (const { documentId, modifiedAt } of listSealed({ folder: swept })) {
      listed.push(documentId);
      expect(Math.abs(Date.now() - modifiedAt.getTime())).toBeLessThan(60_000);
    }
    expect(listed).toEqual([at.documentId]);
    expect(await removePartials({ folder: swept, olderThan: new Date(Date.now() - 3_600_000) })).toBe(1);
    expect((await filesIn(swept)).sort()).toEqual([at.documentId, `${at.documentId}.11111111.part`]);
    await rm(swept, { recursive: true });
  });
});
