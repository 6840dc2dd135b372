import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Tracer } from '@opentelemetry/api';
import type { FlowClient, Publication } from '@inkpost/flow/flow-client.js';
import { inSpan } from '@inkpost/telemetry/telemetry.js';
import type { PukIssuer } from '../hold-job/puk.js';
import { summaryOf } from '../print-job/job-facts.js';
import type { Job } from '../print-job/job.js';
import { isDoubleOf, isOvertaken } from '../print-job/statement-errors.js';
import type { QueueNotices } from '../queue-notices/queue-notices.js';
import { estimate } from '../tariffs/charging.js';
import type { KnownCharging } from '../tariffs/known-charging.js';

/** Whom a document is given to, as a directory knows them. */
export interface NewOwner {
  readonly accountId: string;
  readonly directory: string;
  /** Codes go there. */
  readonly address: string;
  readonly displayName: string;
  /** BCP 47, fr or en. */
  readonly language: string;
  readonly groups: readonly string[];
  /** No code is mailed where it opens the document. */
  readonly hasPin: boolean;
}

/** A code that is another account's already is a rarity. */
const TRIES_MAX = 5;

const MOVED = `moved AS (
  UPDATE job SET account_id = $7, directory = $8, owner_address = $9, owner_name = $10, owner_language = $11, owner_groups = $12::text[], user_group = $15, price = $16, tariff_id = $17
  FROM step WHERE job.id = $6 AND job.job_state = 'pending-held' AND job.account_id = $13
    AND NOT EXISTS (SELECT 1 FROM former_account f WHERE f.account_id = $7)
  RETURNING job.id)`;
const CODE = 'code AS (INSERT INTO puk (code_hash, account_id) SELECT $14::bytea, $7 FROM moved WHERE $14::bytea IS NOT NULL)';
// The codes of who had it go with the last of their jobs, as always.
const ENDED = 'ended AS (DELETE FROM puk USING moved WHERE puk.account_id = $13 AND NOT EXISTS (SELECT 1 FROM job WHERE job.account_id = $13 AND job.completed_at IS NULL AND job.id <> $6))';

interface OwnerChangeParts {
  readonly flow: FlowClient;
  readonly puks: PukIssuer;
  readonly notices: Pick<QueueNotices, 'addTo' | 'needCode'>;
  readonly charging: Pick<KnownCharging, 'current'>;
  readonly tracer: Tracer;
}

/** Gives held jobs to somebody else: their codes open them from then on, and a new one is mailed to them. */
export class OwnerChange {
  constructor(private readonly parts: OwnerChangeParts) {}

  /** False: the job is no longer held for whom it was, or the new owner's account was erased or merged a moment ago. */
  async change(job: Job, owner: NewOwner, actor: string): Promise<boolean> {
    for (let tries = 1; ; tries += 1) {
      try {
        await inSpan(this.parts.tracer, 'change-owner', job.trace ? { traceparent: job.trace } : {}, () => this.write(job, owner, actor));
        return true;
      } catch (error) {
        if (isOvertaken(error)) return false;
        if (!isDoubleOf(error, 'puk_pkey') || tries === TRIES_MAX) throw error;
      }
    }
  }

  private async write(job: Job, owner: NewOwner, actor: string): Promise<void> {
    const { jobId, messageId, queueId, queueName, fileName } = job;
    const { accountId, directory, address, displayName, language, groups } = owner;
    const { flow, puks, notices, charging } = this.parts;
    const code = (await notices.needCode([queueId], owner.hasPin)) ? puks.issue(messageId, address) : undefined;
    // Who is a member of other groups is charged otherwise.
    const { userGroup, price, tariffId } = estimate({ ...job, ownerGroups: [...groups] }, await charging.current());
    await flow.publish(
      {
        journeyId: messageId,
        entries: [{ step: 'owner-changed', document: jobId, evidence: { account: accountId, directory, address, fileName, queueId, queueName, actor } }],
        publish: await notices.addTo([heldFact(job, owner, code?.sealedPuk)]),
      },
      {
        name: 'jobs.change-owner',
        with: `${MOVED}, ${CODE}, ${ENDED}`,
        select: 'require_rows((SELECT count(*) FROM moved), 1) AS moved',
        values: [jobId, accountId, directory, address, displayName, language, groups, job.accountId, code?.codeHash ?? null, userGroup, price, tariffId],
      },
    );
  }
}

/** `sealedPuk`: undefined where a PIN opens the document. */
function heldFact(job: Job, { accountId, directory, address, displayName, language }: NewOwner, sealedPuk: Uint8Array | undefined): Publication {
  const { messageId, queueId, queueName, jobHoldUntil } = job;
  return {
    subject: 'print.job-held.v1',
    payload: {
      messageId, owner: { accountId, directory, address, displayName, language }, queueId, queueName, jobs: [summaryOf(job)], sealedPuk: sealedPuk ?? new Uint8Array(), byPin: sealedPuk === undefined,
      ...(jobHoldUntil ? { jobHoldUntil: timestampFromDate(jobHoldUntil) } : {}),
    },
  };
}
