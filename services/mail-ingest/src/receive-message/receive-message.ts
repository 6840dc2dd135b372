import { createHash, randomUUID } from 'node:crypto';
import { context, ROOT_CONTEXT, SpanKind, type Tracer } from '@opentelemetry/api';
import type { Spool } from '@inkpost/spool/spool.js';
import { inSpan } from '@inkpost/telemetry/telemetry.js';
import { MAIL_BYTES_MAX } from '../limits.js';
import { describeMail } from './describe-mail.js';
import { type Extraction, extractDocuments } from './extract-documents.js';
import { NOT_MEASURED } from '../authenticate-sender/sender-authentication.js';
import type { IncomingMail, JudgeSender, RawMail, Reception, TakeCanary } from './incoming-mail.js';
import type { MailMetrics } from './mail-metrics.js';
import { isSurelyUnwritten, type MailRecorder } from './mail-recorder.js';
import { MeasuredContent } from './measured-content.js';

/**
 * Takes a mail in: its PDFs sealed in the spool, then ledger, journey and the message to acceptance in one statement. When it
 * resolves all of it is durable; when it throws nothing of it will stay. The same bytes are taken once by a mailbox.
 */
export class ReceiveMessage {
  constructor(
    private readonly spool: Spool,
    private readonly recorder: MailRecorder,
    private readonly takeCanary: TakeCanary,
    private readonly judgeSender: JudgeSender,
    private readonly metrics: MailMetrics,
    private readonly tracer: Tracer,
  ) {}

  /** Throws the spool's and the database's failures, and errors of the content. */
  async receive(mail: IncomingMail): Promise<Reception> {
    return this.traced(mail, async () => {
      const raw = new MeasuredContent(mail.content);
      const extraction = await extractDocuments(raw.bytes(), this.spool, (header) => raw.knowBy(header));
      const measured = { sizeBytes: raw.sizeBytes, sha256: raw.sha256() };
      const canary = await this.takeCanary(mail, extraction.header, measured);
      if (canary) {
        await this.forget(extraction);
        this.metrics.count(mail.source, canary.outcome, extraction);
        return canary;
      }
      if (raw.sizeBytes <= MAIL_BYTES_MAX) return this.record(mail, extraction, measured);
      await this.forget(extraction);
      return this.refuse(mail, extraction, measured);
    });
  }

  /**
   * Refuses a mail that is too large to be fetched, so that its sender is told. `content` is its header alone, which with the
   * size stands for the mail in the ledger.
   */
  async refuseUnread(mail: IncomingMail, sizeBytes: number): Promise<Reception> {
    return this.traced(mail, async () => {
      const raw = new MeasuredContent(mail.content);
      const extraction = await extractDocuments(raw.bytes(), this.spool, (header) => raw.knowBy(header));
      const sha256 = createHash('sha256').update(`${raw.sha256()} ${sizeBytes}`).digest('hex');
      return this.refuse(mail, extraction, { sizeBytes, sha256 });
    });
  }

  private async refuse(mail: IncomingMail, { header }: Extraction, raw: RawMail): Promise<Reception> {
    const refused = [{ id: randomUUID(), fileName: '', mediaType: 'message/rfc822', reason: 'too-large' as const }];
    const extraction = { header, documents: [], refused, ignored: [], unlistedParts: 0, stopped: undefined };
    if (mail.source !== 'smtp') return this.record(mail, extraction, raw);
    // Its own mail server tells the sender, who need not hear it twice.
    const described = describeMail({ messageId: randomUUID(), receivedAt: new Date(), mail, extraction, authentication: NOT_MEASURED, ...raw });
    await this.recorder.noteRefusal(mail, described);
    this.metrics.count(mail.source, 'refused', extraction);
    return { outcome: 'refused', messageId: described.messageId };
  }

  private async record(mail: IncomingMail, extraction: Extraction, raw: RawMail): Promise<Reception> {
    const authentication = await this.judgeSender(mail, extraction.header).catch(async (error: unknown) => {
      await this.forget(extraction);
      throw error;
    });
    const described = describeMail({ messageId: randomUUID(), receivedAt: new Date(), mail, extraction, authentication, ...raw });
    try {
      const reception = await this.recorder.record({ ...mail, isRefused: authentication.isRefused }, described, extraction.documents, raw);
      if (reception.outcome === 'taken-before') await this.forget(extraction);
      this.metrics.count(mail.source, reception.outcome, extraction);
      return reception;
    } catch (error) {
      // A connection that broke may have broken after the commit: then the spool's sweeper finds out.
      if (isSurelyUnwritten(error)) await this.forget(extraction);
      throw error;
    }
  }

  /** Nobody knows of these documents. */
  private async forget({ documents }: Extraction): Promise<void> {
    await this.spool.removeBytes(documents.map(({ id }) => id));
  }

  /** The trace that leads from the mail to the paper begins here. */
  private async traced<T>(mail: IncomingMail, work: () => Promise<T>): Promise<T> {
    const kind = mail.source === 'smtp' ? SpanKind.SERVER : SpanKind.CONSUMER;
    const attributes = { 'inkpost.mailbox': mail.mailbox.address };
    return context.with(ROOT_CONTEXT, () => inSpan(this.tracer, `receive message by ${mail.source}`, { kind, attributes }, work));
  }
}
