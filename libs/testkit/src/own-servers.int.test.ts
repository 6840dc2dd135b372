import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import type { EmbeddedPostgres } from '@inkpost/local/embedded-postgres.js';
import type { EmbeddedRedis } from '@inkpost/local/embedded-redis.js';
import { startPostgres } from '@inkpost/local/embedded-postgres.js';
import { startRedis } from '@inkpost/local/embedded-redis.js';
import { freePort } from './free-port.js';
import { type OwnServer, startOwnPostgres, startOwnRedis } from './own-servers.js';
import { temporaryFolder } from './temporary-folder.js';

async function query(postgres: EmbeddedPostgres, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: postgres.superuserUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('an own PostgreSQL', () => {
  let server: OwnServer<EmbeddedPostgres>;
  beforeAll(async () => {
    server = await startOwnPostgres();
    await query(server.current, 'CREATE TABLE kept (id int)');
    return () => server.remove();
  });

  it('is version 17 and writes to disk before it acknowledges', async () => {
    const [row] = await query(server.current, `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync`);
    expect(row).toEqual({ version: expect.stringMatching(/^17\./), fsync: 'on' });
  });

  it('refuses a wrong password', async () => {
    const client = new Client({ ...server.current.superuser, host: '127.0.0.1', port: server.current.port, password: 'wrong' });
    await expect(client.connect()).rejects.toThrow(/password authentication failed/);
  });

  it('keeps its data, port and password over a restart', async () => {
    const before = server.current;
    await query(before, 'INSERT INTO kept VALUES (1)');
    const after = await server.restart();
    expect(after.superuserUrl).toBe(before.superuserUrl);
    expect(after.pid).not.toBe(before.pid);
    expect(await query(before, 'SELECT id FROM kept WHERE id = 1')).toEqual([{ id: 1 }]);
  });

  it('recovers what was committed when it is killed with -9', async () => {
    await query(server.current, 'INSERT INTO kept VALUES (2)');
    await server.kill();
    await expect(query(server.current, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
    await server.start();
    expect(await query(server.current, 'SELECT id FROM kept WHERE id = 2')).toEqual([{ id: 2 }]);
  });

  it('refuses a second server on the same data', async () => {
    const second = startPostgres({ dataFolder: server.current.dataFolder, port: await freePort() });
    await expect(second).rejects.toMatchObject({ code: 'local.postgres-in-use' });
    expect(await query(server.current, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
  });
});

describe('an own Redis', () => {
  let server: OwnServer<EmbeddedRedis>;
  beforeAll(async () => {
    server = await startOwnRedis();
    return () => server.remove();
  });

  async function withClient<Result>(act: (client: Redis) => Promise<Result>): Promise<Result> {
    const client = new Redis(server.current.url);
    try {
      return await act(client);
    } finally {
      client.disconnect();
    }
  }

  it('keeps acknowledged writes over a restart and over -9', async () => {
    await withClient((client) => client.set('restart', 'kept'));
    await server.restart();
    await withClient((client) => client.set('kill', 'kept'));
    await server.kill();
    await server.start();
    expect(await withClient((client) => client.mget('restart', 'kill'))).toEqual(['kept', 'kept']);
  });

  it('never evicts, and hides its password from the process list', async () => {
    expect(await withClient((client) => client.config('GET', 'maxmemory-policy'))).toEqual(['maxmemory-policy', 'noeviction']);
    const { stdout } = await promisify(execFile)('ps', ['-o', 'args=', '-p', String(server.current.pid)]);
    expect(stdout).toContain('redis-server');
    expect(stdout).not.toContain(server.current.password);
  });

  it('says in its own words why it cannot start when the port is taken', async () => {
    const folder = await temporaryFolder('redis');
    try {
      const second = startRedis({ dataFolder: folder.path, port: server.current.port, persistent: false });
      await expect(second).rejects.toThrow(/Address already in use/);
    } finally {
      await folder.remove();
    }
  });
});
