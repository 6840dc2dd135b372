import { createPrivateKey, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CertificateAuthority, issueMemberCertificate, issueServerCertificate, makeAuthority, openAuthority, requestMembership } from './certificate-authority.js';
import { openDoorKey, sealDoorKey } from './door-key.js';
import { dspNameOf, serverIdOf } from './dsp-name.js';
import { outranks, signSuccession, verifySuccession } from './succession.js';

const ID = '6f1f2a3c-0d6e-4d7a-9c7b-1f2e3d4c5b6a';
const lifetime = { now: new Date('2026-11-22T12:00:00Z'), days: 90 };

let made: { certificatePem: string; keyPem: string };
let authority: CertificateAuthority;
beforeAll(async () => {
  made = await makeAuthority('Inkpost domain test', lifetime);
  authority = await openAuthority(made);
});

describe('a certificate of a member', () => {
  it('is for the name of its server alone, by the key of its request, for both directions', async () => {
    const { request, keyPem } = await requestMembership('who is said elsewhere');
    const issued = await issueMemberCertificate(authority, ID, request, lifetime);
    const certificate = new X509Certificate(issued?.certificatePem ?? '');
    expect(certificate.checkIssued(new X509Certificate(made.certificatePem)) && certificate.verify(new X509Certificate(made.certificatePem).publicKey)).toBe(true);
    expect(certificate.subjectAltName).toBe(`DNS:${dspNameOf(ID)}`);
    expect(certificate.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(certificate.serialNumber.toLowerCase()).toBe(issued?.serial);
    expect(certificate.ca).toBe(false);
    expect(issued?.endsAt).toEqual(new Date('2027-02-20T12:00:00Z'));
  });

  it('is made of no request that is none, that was changed, or that is not signed by its own key', async () => {
    const { request } = await requestMembership(ID);
    const changed = Uint8Array.from(request, (byte, index) => (index === request.length - 1 ? byte ^ 1 : byte));
    for (const bad of [new Uint8Array(), new Uint8Array(40), changed, request.subarray(2)]) expect(await issueMemberCertificate(authority, ID, bad, lifetime)).toBeUndefined();
  });
});

describe('a certificate of a server', () => {
  it('is for its names and addresses, and for no client', async () => {
    const { certificatePem } = await issueServerCertificate(authority, 'printserver1', ['printserver1', '192.0.2.1'], lifetime);
    const certificate = new X509Certificate(certificatePem);
    expect([certificate.checkHost('printserver1'), certificate.checkIP('192.0.2.1'), certificate.checkHost('printserver2')]).toEqual(['printserver1', '192.0.2.1', undefined]);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });
});

describe('the name by which a server is called', () => {
  it('stands for one server', () => {
    expect(serverIdOf(dspNameOf(ID))).toBe(ID);
    for (const other of ['localhost', 'dsp.inkpost.internal', `x${dspNameOf(ID)}`, `${dspNameOf(ID)}.example.org`, dspNameOf('..')]) expect(serverIdOf(other)).toBeUndefined();
  });
});

describe('who is master since when', () => {
  const said = { domainId: ID, epoch: 4, masterId: ID, masterUri: 'https://printserver1:5753/watchdoc/server' };

  it('is believed where the authority signed it, for the domain that it is about', async () => {
    const statement = await signSuccession(said, made.keyPem);
    expect(await verifySuccession(statement, made.certificatePem, ID)).toEqual(said);
    expect(await verifySuccession(statement, made.certificatePem, 'another')).toBeUndefined();
    const other = await makeAuthority('Another', lifetime);
    expect(await verifySuccession(statement, other.certificatePem, ID)).toBeUndefined();
    expect(await verifySuccession(await signSuccession(said, other.keyPem), made.certificatePem, ID)).toBeUndefined();
    for (const bad of ['', 'a.b.c', statement.slice(1), `${statement}A`]) expect(await verifySuccession(bad, made.certificatePem, ID)).toBeUndefined();
  });

  it('is the newer one, and of two in one epoch the same for all', () => {
    const [one, other] = [{ epoch: 4, masterId: 'a' }, { epoch: 4, masterId: 'b' }];
    expect([outranks(other, one), outranks(one, other), outranks(one, one)]).toEqual([true, false, false]);
    expect([outranks({ ...one, epoch: 5 }, other), outranks(other, { ...one, epoch: 5 })]).toEqual([true, false]);
  });
});

describe('the key of the door', () => {
  it('opens for the same name and by the same control key alone', () => {
    const [key, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const sealed = sealDoorKey(key, 'one', 'PEM');
    expect(openDoorKey(key, 'one', sealed)).toBe('PEM');
    expect(() => openDoorKey(key, 'two', sealed)).toThrow();
    expect(() => openDoorKey(other, 'one', sealed)).toThrow();
  });
});
