import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort } from '@inkpost/testkit/free-port.js';
import { checkPorts } from './check-ports.js';

it('names every variable whose port somebody answers at, and no other', async () => {
  const free = await freePort();
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const others = { INKPOST_LMTP_LISTEN: `127.0.0.1:${free}`, INKPOST_WSC_LISTEN: '127.0.0.1:0', INKPOST_GATEWAY_LISTEN: 'nonsense', INKPOST_REDIS_URL: `redis://127.0.0.1:${port}` };
    await expect(checkPorts({ ...others, INKPOST_SMTP_LISTEN: `127.0.0.1:${port}`, INKPOST_HTTP_LISTEN: `0.0.0.0:${port}`, INKPOST_DSP_LISTEN: `${port}` }))
      .rejects.toThrow(`others:\n  INKPOST_SMTP_LISTEN  127.0.0.1:${port}\n  INKPOST_HTTP_LISTEN  0.0.0.0:${port}\n  INKPOST_DSP_LISTEN  ${port}`);
    await expect(checkPorts(others)).resolves.toBeUndefined();
  } finally {
    server.close();
  }
});
