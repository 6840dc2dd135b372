import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import type { Spool } from '@inkpost/spool/spool.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { MeasuredDocument } from '../deliver-job/measure-document.js';
import { sendingLimits } from '../limits.js';
import type { JobThere, JobToSend, NotTaken, Sending, Submitter } from '../ports/print-server.port.js';
import type { Job } from '../print-job/job.js';
import type { JobEndings } from '../print-job/job-endings.js';
import { abortedFact } from '../print-job/job-facts.js';
import type { PrintMetrics } from '../print-metrics.js';
import type { OpenSendingServer } from '../sending-server/current-sending-server.js';
import { asTrouble, type SendingTrouble } from '../sending-server/sending-status.js';
import { type EndThere, judgeJobThere, sayOfJobThere } from './judge-job-there.js';
import { isSameSubmitter, type SentJob } from './sent-job.js';
import type { SentJobStore } from './sent-job.store.js';

const SECOND_MS = 1_000;
/** After these the server has nothing: it asks who it is first. */
const REFUSES_ALL: readonly SendingTrouble['state'][] = ['authentication-failed', 'rights-missing', 'not-initialised'];

export interface JobSenderParts {
  readonly store: SentJobStore;
  readonly endings: JobEndings;
  readonly spool: Spool;
  readonly metrics: PrintMetrics;
  readonly log: Log;
}

/** Hands single jobs to the other server, and writes down what becomes of them there. */
export class JobSender {
  constructor(private readonly parts: JobSenderParts) {}

  /**
   * The intent is written down. However often this is tried, the other server takes the job in once: its id is the key. Where an earlier try may have
   * come through, it is asked first: settings may have changed meanwhile, and what it would refuse now it may have taken then.
   */
  async send(sent: SentJob, submitter: Submitter, { place, print, live }: OpenSendingServer): Promise<void> {
    const { job } = sent;
    if (!isSameSubmitter(sent.submitter, submitter)) return this.doubt(job, `It may have been handed to another server, or by another account, before the settings changed: nobody here can say whether it is printed there. Release it again to hand it to ${place}, or cancel it.`);
    let measured: MeasuredDocument | undefined;
    const open = async (): Promise<AsyncIterable<Uint8Array>> => {
      // Once more where the sign-in was over.
      measured = new MeasuredDocument();
      return measured.pass(await this.parts.spool.open(job.jobId));
    };
    let { isNowhere } = sent;
    let outcome: Sending | LostDocument;
    try {
      const before = isNowhere ? undefined : await live.run(() => print.findTaken(job.jobId));
      isNowhere = true;
      // That a document is lost says nothing of the server.
      outcome = before ? { kind: 'taken', job: before } : await live.run(() => print.send(toSend(sent, open)).catch(asLostDocument));
    } catch (error) {
      return this.noteTrouble(job, asTrouble(error), isNowhere);
    }
    if (outcome.kind === 'lost') return this.refuse(job, '', outcome.problem, 'document-lost');
    if (outcome.kind !== 'taken') return this.noteNotTaken(job, place, outcome);
    const { jobId: serverJobId } = outcome.job;
    const erased = await this.parts.store.noteTaken(job, serverJobId, entryOf(job, 'sent-to-server', { server: place, ...submitter, serverJobId, ...measured?.result(), attempt: job.attempts }));
    if (erased) return this.parts.spool.removeBytes(erased);
    // An administrator canceled it while it left.
    await live.run(() => print.cancel(serverJobId));
  }

  /** What the other server says of a job that it has; undefined: it doesn't know it. */
  async note(sent: SentJob, there: JobThere | undefined, place: string): Promise<void> {
    const { job } = sent;
    if (!there) return this.doubt(job, `${place} doesn't know it any more: nobody here can say whether it was printed there.`);
    const end = judgeJobThere(there);
    if (end) return this.end(job, place, there, end);
    const secondsThere = (Date.now() - (job.acceptedAt ?? new Date()).getTime()) / SECOND_MS;
    await this.parts.store.lookLater(sent, sayOfJobThere(there), Math.min(Math.max(secondsThere / 10, sendingLimits.lookSecondsMin), sendingLimits.lookSecondsMax));
  }

  async doubt(job: Job, problem: string): Promise<void> {
    if (await this.parts.store.doubt(job, problem, entryOf(job, 'uncertain', { queueName: job.queueName, problem }))) this.parts.log.warning('a job on another server is uncertain', { jobId: job.jobId, problem });
  }

  private async end(job: Job, place: string, there: JobThere, { move, reason, problem, count, ownerIsUntold }: EndThere): Promise<void> {
    const step = ({ complete: 'printed', cancelAtPrinter: 'canceled', abort: 'aborted' } as const)[move];
    const evidence = { queueName: place, by: 'server', serverJobId: there.jobId, reason, ...(problem === '' ? { confirmation: `${place} says so` } : { problem }), ...count };
    // Where it was a job there, that server counts it and tells its owner.
    const publish = ownerIsUntold ? [abortedFact(job, reason, problem)] : [];
    const ended = await this.parts.endings.end({ messageId: job.messageId, jobIds: [job.jobId], move, reason, problem, entries: [entryOf(job, step, evidence)], publish, ...(count ? { count } : {}) });
    if (!ended) return;
    if (move === 'complete') this.parts.metrics.measureCompleted(job, job.acceptedAt ?? new Date(), new Date());
    else this.parts.metrics.countAborted(job.queueId, reason);
  }

  private async noteNotTaken(job: Job, place: string, { kind, problem }: NotTaken): Promise<void> {
    if (kind === 'misdirected') return this.parts.store.putBack(job, 'location-unknown', `Unknown location: ${problem}`, sendingLimits.misdirectedSeconds);
    return this.refuse(job, place, problem);
  }

  private async refuse(job: Job, place: string, problem: string, reason = 'document-refused'): Promise<void> {
    const entries = [entryOf(job, 'aborted', { queueName: place, by: 'server', reason, problem })];
    if (await this.parts.endings.end({ messageId: job.messageId, jobIds: [job.jobId], move: 'abort', reason, problem, entries, publish: [abortedFact(job, reason, problem)] })) this.parts.metrics.countAborted(job.queueId, reason);
  }

  private async noteTrouble(job: Job, trouble: SendingTrouble, isNowhere: boolean): Promise<void> {
    if (isNowhere && REFUSES_ALL.includes(trouble.state)) return this.parts.store.putBack(job, 'server-refuses', trouble.message, 0);
    return this.parts.store.noteSilence(job, trouble.message);
  }
}

interface LostDocument {
  readonly kind: 'lost';
  readonly problem: string;
}

/** Throws what is no failure of the spool's own. */
function asLostDocument(error: unknown): LostDocument {
  if (error instanceof PermanentFailure && error.code.startsWith('spool.')) return { kind: 'lost', problem: error.message };
  throw error;
}

function toSend({ job, mailboxQueueId }: SentJob, open: JobToSend['open']): JobToSend {
  const { jobId, ownerAddress, ownerLanguage: language, fileName: title, sizeBytes, colorMode, sides, copies, media, pageRanges } = job;
  return { jobId, mailboxQueueId, ownerAddress, language, title, sizeBytes, options: { colorMode, sides, copies, media, pageRanges }, open };
}

function entryOf({ jobId, fileName }: Job, step: string, evidence: JourneyEntry['evidence']): JourneyEntry {
  return { step, document: jobId, evidence: { fileName, ...evidence } };
}
