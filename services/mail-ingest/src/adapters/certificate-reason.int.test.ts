import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { makeTestCertificate, type TestCertificate } from '@inkpost/testkit/test-certificate.js';
import { beforeAll, expect, it } from 'vitest';
import { SERVER_TIMES, type ServerTimes } from '../limits.js';
import type { SourceAccess } from '../ports/mail-source.port.js';
import { connectImap } from './imap/imap-client.js';
import { pop3Source } from './pop3/pop3-source.adapter.js';

const OTHER_HOST = '127.0.0.2';

let certificate: TestCertificate;
let server: Server;

beforeAll(async () => {
  certificate = await makeTestCertificate();
  server = createServer({ cert: certificate.certificate, key: certificate.key }, (socket) => socket.on('error', () => undefined)).listen(0, OTHER_HOST);
  server.on('tlsClientError', () => undefined);
  await once(server, 'listening');
  return () => server.close();
});

it.each([['imap', connectImap], ['pop3', (own: SourceAccess, times: ServerTimes, signal: AbortSignal) => pop3Source(times)(own, signal)]] as const)('a certificate of another host is named with both hosts: %s', async (protocol, connect) => {
  const access = (certificateAuthority: string): SourceAccess => ({
    mailboxId: 'id', protocol, host: OTHER_HOST, port: (server.address() as AddressInfo).port, tls: 'implicit', user: 'print', folder: 'INBOX', certificateAuthority,
    signIn: { kind: 'password', password: 'secret' }, afterProcessing: 'keep', processedFolder: '',
  });
  const failureOf = (own: SourceAccess) => Promise.resolve(connect(own, SERVER_TIMES, new AbortController().signal)).then(() => undefined, (error: unknown) => error);
  expect(await failureOf(access(certificate.ca))).toMatchObject({
    code: 'mailbox.certificate-untrusted',
    message: expect.stringMatching(/^The certificate of the mail server 127\.0\.0\.2:\d+ is not trusted: it is for localhost, 127\.0\.0\.1, not for 127\.0\.0\.2: set the server to the name that it is for, or is this another server\?$/),
  });
  expect(await failureOf(access(''))).toMatchObject({ code: 'mailbox.certificate-untrusted', message: expect.stringMatching(/is not trusted: \w.*\.$/) });
});
