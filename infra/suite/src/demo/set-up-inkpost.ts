import type { RestClient } from '../rest-client.js';

export const DEMO = {
  mailbox: 'print@inkpost.test',
  domain: 'example.org',
  sender: 'Ada Lovelace <ada@example.org>',
  queue: 'lobby',
  /** Of the maintenance account, for the time of the demo. */
  password: 'Demo-Passw0rd',
} as const;

/** What an administrator does once, over REST: outgoing mail, a queue, a mailbox, who may print. */
export async function setUpInkpost(rest: RestClient, places: { readonly printerUri: string; readonly sinkPort: number }): Promise<void> {
  await rest.signIn('maintenance', DEMO.password);
  await rest.put('/api/v0/outgoing-mail', { host: '127.0.0.1', port: places.sinkPort, tls: 'none', fromAddress: DEMO.mailbox, fromName: 'Inkpost' });
  await rest.post('/api/v0/queues', { queueId: DEMO.queue, name: 'Printer in the lobby', printerUri: places.printerUri, validation: true });
  await rest.post('/api/v0/mailboxes', { address: DEMO.mailbox, kind: 'smtp', queueId: DEMO.queue });
  await rest.put('/api/v0/acceptance-conditions', { acceptedDomains: [DEMO.domain], userCreationAllowed: true });
}
