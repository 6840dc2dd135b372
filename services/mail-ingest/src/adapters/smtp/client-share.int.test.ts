import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SMTP_CLIENTS_MAX, SMTP_CLIENTS_OF_ONE_ADDRESS_MAX } from '../../limits.js';
import { eventually, MailIngestHarness, type Replica } from '../../mail-ingest.harness.js';
import { MailClient } from './mail-client.harness.js';

const [greedy, other, relay] = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];

let harness: MailIngestHarness;
let replica: Replica;

beforeAll(async () => {
  harness = await MailIngestHarness.start();
  await harness.superuser.query(`UPDATE mail_ingest.sender_authentication SET trusted_relays = '{${relay}/32}'`);
  replica = await harness.startReplica();
});
afterAll(() => harness.stop());

const connections = (count: number, from: string, port = replica.smtpPort) => Promise.all(Array.from({ length: count }, () => MailClient.connect(port, from)));
const welcomed = (clients: readonly MailClient[]) => clients.filter(({ greeting }) => greeting.startsWith('220')).length;
const close = (clients: readonly MailClient[]) => clients.forEach((client) => client.close());
const tooMany = SMTP_CLIENTS_OF_ONE_ADDRESS_MAX + 5;

describe('connections by SMTP', () => {
  it('of one client take no more than its share, so that others come in, and it again when one of its own has ended', async () => {
    const held = await connections(tooMany, greedy);
    expect(welcomed(held)).toBe(SMTP_CLIENTS_OF_ONE_ADDRESS_MAX);
    expect(held.filter(({ greeting }) => /^421 .*Too many connections from your address/.test(greeting))).toHaveLength(5);
    const [neighbour] = await connections(1, other);
    expect(neighbour?.greeting).toMatch(/^220/);
    held.find(({ greeting }) => greeting.startsWith('220'))?.close();
    const again = await eventually(async () => {
      const [client] = await connections(1, greedy);
      return client?.greeting.startsWith('220') && client;
    }, 'the client is let in again');
    close([...held, ...(neighbour ? [neighbour] : []), again]);
  });

  it.each([['a trusted relay', relay, 'smtpPort'], ['a server that speaks LMTP', greedy, 'lmtpPort']] as const)('of %s may be as many as there are', async (_, from, port) => {
    const held = await eventually(async () => {
      const clients = await connections(tooMany, from, replica[port]);
      if (welcomed(clients) === tooMany) return clients;
      close(clients);
      return undefined;
    }, 'all are let in');
    expect(tooMany).toBeLessThan(SMTP_CLIENTS_MAX);
    close(held);
  });
});
