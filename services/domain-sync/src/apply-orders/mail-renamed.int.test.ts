import { randomUUID } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { Replica } from '../replicas.harness.js';

const network: Replica[] = [];

beforeAll(async () => {
  for (const name of ['Master', 'Lyon']) await Replica.make(name, network);
  const [master] = network;
  const domainId = randomUUID();
  for (const replica of network) {
    await replica.enter(domainId, master ?? replica, 1, {});
    await replica.start();
  }
  return () => Promise.all(network.map(async (replica) => replica.remove()));
});

it('administrators of a slave are told once of each object of theirs that stepped aside, and again until a mail was sent', async () => {
  const [master, slave] = network;
  if (!master || !slave) throw new Error('unreachable');
  const notification = slave.owner('notification');
  const share = async (objectId: string) => {
    slave.printSubmit.put({ kind: 'queue', objectId: `own ${objectId}`, name: objectId, body: { name: objectId }, provenance: 'local' });
    master.printSubmit.put({ kind: 'queue', objectId, name: objectId, body: { name: objectId } });
    await master.built?.changes.record('print-submit', { kind: 'queue', objectId }, 'share');
  };
  await share('front');
  await expect.poll(() => notification.mailed).toEqual(['Lyon: queue "front": front (Lyon)']);
  notification.mailOutcome = 'not-sent';
  await share('back');
  await expect.poll(() => notification.mailed).toEqual(['Lyon: queue "front": front (Lyon)', 'Lyon: queue "back": back (Lyon)']);
  const unmailed = () => slave.query('SELECT name, told FROM renamed_object WHERE NOT mailed');
  // The master hears of it, which its next word says, whether a mail was sent or not.
  master.built?.wake(slave.serverId);
  await expect.poll(unmailed).toEqual([{ name: 'back', told: true }]);
  slave.built?.mailRenamed.now();
  notification.mailOutcome = 'told';
  await slave.query(`UPDATE renamed_object SET mail_tried_at = now() - interval '6 minutes' WHERE name = 'back'`);
  slave.built?.mailRenamed.now();
  await expect.poll(unmailed).toEqual([]);
  expect(notification.mailed.slice(2)).toEqual(['Lyon: queue "back": back (Lyon)']);
});
