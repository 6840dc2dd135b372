import { once } from 'node:events';
import { createServer as createSecureServer, request } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { makeCertificate } from '@inkpost/testkit/make-certificate.js';
import { ConnectingAgent } from './connecting-agent.js';

const CONNECT_MS = 200;

it('a connection that does not come about is given up; one that did may be silent for as long as it likes', async () => {
  const { certificate, key } = await makeCertificate({ commonName: 'localhost', names: ['IP:127.0.0.1'] });
  const silent = createServer().listen(0, '127.0.0.1');
  const slow = createSecureServer({ cert: certificate, key }, (_request, response) => void setTimeout(() => response.end(), 3 * CONNECT_MS)).listen(0, '127.0.0.1');
  await Promise.all([once(silent, 'listening'), once(slow, 'listening')]);
  const agent = new ConnectingAgent({ keepAlive: true, rejectUnauthorized: false }, CONNECT_MS);
  const ask = async (port: number): Promise<number | undefined> => {
    const call = request({ agent, host: '127.0.0.1', port }).end();
    const [response] = (await once(call, 'response')) as [{ statusCode?: number; resume(): void }];
    response.resume();
    return response.statusCode;
  };
  await expect(ask((silent.address() as AddressInfo).port)).rejects.toThrow('no connection within 0.2 s');
  expect(await ask((slow.address() as AddressInfo).port)).toBe(200);
  agent.destroy();
  silent.close();
  slow.close();
});
