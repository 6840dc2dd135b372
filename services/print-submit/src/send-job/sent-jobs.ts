import { PermanentFailure } from '@inkpost/failure/failure.js';
import { RepeatedRound } from '@inkpost/service/repeated-round.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { sendingLimits } from '../limits.js';
import type { Job } from '../print-job/job.js';
import type { Submitter } from '../ports/print-server.port.js';
import type { CurrentSendingServer, OpenSendingServer } from '../sending-server/current-sending-server.js';
import { asTrouble, type SendingTrouble } from '../sending-server/sending-status.js';
import type { JobSender } from './job-sender.js';
import { isSameSubmitter, type WaitReason } from './sent-job.js';
import type { SentJobStore } from './sent-job.store.js';

const UNSET = 'The server used for sending documents is no longer set: set it again, or send the job to a queue here.';

/** The jobs that another server prints: handed over one by one, and followed until their end there. */
export class SentJobs {
  private readonly rounds: readonly RepeatedRound[];
  private readonly senders = new Set<Promise<void>>();
  /** Accounts by the job that is being sent for them. */
  private readonly sending = new Map<string, string>();
  private following: Promise<void> | undefined;
  private waiting: { readonly reason: WaitReason; readonly problem: string } | undefined;

  constructor(
    private readonly store: SentJobStore,
    private readonly sender: JobSender,
    private readonly current: CurrentSendingServer,
    private readonly log: Log,
  ) {
    const onError = (error: unknown): void => log.warning('jobs could not be handed to the other server, tried again', { error });
    this.rounds = [
      new RepeatedRound({ everyMs: sendingLimits.roundMs, act: () => this.round(), onError }),
      new RepeatedRound({ everyMs: sendingLimits.leaseRenewMs, act: () => this.store.renew([...this.sending.keys()]), onError }),
    ];
  }

  start(): void {
    for (const round of this.rounds) round.start();
  }

  /** What is leaving then, the next process sends again: the other server takes it in once. */
  async stop(): Promise<void> {
    await Promise.all(this.rounds.map((round) => round.stop(sendingLimits.stopMs)));
    this.current.onModuleDestroy();
    await Promise.allSettled([...this.senders, this.following]);
  }

  /** Something is to be sent, or the settings changed. */
  wake(): void {
    this.rounds[0]?.now();
  }

  /** Asks the other server to cancel a job that it has; its loop hears what became of it. `out-of-reach`: it can't be asked. Throws a PermanentFailure that says what to do. */
  async cancel({ jobId }: Job): Promise<'asked' | 'out-of-reach'> {
    const sent = await this.store.find(jobId);
    const server = await this.current.at((await this.store.findDue()).revision);
    if (this.sending.has(jobId)) throw new PermanentFailure('print.cancel-refused', 'The job is just being handed to the other server: try again in a moment.');
    if (!sent?.thereJobId || !server) return 'out-of-reach';
    const { thereJobId } = sent;
    try {
      const submitter = await server.live.run(() => server.print.submitter());
      if (!isSameSubmitter(submitter, sent.submitter)) return 'out-of-reach';
      if (!(await server.live.run(() => server.print.cancel(thereJobId)))) throw new PermanentFailure('print.cancel-refused', 'The other server can\'t cancel the job now: it is being examined or printed, or is over. Try again in a moment.');
    } catch (error) {
      if (error instanceof PermanentFailure) throw error;
      this.log.warning('the other server could not be asked to cancel a job', { jobId, error });
      return 'out-of-reach';
    }
    await this.store.lookLater(sent, sent.job.problem, 0);
    this.wake();
    return 'asked';
  }

  private async round(): Promise<void> {
    const { revision, toSend, toFollow } = await this.store.findDue();
    if (!toSend && !toFollow) return;
    const server = await this.current.at(revision);
    if (!server) return this.wait('server-unset', UNSET);
    if (server.live.restsMs > 0) return this.waiting && this.wait(this.waiting.reason, this.waiting.problem);
    let submitter: Submitter;
    try {
      submitter = await server.live.run(() => server.print.submitter());
    } catch (error) {
      return this.noteTrouble(asTrouble(error));
    }
    if (this.waiting) this.log.info('the server used for sending documents answers again', { server: server.place });
    this.waiting = undefined;
    if (toFollow) this.following ??= this.follow(server, submitter).catch((error: unknown) => this.noteError(error)).finally(() => (this.following = undefined));
    for (let free = toSend ? sendingLimits.sendsMax - this.senders.size : 0; free > 0; free -= 1) {
      const sender = this.sendAll(server, submitter).catch((error: unknown) => this.noteError(error)).finally(() => this.senders.delete(sender));
      this.senders.add(sender);
    }
  }

  /** One document after the other, until there is none that another one doesn't send, or the server rests. */
  private async sendAll(server: OpenSendingServer, submitter: Submitter): Promise<void> {
    while (!this.rounds[0]?.isStopped && server.live.restsMs === 0) {
      const sent = await this.store.claim(submitter, [...this.sending.values()]);
      if (!sent) return;
      const { jobId, accountId } = sent.job;
      this.sending.set(jobId, accountId);
      try {
        await this.sender.send(sent, submitter, server);
      } finally {
        this.sending.delete(jobId);
      }
    }
  }

  private async follow(server: OpenSendingServer, submitter: Submitter): Promise<void> {
    const jobs = await this.store.claimFollowed();
    const { ours = [], others = [] } = Object.groupBy(jobs, (each) => (isSameSubmitter(each.submitter, submitter) ? 'ours' : 'others'));
    for (const { job } of others) await this.sender.doubt(job, 'It was handed to another server, or by another account, before the settings changed: nobody here can say whether it is printed there.');
    const there = await server.live.run(() => server.print.find(ours.flatMap(({ thereJobId }) => thereJobId ?? [])));
    for (const each of ours) await this.sender.note(each, there.get(each.thereJobId ?? ''), server.place);
  }

  private async noteTrouble(trouble: SendingTrouble): Promise<void> {
    this.log.warning('the server used for sending documents can\'t be used, tried again', { state: trouble.state, problem: trouble.problem });
    await this.wait(trouble.state === 'cooldown' || trouble.state === 'unknown-error' ? 'server-unreachable' : 'server-refuses', trouble.message);
  }

  private async wait(reason: WaitReason, problem: string): Promise<void> {
    this.waiting = { reason, problem };
    await this.store.markWaiting(reason, problem);
  }

  private noteError(error: unknown): void {
    this.log.warning('jobs could not be handed to the other server, tried again', { error });
  }
}
