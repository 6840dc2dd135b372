import { Readable } from 'node:stream';

/** Below it a copy is filled ahead of its reader. */
const AHEAD_BYTES = 256 * 1024;

/**
 * `count` readers of one stream of bytes, each with all of them. The slowest one sets the pace, so that memory stays bounded: all
 * must be read, side by side. When the stream breaks, or one reader gives up, all break.
 */
export function copyStream(stream: Readable, count: number): Readable[] {
  if (count === 1) return [stream];
  const copies = Array.from({ length: count }, () => new Copy());
  const pump = async (): Promise<void> => {
    for await (const chunk of stream) await Promise.all(copies.map((copy) => copy.add(chunk as Buffer)));
    for (const copy of copies) copy.push(null);
  };
  pump().catch((error: unknown) => {
    for (const copy of copies) copy.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return copies;
}

class Copy extends Readable {
  private room = Promise.withResolvers<void>();

  constructor() {
    super({ highWaterMark: AHEAD_BYTES });
  }

  /** Resolves when the next chunk may come; rejects when the reader gave up. */
  async add(chunk: Buffer): Promise<void> {
    if (this.destroyed) throw new Error('a reader of the mail gave up');
    this.room = Promise.withResolvers();
    if (this.push(chunk)) return;
    await this.room.promise;
  }

  override _read(): void {
    this.room.resolve();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.room.resolve();
    callback(error);
  }
}
