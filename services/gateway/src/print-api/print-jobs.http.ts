import { z } from 'zod';
import type { SubmitDocumentRequestSchema, SubmitDocumentResponse } from '@inkpost/contracts/admin/v1/print_api_pb.js';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { Caller } from '@inkpost/service/rights.js';
import { Defect } from '@inkpost/failure/failure.js';
import { identifier, present } from '../answer-route/fields.js';
import { Problem } from '../answer-route/problem.js';
import { route, type UploadRequest } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { LIMITS } from '../limits.js';
import { chooseQueue } from './choose-queue.js';
import { definedOnly, type PrintJob, printJob, submittedJob, toSubmittedJob } from './print-job.schema.js';

type Part = MessageInitShape<typeof SubmitDocumentRequestSchema>;

const params = z.strictObject({ jobId: identifier });

const jobIds = z.preprocess((value) => (value === undefined ? undefined : [value].flat()), z.array(identifier).max(LIMITS.submittedJobsMax).default([])).describe('May be given several times.');

/** Documents handed in for others (WD-015, WD-017): mail-ingest takes them in, print-submit knows what became of them. Each account sees its own alone. */
export function printJobRoutes(owners: Owners) {
  return [
    route({
      method: 'POST', path: '/print-api/v1/jobs', operation: 'submitPrintJob', right: 'print-on-behalf', summary: 'Hand in a PDF to be printed for somebody',
      description: 'The body is the PDF itself; the header field `Print-Job` says for whom, where and how. The answer comes once the document is stored for good; whether it can be printed, and whether its user is known, the job tells a moment later. Send an `Idempotency-Key`, and the same again when no answer came: it is taken in once.',
      body: printJob, upload: { mediaType: 'application/pdf', sizeBytesMax: LIMITS.documentBytesMax, header: 'Print-Job' },
      status: 201, answer: submittedJob, refusals: [422], location: ({ jobId }) => `/print-api/v1/jobs/${jobId}`,
      handle: async ({ body, upload, caller, signal }) => {
        if (!upload) throw new Defect('upload.missing', 'A route that takes a document was called without one.');
        const queueId = await queueOf(owners, body, upload.idempotencyKey, caller);
        const answer = await submit(owners, { job: body, queueId, upload, caller, signal });
        return (await withJobs(owners, [taken(answer)], caller))[0] ?? toSubmittedJob(taken(answer), undefined);
      },
    }),
    route({
      method: 'GET', path: '/print-api/v1/jobs', operation: 'listSubmittedJobs', right: 'print-on-behalf', summary: 'What became of jobs that this account handed in',
      description: 'By their ids, or by the key of one. Unknown ones and those of other accounts are left out.',
      query: z.strictObject({ jobId: jobIds, idempotencyKey: z.string().max(LIMITS.idempotencyKeyMax).default('') }), status: 200, answer: z.object({ jobs: z.array(submittedJob) }),
      handle: async ({ query: { jobId, idempotencyKey }, caller }) => {
        const { submissions } = await owners.submissions.listSubmissions({ jobIds: jobId, idempotencyKey }, as(caller));
        return { jobs: await withJobs(owners, submissions, caller) };
      },
    }),
    route({
      method: 'GET', path: '/print-api/v1/jobs/{jobId}', operation: 'getSubmittedJob', right: 'print-on-behalf', summary: 'What became of a job',
      params, status: 200, answer: submittedJob, refusals: [404],
      handle: async ({ params: { jobId }, caller }) => one(owners, jobId, caller),
    }),
    route({
      method: 'POST', path: '/print-api/v1/jobs/{jobId}/cancel', operation: 'cancelSubmittedJob', right: 'print-on-behalf', summary: 'Do not print a job',
      description: 'Not while it is `job-incoming`: try again in a moment.',
      params, status: 200, answer: submittedJob, refusals: [404, 409],
      handle: async ({ params: { jobId }, caller }) => {
        const known = await one(owners, jobId, caller);
        const { job } = await owners.printApi.cancelSubmittedJob({ jobId }, as(caller));
        if (!job && !known.final) throw new Problem('conflict', 'The job is still being taken in: its document is examined, or its user is looked for. Try again in a moment.', { retryAfterSeconds: 2 });
        if (!job) throw new Problem('conflict', 'The job is over already.');
        return one(owners, jobId, caller);
      },
    }),
  ];
}

