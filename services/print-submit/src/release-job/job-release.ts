import type { Tracer } from '@opentelemetry/api';
import type { JsonValue } from '@bufbuild/protobuf';
import type { FlowClient, FlowTransaction } from '@inkpost/flow/flow-client.js';
import { inSpan } from '@inkpost/telemetry/telemetry.js';
import type { ReleasedJobs } from '../deliver-job/released-jobs.js';
import type { Job } from '../print-job/job.js';
import type { PrintMetrics } from '../print-metrics.js';
import type { Identification } from '../release-profiles/identification.js';
import type { CodeGate } from './code-gate.js';
import type { NotReleased, ReleaseAdmission } from './release-admission.js';
import { findWaiting, moveToPending } from './release.store.js';

/** A code as it was given at a release point. */
export interface GivenCode {
  readonly code: string;
  readonly releasePoint: string;
}

/** The code was wrong, or none is heard now. */
type Refused = { readonly outcome: 'wrong-code' } | { readonly outcome: 'locked-out'; readonly retryAfterSeconds: number };

export type Waiting = Refused | { readonly outcome: 'valid'; readonly jobs: readonly Job[] };
export type Released = Refused | ({ readonly outcome: 'released' | 'nothing-waiting' } & OwnRelease);
/** Those that go, and those that stay held though they were wanted. */
export interface OwnRelease {
  readonly jobs: readonly Job[];
  readonly notReleased: readonly NotReleased[];
}

/** Which documents somebody wants, all with an empty list, and whose question was answered with yes. */
export interface Wanted {
  readonly jobIds: readonly string[];
  readonly confirmedJobIds: readonly string[];
}

export type Opened = Refused | { readonly outcome: 'valid'; readonly accountId: string };

/** Who released, for the journey. */
type ReleasedBy = { readonly by: 'code' | Exclude<Identification['means'], 'puk'>; readonly releasePoint: string } | { readonly by: 'administrator'; readonly actor: string; readonly after?: 'uncertain' };

/** Lets held jobs go to their printer, by their owner's code or by an administrator. A job moves once, however often it is released. */
export class JobRelease {
  constructor(
    private readonly flow: FlowClient,
    private readonly gate: CodeGate,
    private readonly metrics: PrintMetrics,
    private readonly tracer: Tracer,
    private readonly admission: ReleaseAdmission,
    private readonly released: Pick<ReleasedJobs, 'note'>,
  ) {}

  /** What the code opens, without releasing any. */
  listWaiting(given: GivenCode): Promise<Waiting> {
    return this.withCode(given, async (transaction, accountId): Promise<Waiting> => ({ outcome: 'valid', jobs: await this.admission.priced(await findWaiting(transaction, accountId, given.releasePoint)) }));
  }

  /** Whose documents the code opens. */
  open(given: GivenCode): Promise<Opened> {
    return this.withCode(given, async (_transaction, accountId): Promise<Opened> => ({ outcome: 'valid', accountId }));
  }

  /** Releases these of the code's documents, all with an empty list; ids of anybody else's are passed over. */
  async releaseByCode(given: GivenCode, wanted: Wanted): Promise<Released> {
    const released = await this.withCode(given, async (transaction, accountId): Promise<Released> => {
      const release = await this.move(transaction, { accountId, means: 'puk', releasePoint: given.releasePoint }, wanted);
      return { outcome: release.jobs.length > 0 ? 'released' : 'nothing-waiting', ...release };
    });
    if (released.outcome === 'released') this.note(released.jobs, 'code');
    return released;
  }

  /** The same for somebody who said before who they are. */
  async releaseOwn(who: Identification, wanted: Wanted): Promise<OwnRelease> {
    const release = await this.flow.transaction((transaction) => this.move(transaction, who, wanted));
    this.note(release.jobs, who.means === 'puk' ? 'code' : 'pin');
    return release;
  }

  private async move(transaction: FlowTransaction, who: Identification, { jobIds, confirmedJobIds }: Wanted): Promise<OwnRelease> {
    const admission = await this.admission.admit(transaction, who, jobIds, new Set(confirmedJobIds));
    for (const [journeyId, entries] of admission.entries) await transaction.publish({ journeyId, entries, publish: [] });
    // An empty list means all that wait: here it means that none may go.
    const mayGo = admission.isAll || admission.jobIds.length > 0;
    const jobs = mayGo ? await moveToPending(transaction, { move: 'release', who, jobIds: admission.jobIds }) : [];
    await this.record(transaction, jobs, { by: who.means === 'puk' ? 'code' : who.means, releasePoint: who.releasePoint });
    return { jobs, notReleased: admission.notReleased };
  }

  /** A held job, or with `printAgain` an uncertain one. Undefined: it is in no such state (any more). */
  async releaseByAdministrator(jobId: string, move: 'release' | 'printAgain', actor: string): Promise<Job | undefined> {
    const jobs = await this.flow.transaction(async (transaction) => {
      const moved = await moveToPending(transaction, { move, who: undefined, jobIds: [jobId] });
      await this.record(transaction, moved, { by: 'administrator', actor, ...(move === 'printAgain' ? { after: 'uncertain' } : {}) });
      return moved;
    });
    this.note(jobs, 'administrator');
    return jobs[0];
  }

  private async withCode<T>({ code, releasePoint }: GivenCode, act: (transaction: FlowTransaction, accountId: string) => Promise<T>): Promise<T | Refused> {
    const result = await this.flow.transaction(async (transaction): Promise<{ refused: Refused } | { value: T }> => {
      const verdict = await this.gate.check(transaction, code, releasePoint, new Date());
      return verdict.outcome === 'right' ? { value: await act(transaction, verdict.accountId) } : { refused: verdict };
    });
    if ('value' in result) return result.value;
    this.metrics.countWrongCode(result.refused.outcome);
    return result.refused;
  }

  /** To the journey of each message, as part of its own trace: from the mail to the paper it is one. */
  private async record(transaction: FlowTransaction, jobs: readonly Job[], by: ReleasedBy): Promise<void> {
    for (const [messageId, own] of Map.groupBy(jobs, (job) => job.messageId)) {
      const [first] = own;
      if (!first) continue;
      await inSpan(this.tracer, 'release-job', first.trace ? { traceparent: first.trace } : {}, () =>
        transaction.publish({
          journeyId: messageId,
          entries: own.map((job) => ({ step: 'released', document: job.jobId, evidence: { ...by, fileName: job.fileName, queueId: job.queueId, queueName: job.queueName } satisfies Record<string, JsonValue> })),
          publish: [],
        }),
      );
    }
  }

  private note(jobs: readonly Job[], by: 'code' | 'pin' | 'administrator'): void {
    for (const [queueId, own] of Map.groupBy(jobs, (job) => job.queueId)) this.released.note(queueId, by, own.length);
  }
}
