import { createCipheriv, createDecipheriv, createHash, randomBytes, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';

const CIPHER = 'aes-256-ctr';

/**
 * A file that this process alone can read, also after a cut of power: it has no name, and its bytes are sealed with a key that is
 * nowhere but in memory. It goes with `close`, or with the process.
 */
export class SealedFile {
  private readonly key = randomBytes(32);
  private readonly counter = randomBytes(16);
  private readonly cipher = createCipheriv(CIPHER, this.key, this.counter);
  private readonly hash = createHash('sha256');
  private size = 0;
  private readers = 0;
  private isClosing = false;

  private constructor(private readonly file: FileHandle) {}

  static async create(folder: string): Promise<SealedFile> {
    return new SealedFile(await openNameless(folder));
  }

  /** Of the clear bytes. */
  get sizeBytes(): number {
    return this.size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.hash.update(bytes);
    this.size += bytes.length;
    await this.file.appendFile(this.cipher.update(bytes));
  }

  /** Of the clear bytes, lower-case hexadecimal; to be asked once, when all is written. */
  sha256(): string {
    return this.hash.digest('hex');
  }

  /** The clear bytes from the beginning, as often as wanted. */
  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    const decipher = createDecipheriv(CIPHER, this.key, this.counter);
    this.readers += 1;
    try {
      for await (const chunk of this.file.createReadStream({ start: 0, autoClose: false })) yield decipher.update(chunk as Uint8Array);
    } finally {
      this.readers -= 1;
      await this.closeUnread();
    }
  }

  /** Once nobody reads it any more. */
  async close(): Promise<void> {
    this.isClosing = true;
    await this.closeUnread();
  }

  private async closeUnread(): Promise<void> {
    if (this.isClosing && this.readers === 0) await this.file.close();
  }
}

/** A new file, for this process alone, whose name is gone as soon as it is open. */
export async function openNameless(folder: string): Promise<FileHandle> {
  const path = join(folder, `inkpost-${randomUUID()}`);
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  await unlink(path);
  return file;
}
