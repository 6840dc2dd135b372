import { z } from 'zod';
import type { Submission } from '@inkpost/contracts/admin/v1/print_api_pb.js';
import type { Job } from '@inkpost/contracts/admin/v1/print_pb.js';
import { identifier, instant, orNull, toInstant } from '../answer-route/fields.js';
import { TEXT } from '../limits.js';

const user = z.union([
  z.strictObject({ login: z.string().trim().min(1).max(TEXT.address).describe('As a directory knows it, in any case; `DIRECTORY\\login` where several may.') }),
  z.strictObject({
    address: z.string().trim().min(3).max(TEXT.address).describe('An e-mail address of the user.'),
    create: z.boolean().default(false).describe('A guest is made of an address that nobody knows; needs the right guests.add too.'),
  }),
]).describe('For whom it is printed.');

const target = z.union([
  z.strictObject({ queueId: identifier }),
  z.strictObject({ location: z.string().trim().min(1).max(TEXT.description).describe('Identifier or path of a place, such as World/France/Lyon: the one queue that stands there, else the one below it.') }),
]).describe('Where it is printed, or held until its code is given.');

const options = z.strictObject({
  colorMode: z.enum(['color', 'monochrome']).optional().describe('IPP print-color-mode.'),
  sides: z.enum(['one-sided', 'two-sided-long-edge', 'two-sided-short-edge']).optional().describe('IPP sides.'),
  copies: z.int().min(1).max(999).optional(),
  media: z.string().max(255).optional().describe('A PWG name such as iso_a4_210x297mm; empty: as the printer is set.'),
  pageRanges: z.string().max(200).optional().describe('Such as 1-3,5; empty: all pages.'),
}).describe('What is left out is as this server\'s general finishing says. What the printer can\'t do keeps no job from being printed; the job says what was not applied.');

/** What the header field Print-Job says of a document. */
export const printJob = z.strictObject({
  user, target,
  title: z.string().trim().max(TEXT.title).default('').describe('What people see it as; empty: document.pdf.'),
  language: z.enum(['fr', 'en']).optional().describe('Of mails to the user, where the directory says none.'),
  options: options.default({}),
}).meta({ id: 'PrintJob' });

export type PrintJob = z.output<typeof printJob>;

/** What the wire leaves out has to be left out here too. */
export function definedOnly({ colorMode, sides, copies, media, pageRanges }: PrintJob['options']) {
  return {
    ...(colorMode === undefined ? {} : { colorMode }), ...(sides === undefined ? {} : { sides }), ...(copies === undefined ? {} : { copies }),
    ...(media === undefined ? {} : { media }), ...(pageRanges === undefined ? {} : { pageRanges }),
  };
}

/** A job as the account that handed it in sees it. */
export const submittedJob = z.object({
  jobId: z.string(),
  idempotencyKey: z.string().nullable(),
  jobState: z.string().describe('IPP job-state: pending, pending-held, processing, processing-stopped, completed, canceled, aborted.'),
  jobStateReason: z.string().describe('IPP job-state-reasons, and Inkpost\'s own. job-incoming: it is examined, or its user is looked for; job-hold-until-specified: its user has to release it.'),
  final: z.boolean().describe('Nothing changes any more.'),
  problem: z.string().nullable().describe('One sentence; null when there is nothing to say.'),
  queueId: z.string(),
  pages: z.int().nullable().describe('Of the document; null: not examined yet, or not printed.'),
  impressions: z.int().nullable(),
  sheets: z.int().nullable(),
  price: z.int().nullable().describe('Thousandths of the currency: an estimate until it is printed, then what its user was charged.'),
  currency: z.string().nullable().describe('ISO 4217.'),
  notApplied: z.array(z.string()).describe('Options that the printer can\'t do.'),
  submittedAt: instant.nullable(),
  jobHoldUntil: instant.nullable(),
  releasedAt: instant.nullable(),
  completedAt: instant.nullable(),
}).meta({ id: 'SubmittedJob' });

const FINAL_STATES: ReadonlySet<string> = new Set(['completed', 'canceled', 'aborted']);

/** Until print-submit has it as a job, a submission is all that is known of it. */
export function toSubmittedJob({ jobId, idempotencyKey, queueId, submittedAt, refusedReason, refusedText, refusedAt }: Submission, job: Job | undefined): z.input<typeof submittedJob> {
  const own = { jobId, idempotencyKey: orNull(idempotencyKey), submittedAt: toInstant(submittedAt) };
  if (job) {
    const { jobState, jobStateReason, problem, pages, impressions, sheets, price, currency, finishing, jobHoldUntil, releasedAt, completedAt } = job;
    return {
      ...own, jobState, jobStateReason, final: FINAL_STATES.has(jobState), problem: orNull(problem), queueId: job.queueId, pages, impressions, sheets, price: Number(price), currency: orNull(currency), notApplied: finishing?.notApplied ?? [],
      jobHoldUntil: toInstant(jobHoldUntil), releasedAt: toInstant(releasedAt), completedAt: toInstant(completedAt),
    };
  }
  const isRefused = refusedReason !== '';
  return {
    ...own, jobState: isRefused ? 'aborted' : 'pending', jobStateReason: isRefused ? refusedReason : 'job-incoming', final: isRefused, problem: orNull(refusedText), queueId,
    pages: null, impressions: null, sheets: null, price: null, currency: null, notApplied: [], jobHoldUntil: null, releasedAt: null, completedAt: toInstant(refusedAt),
  };
}
