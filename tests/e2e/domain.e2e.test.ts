import { connect } from 'node:tls';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProvenServer } from '@inkpost/admission/proven-server.js';
import { createMaster, createSlave } from '@inkpost/admission/form-domain.js';
import { reachServer } from '@inkpost/admission/reach-server.js';
import { AdmissionService, MembershipService } from '@inkpost/contracts/domain/v1/admission_pb.js';
import { domainSync } from '@inkpost/domain-sync/domain-sync.module.js';
import { gateway } from '@inkpost/gateway/gateway.module.js';
import { guestAccount } from '@inkpost/guest-account/guest-account.module.js';
import { PASSWORD } from './installation.js';
import { ServiceSet } from './service-set.js';

/** Three servers, each with its own database, and their doors. */
let servers: ServiceSet[] = [];
beforeAll(async () => {
  servers = await Promise.all(Array.from({ length: 3 }, () => ServiceSet.start([guestAccount, domainSync, gateway])));
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const server = (index: number): ServiceSet => servers[index] ?? servers[0] ?? (undefined as never);
const uriOf = (index: number) => `https://127.0.0.1:${server(index).ports.dsp}/watchdoc/server`;
const tell = (): void => undefined;

interface Listed {
  readonly role: string;
  readonly serverId: string;
  readonly domain: { readonly domainId: string; readonly name: string; readonly epoch: number; readonly masterId: string; readonly servers: { readonly serverId: string; readonly role: string; readonly mayBePromoted: boolean }[] } | null;
}

async function domainOf(index: number): Promise<Listed> {
  return (await server(index).rest.call('GET', '/api/v0/domain')).body as unknown as Listed;
}

async function call(index: number, method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) {
  const { status, body: answer } = await server(index).rest.call(method, path, body);
  return { status, detail: String(answer['detail'] ?? ''), answer };
}

const codeOf = (attempt: Promise<unknown>) => attempt.then(() => 'no refusal', (error: unknown) => String((error as { code?: unknown }).code));

describe('servers', () => {
  it('form a domain by the steps of wcli, which proves the password to both and tells it to none', async () => {
    const created = await createMaster({ masterUri: uriOf(0), password: PASSWORD, name: '', description: 'All sites' }, tell);
    expect(created).toMatchObject({ role: 'master', membership: { name: 'WATCHDOCDOM', description: 'All sites' } });
    expect(await codeOf(createMaster({ masterUri: uriOf(0), password: PASSWORD, name: '', description: '' }, tell))).toBe('admission.in-a-domain');
    const steps: string[] = [];
    const joined = await createSlave({ masterUri: uriOf(0), slaveUri: uriOf(1), password: PASSWORD }, ({ step, ...more }) => steps.push('uri' in more ? `${step} ${more.uri}` : step));
    expect(joined).toMatchObject({ role: 'slave', membership: { name: 'WATCHDOCDOM' } });
    expect(steps.slice(0, 3)).toEqual([`connecting ${uriOf(1)}`, `connected ${uriOf(1)}`, `connecting ${uriOf(0)}`]);
    const [master, slave] = [await domainOf(0), await domainOf(1)];
    expect(slave.domain?.servers.map(({ serverId, role }) => [serverId, role])).toEqual([[master.serverId, 'Master (Primary)'], [slave.serverId, 'Slave']]);
    expect((await reachServer(uriOf(1))).information).toMatchObject({ role: 'slave', domainName: 'WATCHDOCDOM' });
  });

  it('are not joined with another password, from another version, twice, or by a name that nobody has, each in its own words', async () => {
    const join = (more: object) => codeOf(createSlave({ masterUri: uriOf(0), slaveUri: uriOf(2), password: PASSWORD, ...more }, tell));
    expect(await join({ password: 'Another-2026' })).toBe('admission.wrong-password');
    expect(await join({ slaveUri: uriOf(1) })).toBe('admission.in-a-domain');
    expect(await join({ slaveUri: 'https://127.0.0.1:9/watchdoc/server' })).toBe('admission.unreachable');
    expect(await join({ masterUri: uriOf(1) })).toBe('admission.not-master');
    const reached = await reachServer(uriOf(0));
    const proven = new ProvenServer(reached, PASSWORD);
    const comer = { serverId: (await domainOf(2)).serverId, version: '0.0.0-test', now: { seconds: BigInt(Math.floor(Date.now() / 1_000)) } };
    const ticket = (more: object) => codeOf(proven.ticket({ command: { case: 'giveTicket', value: { ...comer, ...more } } }));
    expect(await ticket({ version: '7.0.0' })).toBe('admission.other-version');
    expect(await ticket({ now: { seconds: comer.now.seconds - 86_400n } })).toBe('admission.clock');
    expect((await call(0, 'POST', '/api/v0/domain/servers', { address: '127.0.0.1', port: server(2).ports.dsp, password: 'Another-2026' })).status).toBe(400);
    reached.close();
  });

  it('join from their own interface, by a ticket that holds once and for one server', async () => {
    const answer = await call(2, 'POST', '/api/v0/domain/join', { master: '127.0.0.1', port: server(0).ports.dsp, password: PASSWORD, ownAddress: uriOf(2) });
    expect(answer).toMatchObject({ status: 201, answer: { role: 'slave' } });
    expect((await call(2, 'POST', '/api/v0/domain/leave', {})).status).toBe(204);
    const reached = await reachServer(uriOf(0));
    const comer = { serverId: (await domainOf(2)).serverId, version: '0.0.0-test', now: { seconds: BigInt(Math.floor(Date.now() / 1_000)) } };
    const { ticket } = await new ProvenServer(reached, PASSWORD).ticket({ command: { case: 'giveTicket', value: comer } });
    const leave = { ticket, masterUris: [uriOf(0)], masterCertificateSha256: reached.certificateSha256, ownUri: uriOf(2) };
    const slave = await reachServer(uriOf(2));
    const join = (more: object) => new ProvenServer(slave, PASSWORD).domain({ command: { case: 'joinDomain', value: { ...leave, ...more } } });
    expect(await codeOf(join({ masterCertificateSha256: '00'.repeat(32) }))).toBe('admission.foreign-certificate');
    expect((await join({})).role).toBe('slave');
    await call(2, 'POST', '/api/v0/domain/leave', {});
    await expect(join({})).rejects.toThrow(/used already/);
    expect((await domainOf(2)).role).toBe('single');
    reached.close();
    slave.close();
  });

  it('are added from the master, keep telling how they do, and are known by what it says of them', async () => {
    expect(await call(0, 'POST', '/api/v0/domain/servers', { address: '127.0.0.1', port: server(2).ports.dsp, password: PASSWORD })).toMatchObject({ status: 201, answer: { role: 'master' } });
    const { serverId } = await domainOf(2);
    await expect.poll(async () => (await domainOf(0)).domain?.servers.find((one) => one.serverId === serverId)).toMatchObject({ version: '0.0.0-test', ipAddress: '127.0.0.1', startedAt: expect.any(String) as unknown });
    const wanted = { tags: ['Paris'], dnsAlias: 'print.example.org', uri: uriOf(2), mayBePromoted: true };
    expect((await call(0, 'PUT', `/api/v0/domain/servers/${serverId}`, wanted)).status).toBe(200);
    expect((await call(1, 'PUT', `/api/v0/domain/servers/${serverId}`, wanted)).status).toBe(409);
    expect((await domainOf(0)).domain?.servers).toHaveLength(3);
  });
});
