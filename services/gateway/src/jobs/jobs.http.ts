import { z } from 'zod';
import type { FinishingChoices, Job } from '@inkpost/contracts/admin/v1/print_pb.js';
import { cursor, identifier, instant, nextCursor, orNull, pageLimit, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { TEXT } from '../limits.js';
import { findOwner } from './find-owner.js';

/** IPP job-state (RFC 8011, 5.3.7). */
const jobState = z.enum(['pending', 'pending-held', 'processing', 'processing-stopped', 'completed', 'canceled', 'aborted']);

const jobFinishing = z.object({
  colorMode: z.string().describe('IPP print-color-mode.'),
  sides: z.string().describe('IPP sides.'),
  copies: z.int(),
  media: z.string().nullable().describe('A PWG name such as iso_a4_210x297mm; null: as the printer is set.'),
  pageRanges: z.string().nullable().describe('Pages and ranges of pages such as 1-3,5; null: all pages.'),
  decidedBy: z.string().describe('general; mailbox: it has options of its own; owner or administrator: who changed them while the job was held.'),
  notApplied: z.array(z.string()).describe('Fields of these that the printer can\'t do; the job is printed all the same. Known once its document leaves.'),
}).meta({ id: 'JobFinishing', description: 'How the job is to look on paper.' }); // SKY-061

const finishingChoices = z.object({
  colorModes: z.array(z.string()),
  sides: z.array(z.string()),
  copiesMax: z.int(),
  media: z.array(z.string()),
  pageRanges: z.boolean(),
}).meta({ id: 'FinishingChoices', description: 'What the printer of a held job can do. A list is empty where there is no choice.' });

export const finishingChange = z.strictObject({
  colorMode: z.enum(['color', 'monochrome']).optional(),
  sides: z.enum(['one-sided', 'two-sided-long-edge', 'two-sided-short-edge']).optional(),
  copies: z.int().min(1).max(999).optional(),
  media: z.string().max(255).nullable().optional().describe('Null: as the printer is set.'),
  pageRanges: z.string().max(200).nullable().optional().describe('Such as 1-3,5; null: all pages.'),
}).meta({ id: 'FinishingChange', description: 'What is left out stays as it is.' });

export const job = z.object({
  jobId: z.string(),
  messageId: z.string(),
  queueId: z.string(),
  accountId: z.string(),
  ownerAddress: z.string(),
  fileName: z.string(),
  pages: z.int(),
  sizeBytes: z.int(),
  jobState: z.string().describe('IPP job-state: pending, pending-held, processing, processing-stopped, completed, canceled, aborted.'),
  jobStateReason: z.string().describe('IPP job-state-reasons, and Inkpost\'s own: uncertain, expired, printer-unreachable, …'),
  problem: z.string().nullable().describe('One sentence; null when there is nothing to say.'),
  finishing: jobFinishing,
  finishingChoices: finishingChoices.nullable().describe('Null: it is not held, its printer was not asked yet, or it is one of a list.'),
  impressions: z.int().describe('Sides of paper with something on them, of all copies: those that came out, else those that will.'),
  sheets: z.int(),
  countedBy: z.string().describe('printer; or pages: computed from pages, copies and sides.'),
  createdAt: instant.nullable(),
  jobHoldUntil: instant.nullable(),
  releasedAt: instant.nullable(),
  completedAt: instant.nullable(),
  queueName: z.string(),
  mailboxId: z.string().nullable().describe('Null: it came by another way than a mailbox.'),
  keptUntil: instant.nullable().describe('So long it can be printed once more; null: it can\'t.'),
  reprintOf: z.string().nullable().describe('The job whose document it prints once more.'),
}).meta({ id: 'Job' });

export function toJob(wire: Job | undefined): z.input<typeof job> {
  const { jobId, messageId, queueId, queueName, mailboxId, reprintOf, accountId, ownerAddress, fileName, pages, sizeBytes, jobState, jobStateReason, problem, finishing, finishingChoices: choices, impressions, sheets, countedBy, ...times } = present(wire, 'job');
  const { colorMode, sides, copies, media, pageRanges, decidedBy, notApplied } = present(finishing, 'finishing');
  return {
    jobId, messageId, queueId, accountId, ownerAddress, fileName, pages, sizeBytes, jobState, jobStateReason, problem: orNull(problem),
    finishing: { colorMode, sides, copies, media: orNull(media), pageRanges: orNull(pageRanges), decidedBy, notApplied },
    finishingChoices: choices ? toChoices(choices) : null, impressions, sheets, countedBy,
    createdAt: toInstant(times.createdAt), jobHoldUntil: toInstant(times.jobHoldUntil), releasedAt: toInstant(times.releasedAt), completedAt: toInstant(times.completedAt),
    queueName, mailboxId: orNull(mailboxId), keptUntil: toInstant(times.keptUntil), reprintOf: orNull(reprintOf),
  };
}

function toChoices({ colorModes, sides, copiesMax, media, pageRanges }: FinishingChoices): z.input<typeof finishingChoices> {
  return { colorModes, sides, copiesMax, media, pageRanges };
}

export function toChange({ colorMode, sides, copies, media, pageRanges }: z.infer<typeof finishingChange>) {
  return {
    ...(colorMode === undefined ? {} : { colorMode }), ...(sides === undefined ? {} : { sides }), ...(copies === undefined ? {} : { copies }),
    ...(media === undefined ? {} : { media: media ?? '' }), ...(pageRanges === undefined ? {} : { pageRanges: pageRanges ?? '' }),
  };
}

/** One value or several: `?jobState=pending&jobState=processing`. */
export const jobStates = z.preprocess((value) => (value === undefined ? undefined : [value].flat()), z.array(jobState).default([])).describe('May be given several times; left out: all.');

const params = z.strictObject({ jobId: identifier });

/** Jobs as an administrator sees them; print-submit owns them. */
export function jobRoutes({ jobs, ownerSearch }: Owners) {
  return [
    route({
      method: 'GET', path: '/api/v0/jobs', operation: 'listJobs', right: 'jobs.read', summary: 'Jobs, the latest first, page by page',
      query: z.strictObject({
        jobState: jobStates,
        queueId: identifier.optional(), accountId: identifier.optional(), limit: pageLimit, cursor,
      }),
      status: 200, answer: z.object({ jobs: z.array(job), nextCursor }),
      handle: async ({ query: { jobState, queueId = '', accountId = '', limit, cursor }, caller }) => {
        const page = await jobs.listJobs({ jobStates: jobState, queueId, accountId, limit, cursor }, as(caller));
        return { jobs: page.jobs.map(toJob), nextCursor: orNull(page.nextCursor) };
      },
    }),
    route({
      method: 'GET', path: '/api/v0/jobs/{jobId}', operation: 'getJob', right: 'jobs.read', summary: 'One job',
      params, status: 200, answer: job, refusals: [404],
      handle: async ({ params, caller }) => toJob((await jobs.getJob(params, as(caller))).job),
    }),
    route({
      method: 'POST', path: '/api/v0/jobs/{jobId}/release', operation: 'releaseJob', right: 'jobs.manage', summary: 'Print a held job without its code',
      description: 'An uncertain job (the printer took it and never said what became of it) is printed again.',
      params, status: 200, answer: job, refusals: [404, 409],
      handle: async ({ params, caller }) => toJob((await jobs.releaseJob(params, as(caller))).job),
    }),
    route({
      method: 'POST', path: '/api/v0/jobs/{jobId}/confirm-printed', operation: 'confirmJobPrinted', right: 'jobs.manage', summary: 'Say that an uncertain job was seen on paper',
      params, status: 200, answer: job, refusals: [404, 409],
      handle: async ({ params, caller }) => toJob((await jobs.cancelJob({ ...params, printed: true }, as(caller))).job),
    }),
    route({
      method: 'POST', path: '/api/v0/jobs/{jobId}/redirect', operation: 'redirectJob', right: 'jobs.manage', summary: 'Let a held or waiting job be printed on another queue',
      params, body: z.strictObject({ queueId: identifier }), status: 200, answer: job, refusals: [404, 409], objectId: ({ params }) => params.jobId,
      handle: async ({ params, body, caller }) => toJob((await jobs.redirectJob({ ...params, ...body }, as(caller))).job),
    }),
    route({
      method: 'POST', path: '/api/v0/jobs/{jobId}/finishing', operation: 'changeJobFinishing', right: 'jobs.manage', summary: 'Change how a held job is to look on paper',
      description: 'Within what its printer can do: see finishingChoices of the job.',
      params, body: finishingChange, status: 200, answer: job, refusals: [404, 409], objectId: ({ params }) => params.jobId,
      handle: async ({ params, body, caller }) => toJob((await jobs.changeFinishing({ ...params, change: toChange(body) }, as(caller))).job),
    }),
    route({
      method: 'POST', path: '/api/v0/jobs/{jobId}/reprint', operation: 'reprintJob', right: 'jobs.manage', summary: 'Print a document once more while it is kept',
      description: 'As a job of its own, at once. How long documents are kept, their queue or its group says: keepHours.',
      params, body: z.strictObject({ queueId: identifier.optional().describe('Left out: the queue that it was printed on.') }).default({}),
      status: 201, answer: job, refusals: [404, 409], location: ({ jobId }) => `/api/v0/jobs/${jobId}`, objectId: ({ params }) => params.jobId,
      handle: async ({ params, body: { queueId = '' }, caller }) => toJob((await jobs.reprintJob({ ...params, queueId }, as(caller))).job),
    }),
    route({
      method: 'POST', path: '/api/v0/jobs/{jobId}/owner', operation: 'changeJobOwner', right: 'jobs.manage', summary: 'Give a held job to somebody else',
      description: 'Their code opens it from then on, and a new one is mailed to them.',
      params, body: z.strictObject({ address: z.string().min(1).max(TEXT.address).describe('Of somebody whom a directory knows.') }), status: 200, answer: job, refusals: [404, 409],
      objectId: ({ params }) => params.jobId,
      handle: async ({ params, body: { address }, caller }) => toJob((await jobs.changeOwner({ ...params, owner: await findOwner(ownerSearch, address, caller) }, as(caller))).job),
    }),
    route({
      method: 'POST', path: '/api/v0/jobs/{jobId}/cancel', operation: 'cancelJob', right: 'jobs.manage', summary: 'Do not print a job',
      params, status: 200, answer: job, refusals: [404, 409],
      handle: async ({ params, caller }) => toJob((await jobs.cancelJob(params, as(caller))).job),
    }),
  ];
}
