import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FlowClient } from '@inkpost/flow/flow-client.js';
import { FlowSender } from '@inkpost/flow/flow-sender.js';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { makeAuthority } from '@inkpost/trust/certificate-authority.js';
import { signSuccession } from '@inkpost/trust/succession.js';
import { createDomain } from '../create-domain/create-domain.js';
import { ServerStore } from '../identify-server/server.store.js';
import { DomainStore } from './domain.store.js';
import { MembershipStore } from './membership.store.js';
import { OwnServer } from './own-server.js';
import { Succeed } from './succeed.js';

const log = createLog('test', 'fatal');
const OTHERS = ['00000000-0000-4000-8000-000000000001', 'ffffffff-ffff-4fff-bfff-ffffffffffff'] as const;

let database: InkpostDatabase;
let domains: DomainStore;
let succeed: Succeed;
/** Nothing is published here. */
const sender = new FlowSender('redis://127.0.0.1:1', log);
beforeAll(async () => {
  database = await createInkpostDatabase();
  const [pool, masterKey] = [database.pool('domain-sync'), parseMasterKey(randomBytes(32).toString('hex'))];
  domains = new DomainStore(pool, masterKey);
  succeed = new Succeed(pool, domains, log);
  const own = new OwnServer({ servers: new ServerStore(pool), measureMachine: async () => ({ load: 0, diskFreeBytes: 1n, diskSizeBytes: 2n }), version: '1.0.0', startedAt: new Date(), now: () => new Date() });
  const memberships = new MembershipStore(pool, new FlowClient(pool, sender), masterKey);
  await createDomain({ name: '', description: '', identifier: 'printserver1' }, { domains, memberships, own, log });
});
afterAll(async () => {
  await sender.stop();
  await database.drop();
});

it('who is master is followed to newer epochs alone, in one epoch to the same server in whatever order it is heard, and from the domain\'s authority alone', async () => {
  const [first, key] = [await domains.current(), await domains.authorityKey()];
  if (!first || key === undefined) throw new Error('The domain was not created.');
  const uri = 'https://printserver2:5753/watchdoc/server';
  const sign = (epoch: number, masterId: string, keyPem = key, domainId = first.domainId) => signSuccession({ domainId, epoch, masterId, masterUri: uri }, keyPem);
  const hear = async (statement: string) => {
    const isNew = await succeed.hear(statement);
    const { role, epoch, masterId } = (await domains.current()) ?? first;
    return `${isNew} ${role} ${epoch} ${masterId}`;
  };
  const foreign = await makeAuthority('Another', { now: new Date(), days: 1 });
  const [low, high] = OTHERS;
  const unmoved = `false master 1 ${first.masterId}`;
  expect(await hear('')).toBe(unmoved);
  expect(await hear(await sign(9, low, foreign.keyPem))).toBe(unmoved);
  expect(await hear(await sign(9, low, key, randomUUID()))).toBe(unmoved);
  expect(await hear(await sign(2, low))).toBe(`true slave 2 ${low}`);
  expect(await hear(await sign(2, high))).toBe(`true slave 2 ${high}`);
  expect(await hear(await sign(2, low))).toBe(`false slave 2 ${high}`);
  expect(await hear(await sign(1, high))).toBe(`false slave 2 ${high}`);
  expect(await hear(await sign(3, first.masterId))).toBe(`true master 3 ${first.masterId}`);
  const own = await domains.member(first.masterId);
  expect(own).toMatchObject({ role: 'master', uri });
});
