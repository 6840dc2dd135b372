import { z } from 'zod';
import type { OwnDocument } from '@inkpost/contracts/admin/v1/own_documents_pb.js';
import type { Job } from '@inkpost/contracts/admin/v1/print_pb.js';
import { sourceNetwork } from '@inkpost/service/source-network.js';
import { cursor, identifier, instant, nextCursor, orNull, pageLimit, present, toInstant } from '../answer-route/fields.js';
import { Problem } from '../answer-route/problem.js';
import { type RequestContext, route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { finishingChange, toChange } from '../jobs/jobs.http.js';
import { TEXT } from '../limits.js';
import { checkIdentity, type GivenIdentity, identity, proveIdentity, refuseWrong } from './identity.js';

const right = { public: 'At a release point a code, or login or card with the own PIN, is the right; wrong ones lock it out.' } as const;

const JOBS_MAX = 1_000;

// Whoever has the code learns of the documents only what tells them apart: neither address nor account.
const waitingJob = z.object({
  jobId: z.string(), fileName: z.string(), pages: z.int(), queueId: z.string(), jobState: z.string(), createdAt: instant.nullable(), jobHoldUntil: instant.nullable(),
  finishing: z.object({ colorMode: z.string(), sides: z.string(), copies: z.int(), media: z.string().nullable(), pageRanges: z.string().nullable() }).nullable(),
  price: z.int().describe('In thousandths of the currency.'),
  currency: z.string().nullable(),
  question: z.string().nullable().describe('What its owner is asked first: send its id in confirmedJobIds to say yes.'),
}).meta({ id: 'WaitingJob' });

export function toWaitingJob({ jobId, fileName, pages, queueId, jobState, createdAt, jobHoldUntil, finishing, price, currency, question }: Job): z.input<typeof waitingJob> {
  return {
    jobId, fileName, pages, queueId, jobState, createdAt: toInstant(createdAt), jobHoldUntil: toInstant(jobHoldUntil),
    finishing: finishing ? { colorMode: finishing.colorMode, sides: finishing.sides, copies: finishing.copies, media: orNull(finishing.media), pageRanges: orNull(finishing.pageRanges) } : null,
    price: Number(price), currency: orNull(currency), question: orNull(question),
  };
}

const toWaiting = ({ job }: OwnDocument) => toWaitingJob(present(job, 'job'));

const jobIds = z.array(identifier).max(JOBS_MAX);
const notReleased = z.object({ jobId: z.string(), reason: z.string().describe('filter, balance, quota or unconfirmed.'), problem: z.string() }).meta({ id: 'NotReleased' });
const common = { method: 'POST', right, status: 200, refusals: [422, 429] } as const;

type Client = Pick<RequestContext, 'source' | 'caller'>;
type Desk = Pick<Owners, 'release' | 'ownDocuments' | 'identification' | 'releaseProfiles'>;

/** On whose behalf the owner is asked. */
async function whoOf(owners: Desk, client: Client, given: GivenIdentity) {
  const { accountId, means } = await proveIdentity(owners, client, given);
  return { accountId, means, releasePoint: sourceNetwork(client.source) };
}

/**
 * The release point, where somebody says who it is (SKY-005); print-submit owns codes and jobs, guest-account PINs and cards. A release
 * point is a network: whoever has 2^64 addresses is still one guesser.
 */
export function releaseRoutes(owners: Desk) {
  const { release, ownDocuments } = owners;
  return [
    route({
      ...common, path: '/api/v0/release/waiting', operation: 'listWaitingJobs', summary: 'What waits for a code, or for login or card and PIN; nothing is printed',
      body: z.strictObject(identity).superRefine(checkIdentity), answer: z.object({ jobs: z.array(waitingJob) }), objectId: () => '',
      handle: async ({ body, ...client }) => {
        if (body.code !== undefined) {
          const { outcome, jobs, retryAfterSeconds } = await release.listWaiting({ code: body.code, releasePoint: sourceNetwork(client.source) }, as(client.caller));
          refuseWrong(outcome, retryAfterSeconds);
          return { jobs: jobs.map(toWaitingJob) };
        }
        const who = await whoOf(owners, client, body);
        const { documents } = await ownDocuments.listOwnDocuments({ who }, as(client.caller));
        return { jobs: documents.filter(({ allowedMeans }) => allowedMeans.includes(who.means)).map(toWaiting) };
      },
    }),
    route({
      ...common, path: '/api/v0/release', operation: 'release', summary: 'Print what waits for a code, or for login or card and PIN',
      body: z.strictObject({ ...identity, jobIds: jobIds.default([]).describe('Only these; empty: all that wait.'), confirmedJobIds: jobIds.default([]).describe('Those whose question was answered with yes.') }).superRefine(checkIdentity),
      answer: z.object({ outcome: z.enum(['released', 'nothing-waiting']), jobs: z.array(waitingJob), notReleased: z.array(notReleased) }), objectId: ({ body }) => body.jobIds.join(' '),
      handle: async ({ body: { jobIds: wanted, confirmedJobIds, ...given }, ...client }) => {
        const answer = given.code === undefined ? await releaseOwn(owners, client, given, wanted, confirmedJobIds) : await release.release({ code: given.code, releasePoint: sourceNetwork(client.source), jobIds: wanted, confirmedJobIds }, as(client.caller));
        refuseWrong(answer.outcome, answer.retryAfterSeconds);
        return {
          outcome: answer.outcome === 'released' ? 'released' as const : 'nothing-waiting' as const, jobs: answer.jobs.map(toWaitingJob),
          notReleased: answer.notReleased.map(({ jobId, reason, problem }) => ({ jobId, reason, problem })),
        };
      },
    }),
    ...ownDocumentRoutes(owners),
  ];
}

async function releaseOwn(owners: Desk, client: Client, given: GivenIdentity, jobIds: string[], confirmedJobIds: string[]) {
  const who = await whoOf(owners, client, given);
  const { documents, notReleased: stays } = await owners.ownDocuments.releaseOwnDocuments({ who, jobIds, confirmedJobIds }, as(client.caller));
  return { outcome: documents.length > 0 ? 'released' : 'nothing-waiting', jobs: documents.map(({ job }) => present(job, 'job')), notReleased: stays, retryAfterSeconds: 0 };
}

/** What people do with their documents besides printing them; the page for releasing does the same. */
function ownDocumentRoutes(owners: Desk) {
  const { ownDocuments, releaseProfiles } = owners;
  return [
    route({
      method: 'GET', path: '/api/v0/release/point', operation: 'describeReleasePoint', right, summary: 'By which means people say here who they are', // WD-027
      query: z.strictObject({ queueId: z.string().max(TEXT.id).default('').describe('Of the printer beside; empty: none.') }), status: 200,
      answer: z.object({ queueName: z.string().nullable(), means: z.array(z.string()).describe('puk, login-pin, card-pin.'), idleSeconds: z.int() }).meta({ id: 'ReleasePoint' }),
      handle: async ({ query, source, caller }) => {
        const { queueName, means, idleSeconds } = await releaseProfiles.describeReleasePoint({ ...query, releasePoint: sourceNetwork(source) }, as(caller));
        return { queueName: orNull(queueName), means, idleSeconds };
      },
    }),
    route({
      ...common, path: '/api/v0/release/delete', operation: 'deleteWaitingJobs', summary: 'Delete own documents that wait: never printed',
      body: z.strictObject({ ...identity, jobIds: jobIds.min(1) }).superRefine(checkIdentity), answer: z.object({ jobs: z.array(waitingJob).describe('Those that are gone now.') }), objectId: ({ body }) => body.jobIds.join(' '),
      handle: async ({ body: { jobIds: wanted, ...given }, ...client }) => ({
        jobs: (await ownDocuments.deleteOwnDocuments({ who: await whoOf(owners, client, given), jobIds: wanted }, as(client.caller))).documents.map(toWaiting),
      }),
    }),
    route({
      ...common, path: '/api/v0/release/{jobId}/finishing', operation: 'changeWaitingJob', summary: 'Change how an own document that waits is to look on paper', refusals: [404, 422, 429],
      params: z.strictObject({ jobId: identifier }), body: z.strictObject({ ...identity, change: finishingChange }).superRefine(checkIdentity), answer: waitingJob,
      handle: async ({ params: { jobId }, body: { change, ...given }, ...client }) => {
        const { document } = await ownDocuments.changeOwnFinishing({ who: await whoOf(owners, client, given), jobId, change: toChange(change) }, as(client.caller));
        if (!document) throw new Problem('not-found', 'No such document of yours waits.');
        return toWaiting(document);
      },
    }),
    route({
      ...common, path: '/api/v0/release/history', operation: 'listOwnHistory', summary: 'What was printed of one\'s own, the latest first; with login or card and PIN', objectId: () => '',
      body: z.strictObject({ ...identity, limit: pageLimit, cursor }).superRefine((given, context) => {
        checkIdentity(given, context);
        // A code is for what waits: whoever finds one must not read on.
        if (given.code !== undefined) context.addIssue({ code: 'custom', path: ['code'], message: 'opens what waits, not what was: give login or cardNumber, and pin' });
      }),
      answer: z.object({ jobs: z.array(waitingJob.extend({ completedAt: instant.nullable() }).meta({ id: 'FormerJob' })), nextCursor }),
      handle: async ({ body: { limit, cursor: place, ...given }, ...client }) => {
        const page = await ownDocuments.listOwnHistory({ who: await whoOf(owners, client, given), limit, cursor: place }, as(client.caller));
        return { jobs: page.documents.map((document) => ({ ...toWaiting(document), completedAt: toInstant(document.job?.completedAt) })), nextCursor: orNull(page.nextCursor) };
      },
    }),
  ];
}
