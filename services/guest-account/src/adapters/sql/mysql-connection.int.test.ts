import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { TLSSocket } from 'node:tls';
import { expect, it } from 'vitest';
import { makeCertificate } from '@inkpost/testkit/make-certificate.js';
import { openMysql } from './mysql-connection.js';

/** Protocol::HandshakeV10, with TLS among the flags. */
const GREETING = Buffer.concat([
  Buffer.from([10]), Buffer.from('8.0.36\0'), Buffer.from([1, 0, 0, 0]), Buffer.alloc(8, 'a'), Buffer.from([0, 0xff, 0xff, 45, 2, 0, 0xff, 0xdf, 21]), Buffer.alloc(10), Buffer.alloc(12, 'b'), Buffer.from('\0caching_sha2_password\0'),
]);

it.each([['localhost', true], ['other.example', false]])('sends the password to a server whose certificate is for its own name alone: %s', async (name, isOwn) => {
  const authority = await makeCertificate({ commonName: 'Inkpost test authority' });
  const { certificate, key } = await makeCertificate({ commonName: name, names: [`DNS:${name}`], authority });
  const received: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write(Buffer.concat([Buffer.from([GREETING.length, 0, 0, 0]), GREETING]));
    socket.once('readable', () => {
      // The request for TLS, and not what follows it at once.
      socket.read(36);
      const secured = new TLSSocket(socket, { isServer: true, cert: certificate, key });
      secured.on('error', () => undefined);
      secured.on('data', (bytes: Buffer) => {
        received.push(bytes);
        secured.destroy();
      });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const place = { host: 'localhost', port: (server.address() as AddressInfo).port, tls: 'required', certificateAuthority: authority.certificate, database: 'badges', user: 'reader', timeoutMs: 2_000 } as const;
  const said = await openMysql({ linkLocalAllowed: false })(place, 'secret').then(() => 'it is open', (error: unknown) => String(error));
  server.close();
  expect([said, Buffer.concat(received).includes('reader')]).toEqual([isOwn ? expect.any(String) : expect.stringMatching(/does not match certificate's altnames/), isOwn]);
});
