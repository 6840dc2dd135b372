import { join } from 'node:path';
import type { EmbeddedPostgres } from '@inkpost/local/embedded-postgres.js';
import type { EmbeddedRedis } from '@inkpost/local/embedded-redis.js';
import { CONTROL_PORTS } from '@inkpost/service/service-variables.js';
import { startStack } from '@inkpost/suite/embedded-stack.js';
import { RestClient } from '@inkpost/suite/rest-client.js';
import { type EndedProcess, startSuite, type Suite, type Topology } from '@inkpost/suite/start-suite.js';
import { suiteEnvironment } from '@inkpost/suite/suite-environment.js';
import { freePorts } from '@inkpost/testkit/free-port.js';
import { type MailSink, startMailSink } from '@inkpost/testkit/mail-sink.js';
import { type OwnServer, startOwnPostgres, startOwnRedis } from '@inkpost/testkit/own-servers.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';

/** Where the outward doors are. */
export interface DoorPorts {
  readonly http: number;
  readonly dsp: number;
  readonly wsc: number;
  readonly smtp: number;
  readonly lmtp: number;
}

export interface InstallationOptions {
  readonly topology: Topology;
  /** Of the maintenance account. */
  readonly password: string;
  /** More of the environment, once the ports of the outward doors are known. */
  readonly environment?: (ports: DoorPorts) => Promise<Readonly<Record<string, string>>>;
  /** Given: services that end by themselves are started again, and this hears of each. */
  readonly onStartedAgain?: (ended: EndedProcess) => void;
}

/** A whole Inkpost with servers of its own, which may be killed; nothing is set in it yet. */
export interface BareInstallation {
  /** Not signed in. */
  readonly rest: RestClient;
  readonly ports: DoorPorts;
  /** Where its mails go to. */
  readonly sink: MailSink;
  readonly suite: Suite;
  readonly postgres: OwnServer<EmbeddedPostgres>;
  readonly redis: OwnServer<EmbeddedRedis>;
  /** The database with an account that may do everything, for looking behind the services. */
  readonly databaseOwnerUrl: string;
  readonly folder: string;
  readonly logFile: string;
  /** Whatever is running, in the reverse order of its start. */
  remove(): Promise<void>;
}

/** Starts it; ready when this resolves. Whatever fails, nothing is left running. */
export async function startInstallation({ topology, password, environment, onStartedAgain }: InstallationOptions): Promise<BareInstallation> {
  const removals: (() => Promise<unknown>)[] = [];
  const remove = async (): Promise<void> => {
    for (const each of removals.splice(0).toReversed()) await each();
  };
  try {
    const folder = await temporaryFolder('suite');
    removals.push(() => folder.remove());
    const [postgres, redis, sink] = await Promise.all([startOwnPostgres(), startOwnRedis(), startMailSink()]);
    removals.push(() => sink.stop(), () => redis.remove(), () => postgres.remove());
    const stack = await startStack({ folder: folder.path, databaseOwnerUrl: postgres.current.superuserUrl, redisUrl: `${redis.current.url}/0`, runStep: (_title, act) => act() });
    const services = Object.keys(CONTROL_PORTS);
    const [http = 0, dsp = 0, wsc = 0, smtp = 0, lmtp = 0, ...controls] = await freePorts(5 + services.length);
    const ports = { http, dsp, wsc, smtp, lmtp };
    const inner = Object.fromEntries(services.map((service, index) => [service, controls[index] ?? 0]));
    const whole = {
      PATH: process.env['PATH'], ...suiteEnvironment({ databaseUrl: stack.databaseUrl, redisUrl: stack.redisUrl, folder: folder.path, ports: { ...ports, ...inner } }),
      INKPOST_MAINTENANCE_PASSWORD: password, ...(await environment?.(ports)),
    };
    const logFile = join(folder.path, 'inkpost.log');
    const suite = await startSuite({ topology, environment: whole, logFile, ...(onStartedAgain && { onStartedAgain }) });
    removals.push(() => suite.stop());
    await suite.waitUntilReady();
    const rest = new RestClient(`http://127.0.0.1:${ports.http}`);
    return { rest, ports, sink, suite, postgres, redis, databaseOwnerUrl: stack.databaseOwnerUrl, folder: folder.path, logFile, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
