import { join } from 'node:path';
import { startSuite } from '@inkpost/suite/start-suite.js';
import { suiteEnvironment } from '@inkpost/suite/suite-environment.js';
import { freePorts } from '@inkpost/testkit/free-port.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { expect, it } from 'vitest';

it('tells at once of a service that can\'t start, with its last words, also where services that end are started again', async () => {
  const folder = await temporaryFolder('no-secrets');
  const [port = 0] = await freePorts(1);
  const environment = { PATH: process.env['PATH'], ...suiteEnvironment({ databaseUrl: `postgres://127.0.0.1:${port}/inkpost`, redisUrl: `redis://127.0.0.1:${port}/0`, folder: folder.path }) };
  const again: string[] = [];
  const suite = await startSuite({ topology: 'all', environment, logFile: join(folder.path, 'inkpost.log'), onStartedAgain: ({ name }) => again.push(name) });
  try {
    await expect(suite.waitUntilReady()).rejects.toThrow(/^inkpost ended by itself \(exit code 1\)\.\ninkpost: The secret .* can't be read/);
    expect(again).toEqual([]);
  } finally {
    await suite.stop();
    await folder.remove();
  }
}, 60_000);
