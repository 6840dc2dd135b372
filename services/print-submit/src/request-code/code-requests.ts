import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { FlowClient, FlowTransaction } from '@inkpost/flow/flow-client.js';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { sourceNetwork } from '@inkpost/service/source-network.js';
import type { PukIssuer } from '../hold-job/puk.js';
import { codeRequestLimits, printLimits } from '../limits.js';
import { JOB_COLUMNS, type Job } from '../print-job/job.js';
import { ownerOf, summaryOf } from '../print-job/job-facts.js';
import { JOB_MOVES } from '../print-job/job-moves.js';
import { isDoubleOf } from '../print-job/statement-errors.js';
import type { QueueNotices } from '../queue-notices/queue-notices.js';

type Row = Job & Record<string, unknown>;

/**
 * A bucket of requests that fills up by one every so often (the generic cell rate algorithm): while it isn't empty its end lies in the past. No row:
 * it is empty. Full ones are forgotten.
 */
const TAKE = `
  WITH forgotten AS (DELETE FROM code_request WHERE empty_until < now() - interval '1 day' AND subject <> $1)
  INSERT INTO code_request (subject, empty_until) VALUES ($1, now() - make_interval(secs => $2::int * ($3::int - 1)) + make_interval(secs => $2))
  ON CONFLICT (subject) DO UPDATE SET empty_until = greatest(code_request.empty_until, now() - make_interval(secs => $2::int * ($3::int - 1))) + make_interval(secs => $2)
    WHERE code_request.empty_until <= now()
  RETURNING true AS taken`;

const WAITING = `SELECT ${JOB_COLUMNS} FROM job WHERE owner_address = $1 AND completed_at IS NULL AND job_state = ANY ($2::text[]) ORDER BY created_at, position, id LIMIT $3`;

// Of many codes that somebody asked for, the latest are enough.
const ISSUE = `WITH older AS (DELETE FROM puk WHERE code_hash IN (SELECT code_hash FROM puk WHERE account_id = $2 ORDER BY created_at DESC OFFSET $3))
  INSERT INTO puk (code_hash, account_id) VALUES ($1, $2)`;

const TRIES_MAX = 5;

/** New codes for whoever lost the mail. They go where the documents' owner gets all mails, so who asks learns nothing. */
export class CodeRequests {
  constructor(
    private readonly flow: FlowClient,
    private readonly puks: PukIssuer,
    private readonly notices: QueueNotices,
  ) {}

  /** Has a code mailed for each account at the address that something waits for. `address` in any form. Gives what came of it, for the log alone. */
  async request(address: string, source: string): Promise<'mailed' | 'nothing-waiting' | 'too-often'> {
    const normal = parseMailAddress(address.trim())?.text;
    if (normal === undefined) return 'nothing-waiting';
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.flow.transaction((transaction) => this.issue(transaction, normal, sourceNetwork(source)));
      } catch (error) {
        // The code was another account's already.
        if (!isDoubleOf(error, 'puk_pkey') || tries === TRIES_MAX) throw error;
      }
    }
  }

  private async issue(transaction: FlowTransaction, address: string, source: string): Promise<'mailed' | 'nothing-waiting' | 'too-often'> {
    const { perAddress, perSource } = codeRequestLimits;
    const isGranted = (await take(transaction, `source ${source}`, perSource)) && (await take(transaction, `address ${address}`, perAddress));
    if (!isGranted) return 'too-often';
    const jobs = await transaction.query<Row>('code-request.waiting', WAITING, [address, JOB_MOVES.release.from, printLimits.jobsAtOnceMax]);
    for (const [accountId, own] of Map.groupBy(jobs, (job) => job.accountId)) await this.mail(transaction, accountId, own);
    return jobs.length > 0 ? 'mailed' : 'nothing-waiting';
  }

  private async mail(transaction: FlowTransaction, accountId: string, jobs: readonly Job[]): Promise<void> {
    const [first] = jobs;
    if (!first) return;
    const { messageId, queueId } = first;
    const { codeHash, sealedPuk } = this.puks.issue(messageId, first.ownerAddress);
    await transaction.query('code-request.issue', ISSUE, [codeHash, accountId, codeRequestLimits.codesMax - 1]);
    const queueName = [...new Set(jobs.map((job) => job.queueName))].join(', ');
    const jobHoldUntil = timestampFromDate(new Date(Math.min(...jobs.map((job) => job.jobHoldUntil?.getTime() ?? Date.now()))));
    const publish = await this.notices.addTo([
      { subject: 'print.code-requested.v1', payload: { messageId, owner: ownerOf(first), queueId, queueName, jobs: jobs.map(summaryOf), sealedPuk, jobHoldUntil } },
    ]);
    await transaction.publish({ journeyId: messageId, entries: [{ step: 'code-requested', evidence: { documents: jobs.length } }], publish });
  }
}

async function take(transaction: FlowTransaction, subject: string, { atOnce, everySeconds }: { readonly atOnce: number; readonly everySeconds: number }): Promise<boolean> {
  return (await transaction.query('code-request.take', TAKE, [subject, everySeconds, atOnce])).length > 0;
}
