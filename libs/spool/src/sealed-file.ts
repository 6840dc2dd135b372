import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { CauseDown, Defect, PermanentFailure } from '@inkpost/failure/failure.js';
import { ChunkCipher, chunkBytes, headerBytes, sealedChunkBytes } from './chunk-cipher.js';

interface SealedPlace {
  /** The spool's folder; must exist. */
  readonly folder: string;
  /** A UUID: the file's name, and bound into every chunk. */
  readonly documentId: string;
}

interface SealedKey {
  /** 32 bytes, of this document only. */
  readonly key: Uint8Array;
}

export interface WrittenDocument {
  /** Of the clear bytes. */
  readonly sizeBytes: number;
  /** Of the clear bytes, as hex. */
  readonly sha256: string;
}

export interface SealedEntry {
  readonly documentId: string;
  readonly modifiedAt: Date;
}

const partSuffix = '.part';
/** Written at once: a document up to this size costs one write and one fsync. Also what a larger one takes in memory. */
const writeBytes = 1024 * 1024;
const buffersPerWrite = 2 * (writeBytes / chunkBytes);
const chunksPerRead = 16;

/**
 * Encrypts a document into its file. When it resolves the file is durable: written aside, fsynced, renamed, folder fsynced.
 * Whatever fails, no partial file stays. A document written twice is replaced as a whole.
 * Throws PermanentFailure `spool.document-too-large`, CauseDown `spool.disk-full`; errors of `source` are passed on.
 */
export async function writeSealed(
  options: SealedPlace & SealedKey & { readonly source: AsyncIterable<Uint8Array>; readonly sizeBytesMax: number },
): Promise<WrittenDocument> {
  const { folder, path } = place(options);
  const partPath = `${path}.${randomBytes(4).toString('hex')}${partSuffix}`;
  try {
    const file = await createIn(folder, options.folder, partPath);
    let written: WrittenDocument;
    try {
      written = await writeChunks(file, options);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partPath, path);
    await syncFolder(folder);
    return written;
  } catch (error) {
    await rm(partPath, { force: true });
    throw isErrno(error, 'ENOSPC', 'EDQUOT') ? new CauseDown('spool.disk-full', 'The spool has no space left.', { cause: error }) : error;
  }
}

/**
 * The clear bytes, in chunks of at most 64 KiB, each verified before it is given out. A cut file is found at its last chunk, so
 * whoever passes chunks on must treat a throw as "take all of it back".
 * Throws PermanentFailure `spool.document-missing` or `spool.document-damaged`.
 */
