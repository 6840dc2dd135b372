import { LINK_LOCAL_REFUSED } from '@inkpost/server-connection/address-rules.js';
import { WscClient } from '@inkpost/guest-account/adapters/wsc/wsc-client.js';
import { describe, expect, it } from 'vitest';
import { GuestDesk } from './guest-desk.js';
import { PASSWORD } from './installation.js';

const MAILS = 300;
const QUESTIONS = 1_000;

/** What these mails take: wall clock, and CPU of this process, which is both installations without their database. */
async function taken(desk: GuestDesk, addresses: readonly string[]): Promise<string> {
  const [startedAt, cpuBefore] = [performance.now(), process.cpuUsage()];
  await Promise.all(addresses.map((address) => desk.accept(address)));
  const open = async () => (await desk.superuser.query("SELECT 1 FROM flow.message WHERE consumer = 'guest_account' AND state = 'open'")).rowCount;
  await expect.poll(open, { timeout: 60_000, interval: 20 }).toBe(0);
  const { user, system } = process.cpuUsage(cpuBefore);
  return `${Math.round((1_000 * addresses.length) / (performance.now() - startedAt))} mails/s at ${((user + system) / 1_000 / addresses.length).toFixed(1)} ms CPU a mail`;
}

/** What it costs that guests are kept on another server, both on this machine: `INKPOST_MEASURE=1 npx vitest run user-management.measure`. */
describe('guests on another server', () => {
  it('are made, and found again, so many a second', async () => {
    const [keeper, desk] = [await GuestDesk.open(), await GuestDesk.open()];
    const settings = { address: 'localhost', port: keeper.ports.wsc, secure: true, account: 'maintenance', certificateAuthority: keeper.certificate, certificateSha256: '' };
    const client = new WscClient({ settings, password: () => PASSWORD, rules: LINK_LOCAL_REFUSED });
    try {
      const senders = (kind: string) => Array.from({ length: MAILS }, (_, index) => `${kind}${index}@example.org`);
      await taken(desk, ['warm@example.org']);
      console.log(`kept here: made ${await taken(desk, senders('own'))}, found ${await taken(desk, senders('own'))}`);
      expect((await desk.rest.call('PUT', '/api/v0/user-management-server', { ...settings, password: PASSWORD })).body).toMatchObject({ status: { state: 'operational' } });
      await taken(desk, ['warm@example.org']);
      console.log(`kept on the server: made ${await taken(desk, senders('far'))}, found ${await taken(desk, senders('far'))}`);
      const times: number[] = [];
      for (let asked = 0; asked < QUESTIONS; asked += 1) {
        const startedAt = performance.now();
        await client.call({ method: 'GET', path: `/wsc/v1/senders/far${asked % MAILS}%40example.org` });
        times.push(performance.now() - startedAt);
      }
      const sorted = times.toSorted((one, other) => one - other);
      console.log(`one question over TLS: p50 ${sorted[QUESTIONS / 2]?.toFixed(1)} ms, p99 ${sorted[0.99 * QUESTIONS]?.toFixed(1)} ms`);
    } finally {
      client.close();
      await desk.close();
      await keeper.close();
    }
  }, 180_000);
});
