import { X509Certificate } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { createLog } from '@inkpost/telemetry/log.js';
import { makeCertificate } from '@inkpost/testkit/make-certificate.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Certificate } from './certificate.js';
import { ServerCertificate } from './server-certificate.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder('server-certificate');
});

afterAll(() => folder.remove());

/** The certificate that a client is shown who trusts these bytes alone. */
async function shown(port: number, root: Uint8Array): Promise<string> {
  const ca = `-----BEGIN CERTIFICATE-----\n${Buffer.from(root).toString('base64')}\n-----END CERTIFICATE-----\n`;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
      socket.end();
    }).on('error', reject);
  });
}

const fingerprint = ({ certificatePem }: Certificate): string => new X509Certificate(certificatePem).fingerprint256;

it('a certificate that is renewed while doors are open is shown from then on, and a pinned root holds', async () => {
  const listen = { host: '127.0.0.1', port: 0 };
  const kept = new ServerCertificate({ httpListen: listen, dspListen: listen, wscListen: listen, certificateNames: ['print.example.org'], dataFolder: folder.path }, createLog('test', 'fatal'));
  const first = await kept.get('dsp');
  const root = await kept.exportAuthority();
  expect(new X509Certificate(first.certificatePem).checkHost('print.example.org')).toBe('print.example.org');
  const server = createServer({ cert: first.certificatePem, key: first.keyPem }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  expect(await shown(port, root)).toBe(fingerprint(first));
  await rm(join(folder.path, 'certificate', 'certificate.pem'));
  const renewed = await new Promise<Certificate>((resolve) => {
    kept.watch(async () => resolve(await kept.get('dsp')));
    kept.start();
  });
  await kept.close();
  server.setSecureContext({ cert: renewed.certificatePem, key: renewed.keyPem });
  expect(fingerprint(renewed)).not.toBe(fingerprint(first));
  expect([await shown(port, root), Buffer.from(await kept.exportAuthority()).equals(Buffer.from(root))]).toEqual([fingerprint(renewed), true]);
  server.close();
});

it('an installed certificate that no server could use, or whose file is damaged, does not keep the doors shut: our own is shown', async () => {
  const listen = { host: '127.0.0.1', port: 0 };
  const config = { httpListen: listen, dspListen: listen, wscListen: listen, certificateNames: [], dataFolder: folder.path };
  const { certificate, key } = await makeCertificate({ commonName: 'weak', names: ['DNS:weak'], keyKind: 'weak-rsa' });
  const own = await new ServerCertificate(config, createLog('test', 'fatal')).get('http');
  const installed = { certificatePem: certificate, keyPem: key, doors: ['http'], installedAt: '', installedBy: '' };
  for (const text of [JSON.stringify(installed), '{"doors":']) {
    await writeFile(join(folder.path, 'certificate', 'installed.json'), text);
    expect(await new ServerCertificate(config, createLog('test', 'fatal')).get('http')).toEqual(own);
  }
  await rm(join(folder.path, 'certificate', 'installed.json'));
});