export async function* readSealed(options: SealedPlace & SealedKey): AsyncGenerator<Buffer, void, undefined> {
  const { documentId } = options;
  const file = await openExisting(options);
  try {
    const { size } = await file.stat();
    // The header comes with the first chunks: most documents are read at once.
    const room = Buffer.allocUnsafe(headerBytes + Math.min(chunksPerRead * sealedChunkBytes, size));
    let { bytesRead } = await file.read(room, 0, room.length, 0);
    const cipher = ChunkCipher.open(options.key, documentId, room.subarray(0, Math.min(headerBytes, bytesRead)));
    let sealed = room.subarray(headerBytes, Math.max(headerBytes, bytesRead));
    for (let at = headerBytes; ; ) {
      for (let chunkAt = 0; chunkAt === 0 || chunkAt < sealed.length; chunkAt += sealedChunkBytes) {
        const chunk = sealed.subarray(chunkAt, chunkAt + sealedChunkBytes);
        yield cipher.decrypt(chunk, at + chunkAt + chunk.length >= size);
      }
      at += sealed.length;
      if (at >= size) break;
      ({ bytesRead } = await file.read(room, 0, room.length - headerBytes, at));
      sealed = room.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Removes the file; none is fine. The document is gone for good only with its key. */
export async function removeSealed(options: SealedPlace): Promise<void> {
  // Not rm(), which looks at the file before.
  await unlink(place(options).path).catch((error: unknown) => {
    if (!isErrno(error, 'ENOENT')) throw error;
  });
}

/** All complete documents in the folder, for a sweeper that compares them with the database. In no order. */
export async function* listSealed(options: { readonly folder: string }): AsyncGenerator<SealedEntry, void, undefined> {
  for await (const { name, modifiedAt } of listFiles(options.folder)) {
    if (isDocumentId(name)) yield { documentId: name, modifiedAt };
  }
}

/** Removes what a killed process left half written. Gives the number of files removed. */
export async function removePartials(options: { readonly folder: string; readonly olderThan: Date }): Promise<number> {
  let removed = 0;
  for await (const { name, path, modifiedAt } of listFiles(options.folder)) {
    if (!name.endsWith(partSuffix) || modifiedAt >= options.olderThan) continue;
    await rm(path, { force: true });
    removed += 1;
  }
  return removed;
}

async function writeChunks(file: FileHandle, options: Parameters<typeof writeSealed>[0]): Promise<WrittenDocument> {
  const cipher = ChunkCipher.create(options.key, options.documentId);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let ready: Buffer[] = [cipher.header];
  // One for the whole document: sealing copies what is in it.
  const clear = Buffer.allocUnsafe(chunkBytes);
  let clearBytes = 0;
  for await (const piece of options.source) {
    sizeBytes += piece.byteLength;
    if (sizeBytes > options.sizeBytesMax) {
      throw new PermanentFailure('spool.document-too-large', 'The document is too large.', { fields: { sizeBytesMax: options.sizeBytesMax } });
    }
    hash.update(piece);
    for (let taken = 0; taken < piece.byteLength; ) {
      // A full chunk waits until more follows: only then is it known not to be the last one.
      if (clearBytes === chunkBytes) {
        ready.push(...cipher.encrypt(clear, false));
        clearBytes = 0;
      }
      const part = piece.subarray(taken, taken + chunkBytes - clearBytes);
      clear.set(part, clearBytes);
      taken += part.byteLength;
      clearBytes += part.byteLength;
      if (ready.length < buffersPerWrite) continue;
      await writeAll(file, ready);
      ready = [];
    }
  }
  ready.push(...cipher.encrypt(clear.subarray(0, clearBytes), true));
  await writeAll(file, ready);
  return { sizeBytes, sha256: hash.digest('hex') };
}

async function writeAll(file: FileHandle, buffers: readonly Buffer[]): Promise<void> {
  const expected = buffers.reduce((sum, { length }) => sum + length, 0);
  const { bytesWritten } = await file.writev([...buffers]);
  // The kernel writes what still fits before it says ENOSPC.
  if (bytesWritten < expected) throw new CauseDown('spool.disk-full', 'The spool has no space left.');
}

function place({ folder, documentId }: SealedPlace): { folder: string; path: string } {
  if (!isDocumentId(documentId)) throw new Defect('spool.document-id-invalid', 'A document id must be a UUID in lower case.');
  // By the last two digits: the first ones of a UUIDv7 are its time, and would put years into one folder.
  const inner = join(folder, documentId.slice(-2));
  return { folder: inner, path: join(inner, documentId) };
}

function isDocumentId(name: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u.test(name);
}

async function createIn(folder: string, parent: string, path: string): Promise<FileHandle> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  try {
    return await open(path, flags, 0o600);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    await mkdir(folder, { mode: 0o700 }).catch((reason: unknown) => {
      if (!isErrno(reason, 'EEXIST')) throw reason;
    });
    await syncFolder(parent);
    return open(path, flags, 0o600);
  }
}

async function openExisting(options: SealedPlace): Promise<FileHandle> {
  try {
    return await open(place(options).path, 'r');
  } catch (cause) {
    if (!isErrno(cause, 'ENOENT')) throw cause;
    throw new PermanentFailure('spool.document-missing', 'The document is no longer in the spool.', {
      cause,
      fields: { documentId: options.documentId },
    });
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function* listFiles(folder: string): AsyncGenerator<{ name: string; path: string; modifiedAt: Date }> {
  for (const inner of await readdir(folder, { withFileTypes: true })) {
    if (!inner.isDirectory() || !/^[0-9a-f]{2}$/u.test(inner.name)) continue;
    for (const name of await readdir(join(folder, inner.name))) {
      const path = join(folder, inner.name, name);
      // Removed meanwhile is as good as never listed.
      const facts = await stat(path).catch((error: unknown) => {
        if (!isErrno(error, 'ENOENT')) throw error;
      });
      if (facts !== undefined) yield { name, path, modifiedAt: facts.mtime };
    }
  }
}

function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code);
}
