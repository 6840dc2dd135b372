import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { FlowClient, FlowMessage } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { SpooledDocument } from '@inkpost/spool/spool.js';
import { currentTraceId } from '@inkpost/telemetry/telemetry.js';
import { CLAIM_DAYS } from '../limits.js';
import type { CheckedFacts } from './check-facts.js';

/** A document that a program handed in. */
export interface Submission {
  readonly jobId: string;
  readonly messageId: string;
  readonly idempotencyKey: string | null;
  readonly fingerprint: Buffer;
  readonly queueId: string;
  readonly sizeBytes: string;
  readonly submittedAt: Date;
  readonly refusedReason: string;
  readonly refusedText: string;
  readonly refusedAt: Date | null;
}

export interface NewSubmission {
  readonly messageId: string;
  readonly submitter: string;
  readonly facts: CheckedFacts;
  readonly document: SpooledDocument;
  readonly fingerprint: Buffer;
}

type Row = Submission & Record<string, unknown>;
export type Refused = FlowMessage<'acceptance.submission-refused.v1' | 'account.submission-refused.v1' | 'print.submission-refused.v1'>;

const COLUMNS = `job_id AS "jobId", message_id AS "messageId", idempotency_key AS "idempotencyKey", fingerprint, queue_id AS "queueId", size_bytes AS "sizeBytes", submitted_at AS "submittedAt",
  refused_reason AS "refusedReason", refused_text AS "refusedText", refused_at AS "refusedAt"`;

/** The plain INSERT is the point: a key that was used before makes the whole statement fail, publication and all. */
const RECORD = {
  name: 'document-submitted',
  with: `taken AS (
      INSERT INTO submission (job_id, message_id, submitter, idempotency_key, fingerprint, queue_id, size_bytes)
      SELECT $6::uuid, $2::uuid, $7::text, $8::text, $9::bytea, $10::text, $11::bigint FROM step)`,
  select: `journey.begin_message($2::uuid, $12::jsonb), spool.put($13::jsonb, 'acceptance', now() + make_interval(days => $14))`,
} as const;

const UNIQUE_VIOLATION = '23505';

/** What programs handed in, in Postgres. */
export class SubmissionStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
  ) {}

  /** The one statement that makes a document Inkpost's. False: its key was used before, and nothing is written. Throws a `Failure` when the database doesn't take it. */
  async record({ messageId, submitter, facts, document, fingerprint }: NewSubmission, receivedAt: Date): Promise<boolean> {
    const { idempotencyKey = null, queueId, userLogin, userAddress, fileName, language, options, createGuest } = facts;
    const { id, sha256, sizeBytes, wrappedKey } = document;
    const evidence = { submitter, queueId, login: userLogin || undefined, address: userAddress || undefined, fileName, sizeBytes, sha256, options: optionsEvidence(options) };
    const documents = [{ documentId: id, fileName, documentFormat: 'application/pdf', sizeBytes, sha256 }];
    try {
      await this.flow.publish(
        {
          journeyId: messageId, entries: [{ step: 'submitted', document: id, evidence }],
          publish: [{
            subject: 'submission.document-received.v1',
            payload: {
              messageId, queueId, receivedAt: timestampFromDate(receivedAt), submission: { submitter, userLogin, options: options ?? {} },
              sender: { address: userAddress }, documents, language, unknownUser: createGuest ? 'create' : 'refuse',
            },
          }],
        },
        {
          ...RECORD,
          values: [
            id, submitter, idempotencyKey, fingerprint, queueId, sizeBytes,
            JSON.stringify({ receivedAt: receivedAt.toISOString(), sender: userAddress, subject: fileName, traceId: currentTraceId() }), JSON.stringify([{ id, sha256, sizeBytes, wrappedKey }]), CLAIM_DAYS,
          ],
        },
      );
      return true;
    } catch (error) {
      if (isKeyTaken(error)) return false;
      throw error;
    }
  }

  async findByKey(submitter: string, idempotencyKey: string): Promise<Submission | undefined> {
    const [row] = await query<Row>(this.pool, 'submission.by-key', `SELECT ${COLUMNS} FROM submission WHERE submitter = $1 AND idempotency_key = $2`, [submitter, idempotencyKey]);
    return row;
  }

  /** Those of one submitter alone. */
  async findByIds(submitter: string, jobIds: readonly string[]): Promise<readonly Submission[]> {
    return query<Row>(this.pool, 'submission.by-ids', `SELECT ${COLUMNS} FROM submission WHERE submitter = $1 AND job_id = ANY ($2::uuid[]) ORDER BY submitted_at, job_id`, [submitter, jobIds]);
  }

  /** No job is made of it. */
  async noteRefusal(message: Refused): Promise<void> {
    const { jobId, reason, statusText } = message.payload;
    await this.flow.step(message, { journeyId: message.journeyId, entries: [], publish: [] }, {
      name: 'submission-refused',
      with: "refused AS (UPDATE submission s SET refused_reason = $7, refused_text = $8, refused_at = now() FROM step WHERE s.job_id = $6::uuid AND s.refused_reason = '')",
      values: [jobId, reason, statusText],
    });
  }
}

function optionsEvidence(options: CheckedFacts['options']): Record<string, string | number> | undefined {
  if (!options) return undefined;
  const { colorMode, sides, copies, media, pageRanges } = options;
  const given = Object.entries({ colorMode, sides, copies, media, pageRanges }).filter((entry): entry is [string, string | number] => entry[1] !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function isKeyTaken(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === UNIQUE_VIOLATION && 'constraint' in cause && cause.constraint === 'submission_submitter_idempotency_key_key';
}
