import { setTimeout as pause } from 'node:timers/promises';
import type { Environment } from '@inkpost/config/config.js';
import { processEnvironment } from '@inkpost/config/environment.js';
import { CONTROL_PORTS } from '@inkpost/service/service-variables.js';
import { type RunStep, startStack } from '@inkpost/suite/embedded-stack.js';
import { RestClient } from '@inkpost/suite/rest-client.js';
import { startSuite, type Suite, type Topology } from '@inkpost/suite/start-suite.js';
import { passedOn, suiteEnvironment } from '@inkpost/suite/suite-environment.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { limits } from '../limits.js';
import { SENDER_DOMAIN } from '../make-mails/bench-mail.js';
import type { MailAccount } from '../make-mails/mail-account.js';
import type { ProcessGroup } from '../meter-processes/process-meter.js';
import { ownChildren, readProcessTable } from '../meter-processes/process-table.js';

export interface BenchSuiteOptions {
  readonly topology: Topology;
  readonly folder: string;
  readonly logFile: string;
  readonly codeMailPort: number;
  readonly otlpUrl: string;
  readonly profileFolder: string | undefined;
  readonly runStep: RunStep;
  /** Takes what stops each part as soon as it runs. */
  readonly onStarted: (stop: () => Promise<void>) => void;
}

export interface QueueView {
  readonly jobsHeld: number;
  readonly jobsWaiting: number;
}

const PASSWORD = 'Bench-Passw0rd';

/** The suite as it is installed (durable database, notifications, telemetry), and what an administrator does with it over REST. */
export class BenchSuite {
  private constructor(
    private readonly options: BenchSuiteOptions,
    private readonly environment: Environment,
    private readonly servers: readonly ProcessGroup[],
    private suite: Suite,
    readonly rest: RestClient,
    /** The database with an account that may do everything. */
    readonly databaseOwnerUrl: string,
  ) {}

  static async start(options: BenchSuiteOptions): Promise<BenchSuite> {
    const { topology, folder, runStep, onStarted } = options;
    const before = new Set(ownChildren());
    const stack = await startStack({ folder, runStep });
    onStarted(() => stack.stop());
    const table = readProcessTable();
    const servers = ownChildren().filter((pid) => !before.has(pid)).map((pid) => ({ name: table.get(pid)?.command ?? 'server', rootPid: pid }));
    const http = await freePort();
    const environment = {
      ...passedOn(processEnvironment()),
      ...suiteEnvironment({ databaseUrl: stack.databaseUrl, redisUrl: stack.redisUrl, folder, ports: { http, ...(await innerPorts()) } }),
      INKPOST_MAINTENANCE_PASSWORD: PASSWORD,
      INKPOST_OTLP_URL: options.otlpUrl,
      ...(options.profileFolder !== undefined && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${options.profileFolder}` }),
    };
    const suite = await startSuite({ topology, environment, logFile: options.logFile });
    const bench = new BenchSuite(options, environment, servers, suite, new RestClient(`http://127.0.0.1:${http}`), stack.databaseOwnerUrl);
    onStarted(() => bench.suite.stop());
    await runStep(topology === 'all' ? 'Inkpost, all services in one process' : 'Inkpost, one process per service', () => suite.waitUntilReady());
    await bench.setUp(options.codeMailPort);
    return bench;
  }

  /** All its processes, the database and Redis included. */
  get groups(): readonly ProcessGroup[] {
    return [...this.suite.processes.map(({ name, pid }) => ({ name, rootPid: pid })), ...this.servers];
  }

  get smtpPort(): number {
    return Number(/:(\d+)$/.exec(this.environment['INKPOST_SMTP_LISTEN'] ?? '')?.[1]);
  }

  get secretsFolder(): string {
    return this.environment['INKPOST_SECRETS_FOLDER'] ?? '';
  }

  /** The process that watches mailboxes. */
  get watcher(): ProcessGroup {
    const { name, pid } = this.suite.processes.find((each) => each.name === 'mail-ingest') ?? this.suite.processes[0] ?? { name: 'none', pid: 0 };
    return { name, rootPid: pid };
  }

  /** Ends its processes as an administrator does; the database and Redis stay. */
  async stop(): Promise<void> {
    await this.suite.stop();
  }

  /** After `stop`. Resolves when all services are ready. */
  async startAgain(): Promise<void> {
    this.suite = await startSuite({ topology: this.options.topology, environment: this.environment, logFile: this.options.logFile });
    await this.suite.waitUntilReady();
  }

  /** Rejects when one of its processes ends by itself. */
  get failed(): Promise<never> {
    return this.suite.failed;
  }

  async createQueue(queueId: string, printerUri: string, validation: boolean): Promise<void> {
    await this.rest.post('/api/v0/queues', { queueId, name: queueId, printerUri, validation });
  }

  /** From now on this mailbox's mails go to that queue. */
  async watch({ address, password, imapPort }: MailAccount, queueId: string): Promise<void> {
    const imap = { host: '127.0.0.1', port: imapPort, tls: 'none', user: address, password };
    await this.rest.post('/api/v0/mailboxes', { address, kind: 'imap', queueId, enabled: true, imap });
  }

  queue(queueId: string): Promise<QueueView> {
    return this.rest.get(`/api/v0/queues/${queueId}`);
  }

  /** How many mailboxes its watchers say to be in a state. Cheaper than to ask for a thousand mailboxes by REST. */
  async mailboxesIn(state: string): Promise<number> {
    const response = await fetch(`http://${this.environment['INKPOST_MAIL_INGEST_LISTEN'] ?? ''}/metrics`);
    return Number(new RegExp(`^inkpost_mailbox_watches\\{[^}]*state="${state}"[^}]*\\} (\\d+)`, 'm').exec(await response.text())?.[1] ?? 0);
  }

  /** Looks at the queue until it is as wanted. */
  async untilQueue(queueId: string, isAsWanted: (queue: QueueView) => boolean): Promise<void> {
    while (!isAsWanted(await this.queue(queueId))) await pause(limits.pollMs);
  }

  private async setUp(codeMailPort: number): Promise<void> {
    await this.rest.signIn('maintenance', PASSWORD);
    await this.rest.put('/api/v0/outgoing-mail', { host: '127.0.0.1', port: codeMailPort, tls: 'none', fromAddress: 'print@inkpost.example', fromName: 'Inkpost' });
    await this.rest.put('/api/v0/acceptance-conditions', { acceptedDomains: [SENDER_DOMAIN], unknownSender: 'create' });
  }
}

async function innerPorts(): Promise<Record<string, number>> {
  const names = ['dsp', 'wsc', 'smtp', 'lmtp', ...Object.keys(CONTROL_PORTS)];
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await freePort()] as const)));
}
