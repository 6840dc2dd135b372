import { randomUUID } from 'node:crypto';
import { createLog } from '@inkpost/telemetry/log.js';
import { beforeAll, expect, it } from 'vitest';
import type { OwnedObject } from '../owner-stand-in.harness.js';
import { Replica } from '../replicas.harness.js';
import { LogStore } from './log.store.js';
import { TrimLog } from './trim-log.js';

const network: Replica[] = [];

function both(): readonly [Replica, Replica] {
  const [master, slave] = network;
  if (!master || !slave) throw new Error('unreachable');
  return [master, slave];
}

beforeAll(async () => {
  for (const name of ['Master', 'Slave']) await Replica.make(name, network);
  const domainId = randomUUID();
  for (const replica of network) {
    await replica.enter(domainId, both()[0], 1, {});
    await replica.start();
  }
  return () => Promise.all(network.map(async (replica) => replica.remove()));
});

const queue = (objectId: string, place: string): OwnedObject => ({ kind: 'queue', objectId, name: objectId, body: { name: objectId, place } });

async function record(object: OwnedObject): Promise<void> {
  await both()[0].built?.changes.record('print-submit', object, 'change');
}

async function set(object: OwnedObject): Promise<void> {
  both()[0].printSubmit.put(object);
  await record(object);
}

/** As if an object had been changed so often, so long ago. */
async function changedOften(objectId: string, times: number, daysAgo: number): Promise<void> {
  const [master] = both();
  await master.query(`INSERT INTO config_log (position, epoch, owner, kind, object_id, name, change, version, body, digest, needs, cause, recorded_at)
    SELECT p.position + n, 1, 'print-submit', 'queue', $1, $1, 'put', 0, '{"n":' || n || '}', 'd' || n, '[]', 'change', now() - make_interval(days => $3) FROM log_position AS p, generate_series(1, $2::int) AS n`, [objectId, times, daysAgo]);
  await master.query('UPDATE log_position SET position = position + $1', [times]);
}

const kept = async () => Object.fromEntries((await both()[0].query<{ object_id: string; kept: number }>('SELECT object_id, count(*)::int AS kept FROM config_log GROUP BY object_id')).map((row) => [row.object_id, row.kept]));
const trim = (replica: Replica) => new TrimLog(new LogStore(replica.pool), createLog('test', 'fatal'), 20).trim();

it('the log keeps what its history shows and what slaves are sent: who was away meanwhile lacks nothing', async () => {
  const [master, slave] = both();
  await set(queue('often', 'first'));
  await set(queue('gone', 'first'));
  await expect.poll(() => slave.printSubmit.shared()).toEqual(master.printSubmit.shared());
  slave.cut = true;
  await changedOften('often', 150, 1);
  await changedOften('old', 30, 500);
  await changedOften('gone', 5, 500);
  await changedOften('lately', 5, 500);
  for (const objectId of ['often', 'old']) await set(queue(objectId, 'last'));
  for (const objectId of ['gone', 'lately']) {
    master.printSubmit.remove(queue(objectId, ''));
    await record(queue(objectId, ''));
  }
  await master.query(`UPDATE config_log SET recorded_at = now() - interval '450 days' WHERE object_id IN ('old', 'gone')`);
  const [content] = await master.query<{ position: number }>(`SELECT max(position) AS position FROM config_log WHERE object_id = 'lately' AND change = 'put'`);
  await trim(master);
  // 'lately' was deleted today: as it was then it can still come back.
  expect(await kept()).toEqual({ often: 101, old: 10, gone: 1, lately: 2 });
  expect(await master.built?.objects.history(queue('often', ''))).toHaveLength(100);
  expect(content && (await new LogStore(master.pool).contents([content.position]))).toMatchObject([{ body: '{"n":5}' }]);
  await trim(master);
  expect(await kept()).toEqual({ often: 101, old: 10, gone: 1, lately: 2 });
  // Started again, the master knows its log as it is now.
  await master.stop();
  slave.cut = false;
  await master.start();
  await expect.poll(() => slave.printSubmit.shared()).toEqual({ 'queue often': { name: 'often', place: 'last' }, 'queue old': { name: 'old', place: 'last' } });
  await expect.poll(() => slave.printSubmit.applied).toEqual(['put queue often', 'put queue gone', 'put queue often', 'put queue old', 'delete queue gone', 'delete queue lately']);
  // Of another numbering, since a version that nobody has any more.
  slave.printSubmit.applied.length = 0;
  await slave.query(`UPDATE log_position SET position = 5, epoch = 0`);
  await slave.query(`UPDATE applied_order SET position = 1 WHERE object_id = 'old'`);
  master.built?.wake(slave.serverId);
  await expect.poll(() => slave.printSubmit.applied).toEqual(['put queue old']);
});

it('what a slave has taken and not applied stays, whatever came after it', async () => {
  const [, slave] = both();
  await slave.query(`INSERT INTO config_log (position, epoch, owner, kind, object_id, name, change, version, body, digest, needs, cause, recorded_at)
    SELECT 1000 + n, 1, 'x', 'queue', 'waiting', '', 'deleted', 0, '', '', '[]', 'received', now() - interval '500 days' FROM generate_series(1, 3) AS n`);
  await slave.query(`INSERT INTO pending_order (kind, object_id, position, owner, change) VALUES ('queue', 'waiting', 1001, 'x', 'put')`);
  await trim(slave);
  expect(await slave.query(`SELECT position FROM config_log WHERE object_id = 'waiting' ORDER BY position`)).toEqual([{ position: 1001 }, { position: 1003 }]);
});
