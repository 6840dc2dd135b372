import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type AgentOptions, createServer, request as onward } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { type DescService, fromBinary } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMaster, createSlave } from '@inkpost/admission/form-domain.js';
import { ProvenServer } from '@inkpost/admission/proven-server.js';
import { reachServer } from '@inkpost/admission/reach-server.js';
import { DomainService } from '@inkpost/contracts/admin/v1/domain_pb.js';
import { ActRequestSchema, AdmissionService, MembershipService } from '@inkpost/contracts/domain/v1/admission_pb.js';
import { DomainStore } from '@inkpost/domain-sync/domain/domain.store.js';
import { singleify } from '@inkpost/domain-sync/domain/singleify.js';
import { domainSync } from '@inkpost/domain-sync/domain-sync.module.js';
import { gateway } from '@inkpost/gateway/gateway.module.js';
import { guestAccount } from '@inkpost/guest-account/guest-account.module.js';
import { notification } from '@inkpost/notification/notification.module.js';
import { printSubmit } from '@inkpost/print-submit/print-submit.module.js';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { sealSecret } from '@inkpost/secrets/seal.js';
import { makeCertificate } from '@inkpost/testkit/make-certificate.js';
import { issueMemberCertificate, makeAuthority, openAuthority, requestMembership } from '@inkpost/trust/certificate-authority.js';
import { dspNameOf } from '@inkpost/trust/dsp-name.js';
import { PASSWORD } from './installation.js';
import { ServiceSet } from './service-set.js';

/** Three servers, each with its own database, and their doors. */
let servers: ServiceSet[] = [];
beforeAll(async () => {
  // Who hands its place over asks all owners of what it shares.
  servers = await Promise.all(Array.from({ length: 3 }, (_, index) => ServiceSet.start(index === 0 ? [guestAccount, printSubmit, notification, domainSync, gateway] : [guestAccount, domainSync, gateway])));
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const server = (index: number): ServiceSet => servers[index] ?? servers[0] ?? (undefined as never);
const uriOf = (index: number) => `https://127.0.0.1:${server(index).ports.dsp}/watchdoc/server`;
const tell = (): void => undefined;

interface Listed {
  readonly role: string;
  readonly serverId: string;
  readonly problem: string | null;
  readonly domain: { readonly domainId: string; readonly name: string; readonly epoch: number; readonly masterId: string; readonly servers: { readonly serverId: string; readonly role: string; readonly mayBePromoted: boolean }[] } | null;
}

async function domainOf(index: number): Promise<Listed> {
  const { body } = await server(index).rest.call('GET', '/api/v0/domain');
  return body as Readonly<Record<string, unknown>> & Listed;
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
    // Where a machine tells its secrets nobody is made to knock, and nothing is connected to.
    expect(await call(0, 'POST', '/api/v0/domain/servers', { address: '169.254.169.254', password: PASSWORD })).toMatchObject({ status: 409, detail: expect.stringContaining('INKPOST_LINK_LOCAL_SERVERS') as unknown });
    reached.close();
  });

  it('join from their own interface, by a ticket that holds once and for one server', async () => {
    const joinBy = (ownAddress: string) => call(2, 'POST', '/api/v0/domain/join', { master: '127.0.0.1', port: server(0).ports.dsp, password: PASSWORD, ownAddress });
    expect(await joinBy(uriOf(1))).toMatchObject({ status: 409, detail: expect.stringContaining('another server of the domain: give the one by which this server is reached') as unknown });
    const answer = await joinBy(uriOf(2));
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
    // Its key for secrets must be one, written as keys are: what is read more generously is not what others read.
    const { request } = await requestMembership(comer.serverId);
    const key = Buffer.alloc(32, 0xfb);
    for (const sealingPublicKey of [Buffer.alloc(31, 1).toString('base64'), Buffer.alloc(33, 1).toString('base64'), key.toString('base64url'), `${key.toString('base64')}${'!'.repeat(1_000)}`]) {
      const again = await new ProvenServer(reached, PASSWORD).ticket({ command: { case: 'giveTicket', value: comer } });
      await expect(dspClient(AdmissionService, 0, {}).admit({ ...comer, ticket: again.ticket, name: 'x', uri: uriOf(2), certificateRequest: request, sealingPublicKey })).rejects.toThrow('The sealing key is none.');
    }
    reached.close();
    slave.close();
  });

  it('notice who sits in between and hands the proof on: the certificate that they show is not the one that the other side sees', async () => {
    const own = await makeCertificate({ commonName: 'localhost', names: ['IP:127.0.0.1'] });
    const agent = new Agent({ rejectUnauthorized: false });
    const handedOn: string[] = [];
    const bodies: Promise<Buffer>[] = [];
    const relay = createServer({ cert: own.certificate, key: own.key }, (request, response) => {
      handedOn.push(request.url ?? '');
      bodies.push(buffer(request));
      const { host: _host, ...headers } = request.headers;
      request.pipe(onward(`https://127.0.0.1:${server(0).ports.dsp}${request.url}`, { method: request.method, headers, agent }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }));
    }).listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const between = await reachServer(`https://127.0.0.1:${(relay.address() as AddressInfo).port}/watchdoc/server`);
    expect(await codeOf(new ProvenServer(between, PASSWORD).domain({ command: { case: 'readDomain', value: {} } }))).toBe('admission.foreign-certificate');
    expect(handedOn).toEqual(['/watchdoc/server', '/dsp/v1/domain.v1.AdmissionService/StartProof', '/dsp/v1/domain.v1.AdmissionService/Act']);
    // Said once more to the other side itself, it is over: each proof holds once.
    const replayed = fromBinary(ActRequestSchema, (await bodies.at(-1)) ?? new Uint8Array());
    expect(replayed.proofId).not.toBe('');
    await expect(dspClient(AdmissionService, 0, {}).act(replayed)).rejects.toThrow('This proof was used already');
    between.close();
    agent.destroy();
    relay.close();
    relay.closeAllConnections();
  });

  it('are added from the master, keep telling how they do, and are known by what it says of them', async () => {
    expect(await call(0, 'POST', '/api/v0/domain/servers', { address: '127.0.0.1', port: server(2).ports.dsp, password: PASSWORD })).toMatchObject({ status: 201, answer: { role: 'master' } });
    const { serverId } = await domainOf(2);
    await expect.poll(async () => (await domainOf(0)).domain?.servers.find((one) => one.serverId === serverId)).toMatchObject({ version: '0.0.0-test', ipAddress: '127.0.0.1', startedAt: expect.any(String) as unknown });
    const wanted = { tags: ['Paris'], dnsAlias: 'print.example.org', uri: uriOf(2), mayBePromoted: true };
    expect((await call(0, 'PUT', `/api/v0/domain/servers/${serverId}`, wanted)).status).toBe(200);
    expect((await call(0, 'PUT', `/api/v0/domain/servers/${serverId}`, { ...wanted, uri: uriOf(1) })).status).toBe(409);
    expect(await call(1, 'PUT', `/api/v0/domain/servers/${serverId}`, wanted)).toMatchObject({ status: 409, detail: expect.stringContaining(uriOf(0)) as unknown });
    expect((await domainOf(0)).domain?.servers).toHaveLength(3);
  });
});

