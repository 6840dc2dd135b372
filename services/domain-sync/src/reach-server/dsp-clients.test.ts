import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { MembershipService } from '@inkpost/contracts/domain/v1/admission_pb.js';
import { makeCertificate } from '@inkpost/testkit/make-certificate.js';
import type { Succeed } from '../domain/succeed.js';
import { DspClients } from './dsp-clients.js';

const SERVER_ID = '6f1f2a3c-0d6e-4d7a-9c7b-1f2e3d4c5b6a';

it('says of a door that breaks off at the name of another server that it may be another one\'s, and where to look', async () => {
  const { certificate, key } = await makeCertificate({ commonName: 'localhost', names: ['IP:127.0.0.1'] });
  // As the gateway does for a name that is not its server's: it ends the connection within the handshake.
  const door = createServer((socket) => void socket.once('data', () => socket.end()).on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(door, 'listening');
  const uri = `https://127.0.0.1:${(door.address() as AddressInfo).port}`;
  const identity = async () => ({ serverId: SERVER_ID, certificatePem: certificate, keyPem: key, authorityCertificatePem: certificate });
  const succeed: Pick<Succeed, 'statement' | 'hear'> = { statement: async () => '', hear: async () => false };
  const clients = new DspClients({ identity }, succeed as Succeed, () => ({}));
  await expect(clients.clientFor(MembershipService, { serverId: SERVER_ID, uri: `${uri}/watchdoc/server` }).report({})).rejects.toThrow(`either another one is there, or it is in this domain no longer. Look at ${uri}/watchdoc/server.`);
  clients.forget();
  door.close();
});
