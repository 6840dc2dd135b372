import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { Job } from '@inkpost/contracts/admin/v1/print_pb.js';
import type { Caller } from '@inkpost/service/rights.js';
import { present } from '../answer-route/fields.js';
import { Problem } from '../answer-route/problem.js';
import { as, type Owners } from '../call-owner/owners.js';
import type { Pending, Unanswered } from './pending-document.js';
import type { PendingDocumentStore } from './pending-documents.store.js';
import type { PendingPlace } from './pending-place.js';

export interface PendingPage {
  /** The latest first. */
  readonly found: readonly Pending[];
  /** Undefined: this was the last page. */
  readonly next: PendingPlace | undefined;
}

/** What has no answer of the print server, of all its sources: what did not reach it, and jobs that another server is to print. */
export class PendingList {
  constructor(
    private readonly store: PendingDocumentStore,
    private readonly jobs: Pick<Owners['jobs'], 'listJobs'>,
  ) {}

  async page(from: PendingPlace, limit: number, caller: Caller): Promise<PendingPage> {
    const [underWay, standing, unanswered] = await Promise.all([
      this.store.listUnderWay(from.underWay, limit + 1), this.store.listStanding(from.standing, limit + 1), this.listUnanswered(from.jobs, limit + 1, caller),
    ]);
    // Within a millisecond the place tells: it has the digits that a Date lacks.
    const merged = [...underWay, ...standing, ...unanswered].toSorted((one, other) => other.since.getTime() - one.since.getTime() || (placeOf(other) < placeOf(one) ? -1 : 1));
    const found = merged.slice(0, limit);
    if (merged.length <= limit) return { found, next: undefined };
    const shownJobs = found.filter(({ kind }) => kind === 'unanswered').length;
    return {
      found,
      next: {
        underWay: found.findLast((each) => each.kind === 'under-way')?.place ?? from.underWay,
        standing: found.findLast((each) => each.kind === 'standing')?.place ?? from.standing,
        jobs: shownJobs === 0 ? from.jobs : await this.behindJobs(from.jobs, shownJobs, caller),
      },
    };
  }

  /** Takes an error from the list; false: it has none such (any more). */
  async deleteError(messageId: string, entryId: string, actor: string): Promise<boolean> {
    return (await this.store.delete(messageId, entryId, actor)) !== undefined;
  }

  /** None while print-submit is away: then all the more waits, and that is to be seen. */
  private async listUnanswered(cursor: string | undefined, limit: number, caller: Caller): Promise<Unanswered[]> {
    try {
      return (await this.jobs.listJobs({ answered: false, cursor: cursor ?? '', limit }, as(caller))).jobs.map(toUnanswered);
    } catch (error) {
      if (error instanceof Problem && error.kind === 'unavailable') return [];
      throw error;
    }
  }

  private async behindJobs(cursor: string | undefined, shown: number, caller: Caller): Promise<string | undefined> {
    const { nextCursor } = await this.jobs.listJobs({ answered: false, cursor: cursor ?? '', limit: shown }, as(caller));
    return nextCursor || cursor;
  }
}

function placeOf(pending: Pending & { readonly place?: { readonly at: string } }): string {
  return pending.place?.at ?? '';
}

function toUnanswered({ jobId, messageId, fileName, jobState, problem, attempts, createdAt, nextTryAt }: Job): Unanswered {
  return {
    kind: 'unanswered', id: jobId, messageId, jobState, problem, attempts, since: timestampDate(present(createdAt, 'createdAt')), nextTryAt: nextTryAt && timestampDate(nextTryAt),
    documents: [{ documentId: jobId, fileName }],
  };
}
