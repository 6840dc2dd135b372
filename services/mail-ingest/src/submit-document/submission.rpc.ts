import { createHmac, type KeyObject, randomUUID } from 'node:crypto';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { ListSubmissionsRequest, SubmissionService, SubmitDocumentRequest } from '@inkpost/contracts/admin/v1/print_api_pb.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { Spool, SpooledDocument } from '@inkpost/spool/spool.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { MAIL_BYTES_MAX, SUBMISSION_WAIT_MAX_MS, SUBMISSIONS_ASKED_MAX, SUBMISSIONS_AT_ONCE_MAX } from '../limits.js';
import { isSurelyUnwritten } from '../receive-message/mail-recorder.js';
import { ServerTurns } from '../watch-mailbox/server-turns.js';
import { type CheckedFacts, checkFacts } from './check-facts.js';
import { IncomingDocument } from './incoming-document.js';
import type { SubmissionMetrics } from './submission-metrics.js';
import type { Submission, SubmissionStore } from './submission.store.js';

export interface SubmissionParts {
  readonly store: SubmissionStore;
  readonly spool: Spool;
  /** Of the keyed hash by which a document that is sent again is known. */
  readonly fingerprintKey: KeyObject;
  readonly metrics: SubmissionMetrics;
  readonly log: Log;
}

interface Handed {
  readonly submitter: string;
  readonly facts: CheckedFacts;
  readonly document: IncomingDocument;
}

/** Documents that programs hand in for others (WD-015): sealed into the spool while they come, then on the way of every mail. */
export class SubmissionRpc implements ServiceImpl<typeof SubmissionService> {
  private readonly turns = new ServerTurns(SUBMISSIONS_AT_ONCE_MAX);

  constructor(private readonly parts: SubmissionParts) {}

  submitDocument = async (requests: AsyncIterable<SubmitDocumentRequest>, context: HandlerContext) => {
    const { actor } = authorize(context, 'print-on-behalf');
    const document = await IncomingDocument.open(requests);
    const facts = checkFacts(document.facts);
    if (facts.createGuest) authorize(context, 'guests.add');
    const handed = { submitter: actor, facts, document };
    const before = facts.idempotencyKey === undefined ? undefined : await this.parts.store.findByKey(actor, facts.idempotencyKey);
    if (before) return this.counted(this.compare(before, facts, await document.digest()));
    return this.counted(await this.inTurn(actor, context.signal, async () => ((await document.isPdf()) ? this.take(handed) : this.refuse(document))));
  };

  listSubmissions = async ({ jobIds, idempotencyKey }: ListSubmissionsRequest, context: HandlerContext) => {
    const { actor } = authorize(context, 'print-on-behalf');
    if (jobIds.length > SUBMISSIONS_ASKED_MAX) throw invalidField('jobId', `must name at most ${SUBMISSIONS_ASKED_MAX} jobs`);
    const { store } = this.parts;
    const byKey = idempotencyKey === '' ? undefined : await store.findByKey(actor, idempotencyKey);
    const byIds = jobIds.length === 0 ? [] : await store.findByIds(actor, jobIds.filter(isUuid));
    return { submissions: [...(byKey && !jobIds.includes(byKey.jobId) ? [byKey] : []), ...byIds].map(toWire) };
  };

  private counted<A extends { readonly outcome: string }>(answer: A): A {
    this.parts.metrics.count(answer.outcome);
    return answer;
  }

  /** One program's many documents wait for each other, and for nobody else's. */
  private async inTurn<T>(submitter: string, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    const late = AbortSignal.timeout(SUBMISSION_WAIT_MAX_MS);
    let isTurn = false;
    return this.turns.take(submitter, AbortSignal.any([signal, late]), () => {
      isTurn = true;
      return act();
    }).catch((error: unknown) => {
      throw late.aborted && !isTurn ? new ConnectError('Too many documents of this account come in at this moment: try again in a while.', Code.ResourceExhausted) : error;
    });
  }

  /** Read to its end, so that the answer is heard. */
  private async refuse(document: IncomingDocument) {
    await document.digest();
    return { outcome: 'not-a-pdf' };
  }

  private async take(handed: Handed) {
    const document = await this.write(handed.document);
    if (!document) return { outcome: 'too-large' };
    const { submitter, facts } = handed;
    const [messageId, submittedAt, fingerprint] = [randomUUID(), new Date(), this.fingerprint(facts, document.sha256)];
    const taken = await this.record({ messageId, submitter, facts, document, fingerprint }, submittedAt);
    if (!taken) {
      await this.parts.spool.removeBytes([document.id]);
      const before = await this.parts.store.findByKey(submitter, facts.idempotencyKey ?? '');
      if (!before) throw new Error('no document has the key that is taken');
      return this.compare(before, facts, document.sha256);
    }
    this.parts.log.info('document submitted', { messageId, jobId: document.id, submitter, sizeBytes: document.sizeBytes });
    const submission = { jobId: document.id, messageId, idempotencyKey: facts.idempotencyKey ?? null, fingerprint, queueId: facts.queueId, sizeBytes: String(document.sizeBytes), submittedAt, refusedReason: '', refusedText: '', refusedAt: null };
    return { outcome: 'taken', submission: toWire(submission) };
  }

  /** Undefined: it is too large. */
  private async write(document: IncomingDocument): Promise<SpooledDocument | undefined> {
    try {
      return await this.parts.spool.write(document.bytes(), MAIL_BYTES_MAX);
    } catch (error) {
      if (error instanceof PermanentFailure && error.code === 'spool.document-too-large') return undefined;
      throw error;
    }
  }

  private async record(submission: Parameters<SubmissionStore['record']>[0], submittedAt: Date): Promise<boolean> {
    try {
      return await this.parts.store.record(submission, submittedAt);
    } catch (error) {
      // A connection that broke may have broken after the commit: then the spool's sweeper finds out.
      if (isSurelyUnwritten(error)) await this.parts.spool.removeBytes([submission.document.id]);
      throw error;
    }
  }

  /** A key names one document with all that was said of it: whoever uses it for another one made a mistake that nobody may print. */
  private compare(before: Submission, facts: CheckedFacts, sha256: string) {
    return this.fingerprint(facts, sha256).equals(before.fingerprint) ? { outcome: 'taken-before', submission: toWire(before) } : { outcome: 'key-reused' };
  }

  private fingerprint({ queueId, userLogin, userAddress, fileName, language, createGuest, options }: CheckedFacts, sha256: string): Buffer {
    const { colorMode, sides, copies, media, pageRanges } = options ?? {};
    const said = { sha256, queueId, userLogin, userAddress, fileName, language, createGuest, colorMode, sides, copies, media, pageRanges };
    return createHmac('sha256', this.parts.fingerprintKey).update(JSON.stringify(said)).digest();
  }
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

function toWire({ jobId, messageId, idempotencyKey, queueId, sizeBytes, submittedAt, refusedReason, refusedText, refusedAt }: Submission) {
  return {
    jobId, messageId, idempotencyKey: idempotencyKey ?? '', queueId, sizeBytes: BigInt(sizeBytes), submittedAt: timestampFromDate(submittedAt),
    refusedReason, refusedText, ...(refusedAt ? { refusedAt: timestampFromDate(refusedAt) } : {}),
  };
}
