import { ProblemError, type RestClient } from '../rest-client.js';

export const DEMO = {
  mailbox: 'print@inkpost.test',
  domain: 'example.org',
  sender: 'Ada Lovelace <ada@example.org>',
  queue: 'lobby',
  /** Of the maintenance account, for the time of the demo. */
  password: 'Demo-Passw0rd',
} as const;

export interface DemoServers {
  readonly printerUri: string;
  readonly sinkPort: number;
  /** 127.0.0.1 by default. */
  readonly sinkHost?: string;
}

/** What an administrator does once, over REST: outgoing mail, a queue, a mailbox, who may print. */
export async function setUpInkpost(rest: RestClient, { printerUri, sinkPort, sinkHost = '127.0.0.1' }: DemoServers): Promise<void> {
  await rest.put('/api/v0/outgoing-mail', { host: sinkHost, port: sinkPort, tls: 'none', fromAddress: DEMO.mailbox, fromName: 'Inkpost' });
  await unlessThere(rest.post('/api/v0/queues', { queueId: DEMO.queue, name: 'Printer in the lobby', printerUri, validation: true }));
  await unlessThere(rest.post('/api/v0/mailboxes', { address: DEMO.mailbox, kind: 'smtp', queueId: DEMO.queue }));
  await rest.put('/api/v0/acceptance-conditions', { acceptedDomains: [DEMO.domain], userCreationAllowed: true });
}

/** A demo in containers finds what an earlier one has made. */
async function unlessThere(made: Promise<unknown>): Promise<void> {
  await made.catch((error: unknown) => {
    if (!(error instanceof ProblemError && error.status === 409)) throw error;
  });
}