/** What is sent again goes where it went the first time, whatever stands at its place by now. Throws as `chooseQueue`. */
async function queueOf(owners: Owners, job: PrintJob, idempotencyKey: string, caller: Caller): Promise<string> {
  const { submissions: [before] } = idempotencyKey === '' ? { submissions: [] } : await owners.submissions.listSubmissions({ idempotencyKey }, as(caller));
  if (!before) return chooseQueue(owners, job, caller);
  return 'queueId' in job.target ? job.target.queueId : before.queueId;
}

type Submissions = Parameters<typeof toSubmittedJob>[0][];

async function withJobs(owners: Owners, submissions: Submissions, caller: Caller) {
  if (submissions.length === 0) return [];
  const { jobs } = await owners.printApi.listSubmittedJobs({ jobIds: submissions.map(({ jobId }) => jobId) }, as(caller));
  // One that neither became a job nor was refused for so long was a job once, which print-submit's history forgot.
  const forgotten = Date.now() - LIMITS.submissionOpenDays * 86_400_000;
  return submissions.flatMap((submission) => {
    const job = jobs.find(({ jobId }) => jobId === submission.jobId);
    const isForgotten = !job && submission.refusedReason === '' && submission.submittedAt !== undefined && timestampDate(submission.submittedAt).getTime() < forgotten;
    return isForgotten ? [] : [toSubmittedJob(submission, job)];
  });
}

async function one(owners: Owners, jobId: string, caller: Caller) {
  const { submissions } = await owners.submissions.listSubmissions({ jobIds: [jobId] }, as(caller));
  const [job] = await withJobs(owners, submissions, caller);
  if (!job) throw new Problem('not-found', `This account handed in no job ${jobId}.`);
  return job;
}

interface Handing {
  readonly job: PrintJob;
  readonly queueId: string;
  readonly upload: UploadRequest;
  readonly caller: Caller;
  readonly signal: AbortSignal;
}

async function submit({ submissions }: Owners, { job, queueId, upload, caller, signal }: Handing): Promise<SubmitDocumentResponse> {
  let broken: unknown;
  const parts = async function* (): AsyncGenerator<Part> {
    const { user, title, language = '', options } = job;
    const forWhom = 'login' in user ? { case: 'userLogin' as const, value: user.login } : { case: 'userAddress' as const, value: user.address };
    yield { part: { case: 'facts', value: { idempotencyKey: upload.idempotencyKey, queueId, user: forWhom, title, language, options: definedOnly(options), createGuest: 'create' in user && user.create } } };
    let sizeBytes = 0n;
    try {
      for await (const piece of upload.content) {
        sizeBytes += BigInt(piece.length);
        yield { part: { case: 'piece', value: piece } };
      }
    } catch (error) {
      broken = error;
      throw error;
    }
    yield { part: { case: 'sizeBytes', value: sizeBytes } };
  };
  return submissions.submitDocument(parts(), { ...as(caller), timeoutMs: LIMITS.uploadMs, signal }).catch((error: unknown) => {
    // What kept the document from coming in says more than that the call ended early.
    throw broken ?? error;
  });
}

function taken({ outcome, submission }: SubmitDocumentResponse) {
  switch (outcome) {
    case 'key-reused':
      throw new Problem('key-reused', 'A document was handed in with this Idempotency-Key before, and it was another one, or for somebody else.');
    case 'not-a-pdf':
      throw new Problem('not-a-pdf', 'The document does not begin as a PDF does.');
    case 'too-large':
      throw new Problem('body-too-large', `The document must have at most ${LIMITS.documentBytesMax} bytes.`);
    default:
      return present(submission, 'submission');
  }
}
