import { z } from 'zod';
import type { Job } from '@inkpost/contracts/admin/v1/print_pb.js';
import { sourceNetwork } from '@inkpost/service/source-network.js';
import { identifier, instant, toInstant } from '../answer-route/fields.js';
import { Problem } from '../answer-route/problem.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { TEXT } from '../limits.js';

const right = { public: 'At a release point the code is the right; wrong ones lock the release point out.' } as const;

const code = z.string().trim().min(1).max(TEXT.code).describe('As it was mailed; case and spaces around it do not matter.');

// Whoever has the code learns of the documents only what tells them apart: neither address nor account.
const waitingJob = z.object({
  jobId: z.string(), fileName: z.string(), pages: z.int(), queueId: z.string(), jobState: z.string(), createdAt: instant.nullable(), jobHoldUntil: instant.nullable(),
}).meta({ id: 'WaitingJob' });

function toWaitingJob({ jobId, fileName, pages, queueId, jobState, createdAt, jobHoldUntil }: Job): z.input<typeof waitingJob> {
  return { jobId, fileName, pages, queueId, jobState, createdAt: toInstant(createdAt), jobHoldUntil: toInstant(jobHoldUntil) };
}

function refuseWrong(outcome: string, retryAfterSeconds: number): void {
  if (outcome === 'wrong-code') throw new Problem('wrong-code', 'No document waits for this code: it is mistyped, was used already, or has expired.');
  if (outcome === 'locked-out') throw new Problem('locked-out', `Too many wrong codes. Try again in ${retryAfterSeconds} seconds.`, { retryAfterSeconds });
}

/**
 * The release point, where a code is given (SKY-005); print-submit owns codes and jobs. A release point is a network: whoever has
 * 2^64 addresses is still one guesser.
 */
export function releaseRoutes({ release }: Owners) {
  return [
    route({
      method: 'POST', path: '/api/v0/release/waiting', operation: 'listWaitingJobs', right, summary: 'What waits for a code; nothing is printed',
      body: z.strictObject({ code }), status: 200, answer: z.object({ jobs: z.array(waitingJob) }), refusals: [422, 429], objectId: () => '',
      handle: async ({ body, source, caller }) => {
        const { outcome, jobs, retryAfterSeconds } = await release.listWaiting({ code: body.code, releasePoint: sourceNetwork(source) }, as(caller));
        refuseWrong(outcome, retryAfterSeconds);
        return { jobs: jobs.map(toWaitingJob) };
      },
    }),
    route({
      method: 'POST', path: '/api/v0/release', operation: 'release', right, summary: 'Print what waits for a code',
      body: z.strictObject({ code, jobIds: z.array(identifier).max(1_000).default([]).describe('Only these; empty: all that wait.') }),
      status: 200, answer: z.object({ outcome: z.enum(['released', 'nothing-waiting']), jobs: z.array(waitingJob) }), refusals: [422, 429], objectId: ({ body }) => body.jobIds.join(' '),
      handle: async ({ body, source, caller }) => {
        const { outcome, jobs, retryAfterSeconds } = await release.release({ code: body.code, releasePoint: sourceNetwork(source), jobIds: body.jobIds }, as(caller));
        refuseWrong(outcome, retryAfterSeconds);
        return { outcome: outcome === 'released' ? 'released' as const : 'nothing-waiting' as const, jobs: jobs.map(toWaitingJob) };
      },
    }),
  ];
}
