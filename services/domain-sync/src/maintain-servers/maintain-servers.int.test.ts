import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import type { OwnedObject } from '../owner-stand-in.harness.js';
import { Replica } from '../replicas.harness.js';

it('server maintenance replicates what is ticked when it is due, all of it and nothing else, and plans the next time', async () => {
  const network: Replica[] = [];
  onTestFinished(async () => void (await Promise.all(network.map(async (replica) => replica.remove()))));
  const first = await Replica.make('Master', network);
  const one = await Replica.make('Paris', network);
  const domainId = randomUUID();
  for (const replica of network) {
    await replica.enter(domainId, first, 1, { transferDelaySeconds: 0 });
    await replica.start();
  }
  const profile = (objectId: string, rights: string): OwnedObject => ({ kind: 'security-profile', objectId, name: objectId, body: { name: objectId, rights }, provenance: 'local' });
  first.owner('guest-account').put(profile('desk', 'some'));
  first.owner('guest-account').put({ ...profile('corp', 'all'), kind: 'directory' });
  first.owner('notification').put({ ...profile('toner-low', ''), kind: 'notification-event' });
  const due = `UPDATE server_maintenance SET enabled = true, every_minutes = 60, items = '{security-profiles}', next_at = date_trunc('milliseconds', now()) - interval '150 minutes'`;
  const shared = () => {
    first.built?.maintain.now();
    return one.owner('guest-account').shared();
  };
  await first.query(due);
  await expect.poll(shared).toEqual({ 'security-profile desk': { name: 'desk', rights: 'some' } });
  expect(one.owner('notification').shared()).toEqual({});
  // Two runs were missed; the next one is where it would have been all the same.
  expect(await first.query(`SELECT round(extract(epoch FROM next_at - now()) / 60)::int AS minutes, last_orders, last_problem FROM server_maintenance`)).toEqual([{ minutes: 30, last_orders: 1, last_problem: '' }]);
  // A change alone is not sent; what is gone goes with the next run.
  first.owner('guest-account').put({ ...profile('desk', 'more'), provenance: 'shared' });
  first.owner('guest-account').put(profile('new', 'none'));
  await first.query(due);
  await expect.poll(shared).toEqual({ 'security-profile desk': { name: 'desk', rights: 'more' }, 'security-profile new': { name: 'new', rights: 'none' } });
  first.owner('guest-account').remove(profile('desk', ''));
  await first.built?.maintain.run(['security-profiles']);
  await expect.poll(shared).toEqual({ 'security-profile new': { name: 'new', rights: 'none' } });
});