/** A client of another server's door, with these certificates and by this name. */
function dspClient<S extends DescService>(service: S, index: number, more: AgentOptions) {
  const agent = new Agent({ rejectUnauthorized: false, ...more });
  return createClient(service, createConnectTransport({ httpVersion: '1.1', baseUrl: `https://127.0.0.1:${server(index).ports.dsp}/dsp/v1`, nodeOptions: { agent } }));
}

const storeOf = (index: number) => new DomainStore(server(index).poolOf('domain-sync'), parseMasterKey(server(index).masterKey));

/** What a server of the domain has to prove itself with. */
async function identityOf(index: number) {
  const identity = await storeOf(index).identity();
  if (!identity) throw new Error('It is in no domain.');
  return { cert: identity.certificatePem, key: identity.keyPem, ca: identity.authorityCertificatePem, serverId: identity.serverId };
}

const connectCodeOf = (attempt: Promise<unknown>) => attempt.then(() => 'no refusal', (error: unknown) => Code[ConnectError.from(error).code]);

describe('the door between servers', () => {
  it('shows members the certificate of the domain by their name, and everybody else its own', async () => {
    const { ca, serverId } = await identityOf(0);
    const shown = async (servername: string) => {
      const socket = connect({ port: server(0).ports.dsp, host: '127.0.0.1', servername, rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      return certificate?.checkIssued(new X509Certificate(ca)) ?? false;
    };
    expect(await shown(dspNameOf(serverId))).toBe(true);
    expect(await shown('localhost')).toBe(false);
    await expect(shown(dspNameOf('00000000-0000-4000-8000-000000000000'))).rejects.toThrow();
  });

  it('lets in servers of the domain by their certificates alone: no stranger, no other authority, nobody by the door\'s own name', async () => {
    const [{ ca, cert, key }, { serverId }] = [await identityOf(1), await identityOf(0)];
    const servername = dspNameOf(serverId);
    const report = (more: AgentOptions) => connectCodeOf(dspClient(MembershipService, 0, more).report({}));
    expect(await report({ servername, ca, cert, key, rejectUnauthorized: true })).toBe('no refusal');
    expect(await report({ cert, key })).toBe('Unauthenticated');
    // Refused before it is asked for anything: the connection ends.
    expect(await report({ servername })).toMatch(/Unavailable|Aborted/);
    const authority = await makeAuthority('Another', { now: new Date(), days: 1 });
    const { request, keyPem } = await requestMembership('x');
    const issued = await issueMemberCertificate(await openAuthority(authority), (await identityOf(1)).serverId, request, { now: new Date(), days: 1 });
    expect(await report({ servername, cert: issued?.certificatePem ?? '', key: keyPem })).toMatch(/Unavailable|Aborted/);
  });

  it('hands on what is between servers alone, of a size that is bearable', async () => {
    const [{ ca, cert, key, serverId: memberId }, { serverId }] = [await identityOf(1), await identityOf(0)];
    const proven = { ca, cert, key, servername: dspNameOf(serverId) };
    expect(await connectCodeOf(dspClient(DomainService, 0, proven).getDomain({}))).toBe('Unimplemented');
    expect(await connectCodeOf(dspClient(MembershipService, 0, proven).renewCertificate({ certificateRequest: new Uint8Array(9 * 1024 * 1024) }))).toBe('ResourceExhausted');
    // What a member says of itself is shown to others: it may be anything. Its own part is silent meanwhile.
    await server(1).halt('domain-sync');
    const figures = { name: 'Site\u0000\u202e', version: '1\u0000', load: Number.NaN, diskFreeBytes: 2n ** 64n - 1n, uptimeSeconds: 2n ** 64n - 1n };
    expect(await connectCodeOf(dspClient(MembershipService, 0, proven).report({ figures, startedAt: { seconds: 253_402_300_799n }, hasAuthorityKey: true }))).toBe('no refusal');
    expect((await domainOf(0)).domain?.servers.find((one) => one.serverId === memberId)).toMatchObject({ name: 'Site', version: '1', load: 0, diskFreeBytes: Number.MAX_SAFE_INTEGER });
    await server(1).restart('domain-sync');
    expect(await connectCodeOf(dspClient(AdmissionService, 0, {}).startProof({ opaqueRequest: 'x'.repeat(3_000) }))).toBe('InvalidArgument');
    expect(await connectCodeOf(dspClient(AdmissionService, 0, {}).act({ proofId: 'none', opaqueFinish: '', sealedCommand: new Uint8Array() }))).toBe('Unauthenticated');
  });

  it('renews certificates of members, of which the former one holds until the new one is used', async () => {
    const [before, { serverId }] = [await identityOf(1), await identityOf(0)];
    const servername = dspNameOf(serverId);
    const { request, keyPem } = await requestMembership('whoever');
    const renew = () => dspClient(MembershipService, 0, { ...before, servername }).renewCertificate({ certificateRequest: request });
    // The first answer is lost on its way.
    await renew();
    const { certificate } = await renew();
    const report = (pair: AgentOptions) => connectCodeOf(dspClient(MembershipService, 0, { ...pair, ca: before.ca, servername }).report({ figures: { name: 'One', version: '0.0.0-test' }, hasAuthorityKey: true }));
    expect(await report({ cert: before.cert, key: before.key })).toBe('no refusal');
    await expect.poll(() => report({ cert: certificate, key: keyPem })).toBe('no refusal');
    expect(await report({ cert: before.cert, key: before.key })).toMatch(/Unauthenticated|PermissionDenied/);
  });

  it('is kept by servers whose certificate is about to end: they have it renewed', async () => {
    const { domainId = '' } = (await domainOf(1)).domain ?? {};
    const [authorityKey, { ca }, { serverId }] = [await storeOf(0).authorityKey(), await identityOf(1), await domainOf(1)];
    const { request, keyPem } = await requestMembership(serverId);
    const issued = await issueMemberCertificate(await openAuthority({ certificatePem: ca, keyPem: authorityKey ?? '' }), serverId, request, { now: new Date(), days: 10 });
    await server(0).superuser.query("UPDATE domain_sync.member SET certificate_serial = $1, former_serial = '' WHERE server_id = $2", [issued?.serial, serverId]);
    await server(1).superuser.query('UPDATE domain_sync.domain SET certificate = $1, sealed_key = $2', [issued?.certificatePem, sealSecret(parseMasterKey(server(1).masterKey), `domain member key ${domainId}`, keyPem)]);
    await server(1).restart('domain-sync');
    const daysLeft = async () => (Date.parse(new X509Certificate((await identityOf(1)).cert).validTo) - Date.now()) / 86_400_000;
    await expect.poll(daysLeft, { timeout: 15_000 }).toBeGreaterThan(80);
    await expect.poll(async () => (await domainOf(1)).domain?.servers.length, { timeout: 15_000 }).toBe(3);
  });
});

describe('the master\'s place', () => {
  const promote = async (on: number, index: number) => call(on, 'POST', `/api/v0/domain/servers/${(await domainOf(index)).serverId}/promotion`);
  const place = async (index: number) => {
    const { role, domain } = await domainOf(index);
    return `${role} ${domain?.epoch}`;
  };
  const keyed = async (index: number) => (await server(index).superuser.query('SELECT FROM domain_sync.domain WHERE sealed_authority_key IS NOT NULL')).rowCount;

  it('is handed over, and all follow the new one, with the members as it knows them', async () => {
    const kept = async (index: number) => (await server(index).superuser.query<{ keep_as: string }>('SELECT keep_as FROM domain_sync.keep_objects')).rows[0]?.keep_as;
    const revision = async (index: number) => (await server(index).superuser.query<{ revision: string }>('SELECT revision FROM domain_sync.domain')).rows[0]?.revision;
    // As if this one had heard of more before the change than the new master ever will.
    await server(2).superuser.query('UPDATE domain_sync.domain SET revision = revision + 1000');
    expect(await promote(0, 1)).toMatchObject({ status: 200, answer: { role: 'slave' } });
    expect([await place(0), await place(1)]).toEqual(['slave 2', 'master 2']);
    // Its owners are told as soon as they run.
    expect(await kept(1)).toBe('shared');
    await expect.poll(() => place(2), { timeout: 15_000 }).toBe('slave 2');
    await expect.poll(async () => (await revision(2)) === (await revision(1)), { timeout: 15_000 }).toBe(true);
    expect((await promote(0, 2)).status).toBe(409);
  });

  it('is taken by a slave only where the master is lost; one that comes back is fenced, and becomes a slave', async () => {
    await server(2).restart('domain-sync');
    await expect.poll(() => keyed(2), { timeout: 15_000 }).toBe(1);
    expect(await promote(2, 2)).toMatchObject({ status: 409, detail: expect.stringContaining('answers') as unknown });
    await server(1).halt('gateway');
    expect(await promote(2, 2)).toMatchObject({ status: 200, answer: { role: 'master' } });
    await expect.poll(() => place(0), { timeout: 15_000 }).toBe('slave 3');
    await server(1).restart('gateway');
    await server(1).restart('domain-sync');
    await expect.poll(() => place(1), { timeout: 15_000 }).toBe('slave 3');
  });

  it('is no place to leave while others are there; who is removed or leaves stands for itself, and its certificate is none', async () => {
    expect((await call(2, 'POST', '/api/v0/domain/leave', {})).status).toBe(409);
    const [gone, { serverId }] = [await identityOf(0), await identityOf(2)];
    expect(await call(2, 'DELETE', `/api/v0/domain/servers/${gone.serverId}`)).toMatchObject({ status: 200, answer: { problem: null } });
    expect((await domainOf(0)).role).toBe('single');
    expect(await connectCodeOf(dspClient(MembershipService, 2, { ...gone, servername: dspNameOf(serverId) }).report({}))).toMatch(/Unauthenticated|PermissionDenied/);
    await server(2).halt('gateway');
    await server(1).restart('domain-sync');
    await expect.poll(async () => (await domainOf(1)).problem, { timeout: 15_000 }).toContain('does not answer');
    expect(await call(1, 'POST', '/api/v0/domain/leave', {})).toMatchObject({ status: 409, detail: expect.stringContaining('does not hear') as unknown });
    expect((await call(1, 'POST', '/api/v0/domain/leave', { withoutMaster: true })).status).toBe(204);
    expect((await domainOf(1)).role).toBe('single');
    await server(2).restart('gateway');
    expect((await domainOf(2)).domain?.servers.map(({ role }) => role)).toEqual(['Master (Primary)', 'Slave']);
    expect(await singleify(server(2).poolOf('domain-sync'))).toEqual({ role: 'master', domainName: 'WATCHDOCDOM' });
    expect(await singleify(server(2).poolOf('domain-sync'))).toEqual({ role: 'single', domainName: '' });
    expect((await domainOf(2)).role).toBe('single');
  });
});
