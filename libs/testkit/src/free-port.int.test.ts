import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { freePort } from './free-port.js';

const isReserved = (port: number) => new Promise<boolean>((resolve) => {
  const socket = connect(`\0inkpost-port-${port}`, () => resolve(true));
  socket.once('error', () => resolve(false));
  socket.once('connect', () => socket.destroy());
});

it('a free port is given to nobody else while who asked for it lives', async () => {
  const port = await freePort();
  expect(await isReserved(port)).toBe(true);
  // Nobody else can have it, in whichever process.
  const script = `import { createServer } from 'node:net'; createServer().on('error', ({ code }) => console.log(code)).listen('\\0inkpost-port-${port}')`;
  expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })).toBe('EADDRINUSE\n');
});
