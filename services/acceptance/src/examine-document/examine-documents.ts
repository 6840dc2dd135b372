import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { Document } from '@inkpost/contracts/flow/v1/document_pb.js';
import type { PrintableDocument } from '@inkpost/document/examination.js';
import type { DocumentExaminer } from '@inkpost/document/examiner.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import type { Spool } from '@inkpost/spool/spool.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { DOCUMENTS_AT_ONCE } from '../limits.js';
import { examinationRefusal, type Refusal, spoolRefusal } from './refusal-texts.js';

/** A document and what its examination found. */
export type ExaminedDocument =
  | { readonly document: Document; readonly examination: PrintableDocument }
  | { readonly document: Document; readonly refusal: Refusal; readonly detail: string };

/** Reads documents from the spool and has them examined in limited children, which it keeps warm while the service runs. */
export class DocumentExamination implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    private readonly spool: Spool,
    private readonly examiner: DocumentExaminer,
    private readonly log: Log,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.examiner.start();
    this.log.info('document examiner ready', { protections: this.examiner.protections });
  }

  async onModuleDestroy(): Promise<void> {
    await this.examiner.close();
  }

  /**
   * In the documents' order. A document that is no good, or can't be read any more, is a result; an examiner that was lost
   * throws its `TransientFailure`, and the message is tried again.
   */
  async examine(documents: readonly Document[]): Promise<ExaminedDocument[]> {
    const examined: ExaminedDocument[] = [];
    for (let at = 0; at < documents.length; at += DOCUMENTS_AT_ONCE) {
      const group = documents.slice(at, at + DOCUMENTS_AT_ONCE);
      examined.push(...(await Promise.all(group.map((document) => this.examineOne(document)))));
    }
    return examined;
  }

  /** Removes the bytes of documents that are erased already; what fails here, mail-ingest sweeps up later. */
  async removeBytes(documentIds: readonly string[]): Promise<void> {
    await this.spool.removeBytes(documentIds).catch((error: unknown) => this.log.warning('bytes of erased documents not removed', { documentIds, error }));
  }

  private async examineOne(document: Document): Promise<ExaminedDocument> {
    const { documentId } = document;
    try {
      const examination = await this.examiner.examine(await this.spool.open(documentId));
      if (examination.verdict === 'printable') return { document, examination };
      return { document, refusal: examinationRefusal(examination.reason, documentId), detail: examination.detail };
    } catch (error) {
      const refusal = error instanceof PermanentFailure ? spoolRefusal(error.code) : undefined;
      if (!refusal) throw error;
      return { document, refusal, detail: error instanceof Error ? error.message : '' };
    }
  }
}
