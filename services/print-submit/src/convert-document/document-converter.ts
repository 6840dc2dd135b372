import { accessSync, constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { DocumentSource } from '@inkpost/ipp/client/http-exchange.js';
import { TransientFailure } from '@inkpost/failure/failure.js';
import { conversionLimits } from '../limits.js';
import type { Conversion } from './choose-conversion.js';
import { requireGhostscript, runGhostscript } from './ghostscript.js';
import { openNameless, SealedFile } from './sealed-file.js';

/** A document as its printer takes it. */
export interface ConvertedDocument {
  readonly documentFormat: string;
  readonly sizeBytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  open(): DocumentSource;
}

interface Kept {
  readonly key: string;
  readonly file: SealedFile;
  readonly document: ConvertedDocument;
  readonly timer: NodeJS.Timeout;
}

export interface ConverterParts {
  /** Ghostscript's path. */
  readonly program: string;
  /** Where what was made lies, sealed, until it is sent. */
  readonly folder: string;
}

/** In memory: what lies there clear is never on a disk. */
const clearFolder = isWritable('/dev/shm') ? '/dev/shm' : tmpdir();

/**
 * Makes PDFs readable for printers that take none: wholly before anything is sent, so that a document that breaks off in the making
 * never comes out in part. What was made is kept for a moment, for a printer that was busy or could not be reached.
 */
export class DocumentConverter {
  private readonly kept = new Map<string, Kept>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private readonly stopping = new AbortController();

  constructor(private readonly parts: ConverterParts) {}

  /** Rejects with `convert.*` as `runGhostscript` does, and with what `open` rejects with. */
  async convert(jobId: string, conversion: Conversion, open: () => Promise<DocumentSource>): Promise<ConvertedDocument> {
    const key = [conversion.documentFormat, ...conversion.options].join(' ');
    const known = this.kept.get(jobId);
    if (known?.key === key) return known.document;
    this.forget(jobId);
    requireGhostscript(this.parts.program, conversion.documentFormat);
    const file = await this.inTurn(() => this.make(conversion, open));
    const document = { documentFormat: conversion.documentFormat, sizeBytes: file.sizeBytes, sha256: file.sha256(), open: () => file.read() };
    this.kept.set(jobId, { key, file, document, timer: setTimeout(() => this.forget(jobId), conversionLimits.keptMs).unref() });
    this.makeRoom();
    return document;
  }

  /** It is sent, or will never be. */
  forget(jobId: string): void {
    const known = this.kept.get(jobId);
    if (!known) return;
    this.kept.delete(jobId);
    clearTimeout(known.timer);
    // A file without a name leaves nothing behind, however its closing goes.
    void known.file.close().catch(() => undefined);
  }

  /** Ends what is under way with `convert.interrupted`. */
  stop(): void {
    this.stopping.abort();
    for (const jobId of this.kept.keys()) this.forget(jobId);
  }

  private async make(conversion: Conversion, open: () => Promise<DocumentSource>): Promise<SealedFile> {
    const [clear, made] = await Promise.all([openNameless(clearFolder), SealedFile.create(this.parts.folder)]);
    try {
      await fill(clear, await open());
      for await (const chunk of runGhostscript(this.parts.program, conversion, clear, { folder: clearFolder, stopping: this.stopping.signal })) await made.append(chunk);
      return made;
    } catch (error) {
      await made.close();
      throw error;
    } finally {
      await clear.close();
    }
  }

  /** A few side by side on all printers: each takes a processor. */
  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= conversionLimits.sideBySide) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running += 1;
    try {
      if (this.stopping.signal.aborted) throw new TransientFailure('convert.interrupted', 'the service is being stopped');
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }

  private makeRoom(): void {
    while (this.kept.size > conversionLimits.keptMax) this.forget([...this.kept.keys()][0] ?? '');
  }
}

async function fill(file: FileHandle, source: DocumentSource): Promise<void> {
  for await (const chunk of source) await file.appendFile(chunk);
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
