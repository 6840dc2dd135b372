import { Injectable } from '@nestjs/common';
import { FlowClient, type FlowMessage, type Publication } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { documentEntry } from '../accept-message/decide-message.js';
import { DocumentExamination, type ExaminedDocument } from '../examine-document/examine-documents.js';

type Submitted = FlowMessage<'submission.document-received.v1'>;

/** The claim is handed to the next service, or given up and the document thereby erased. */
const RECORD = {
  name: 'accept-submission',
  select: `CASE WHEN cardinality($6::uuid[]) > 0 THEN spool.hand_over($6::uuid[], 'guest_account') END AS handed_over,
    CASE WHEN cardinality($7::uuid[]) > 0 THEN spool.drop($7::uuid[]) END AS erased`,
} as const;

/** A document of the Print API: no sender to judge, since the account that hands it in has the right to; the document is examined as any other. */
@Injectable()
export class DocumentSubmittedHandler implements FlowHandler<'submission.document-received.v1'> {
  constructor(
    private readonly flow: FlowClient,
    private readonly examination: DocumentExamination,
  ) {}

  async handle(message: Submitted): Promise<void> {
    const { journeyId, payload } = message;
    const examined = await this.examination.examine(payload.documents);
    const isPrintable = (result: ExaminedDocument) => 'examination' in result;
    const idsOf = (results: readonly ExaminedDocument[]) => results.map(({ document }) => document.documentId);
    const row = await this.flow.step<{ erased: string[] | null }>(
      message,
      { journeyId, entries: examined.map(documentEntry), publish: examined.map((result) => publication(message, result)) },
      { ...RECORD, values: [idsOf(examined.filter(isPrintable)), idsOf(examined.filter((result) => !isPrintable(result)))] },
    );
    await this.examination.removeBytes(row?.erased ?? []);
  }
}

/** Nobody is mailed a refusal: whoever handed the document in hears of it. */
function publication({ payload }: Submitted, result: ExaminedDocument): Publication {
  const { document } = result;
  if (!('examination' in result)) return { subject: 'acceptance.submission-refused.v1', payload: { jobId: document.documentId, ...result.refusal } };
  const { messageId, queueId, sender, language, submission, unknownUser } = payload;
  return {
    subject: 'acceptance.message-accepted.v1',
    payload: {
      messageId, mailboxId: '', queueId, sender, subject: document.fileName, language, automatic: true, documents: [{ ...document, pages: result.examination.pages }],
      unknownSender: unknownUser, submissions: [submission],
    },
  };
}
