import type { RestClient } from '../rest-client.js';

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

/** What an administrator does once, over REST: outgoing mail, a queue, a mailbox, who may print. What an earlier demo has made stays. */
export async function setUpInkpost(rest: RestClient, { printerUri, sinkPort, sinkHost = '127.0.0.1' }: DemoServers): Promise<void> {
  await rest.put('/api/v0/outgoing-mail', { host: sinkHost, port: sinkPort, tls: 'none', fromAddress: DEMO.mailbox, fromName: 'Inkpost' });
  const { queues } = await rest.get<{ queues: readonly { readonly queueId: string }[] }>('/api/v0/queues');
  if (!queues.some(({ queueId }) => queueId === DEMO.queue)) {
    await rest.post('/api/v0/queues', { queueId: DEMO.queue, name: 'Printer in the lobby', printerUri, validation: true });
  }
  const { mailboxes } = await rest.get<{ mailboxes: readonly { readonly address: string }[] }>('/api/v0/mailboxes');
  if (!mailboxes.some(({ address }) => address === DEMO.mailbox)) {
    await rest.post('/api/v0/mailboxes', { address: DEMO.mailbox, kind: 'smtp', queueId: DEMO.queue });
  }
  await rest.put('/api/v0/acceptance-conditions', { acceptedDomains: [DEMO.domain], unknownSender: 'create' });
}
