import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseDataFolder } from './embedded-postgres.js';

/**
 * The embedded PostgreSQL that somebody else runs on this data at present: `postgres://postgres:<password>@127.0.0.1:<port>/postgres`, never to
 * be logged. Undefined: none runs. After a crash it may name a server that is gone, which a connection then tells.
 */
export async function findRunningPostgres(wantedFolder: string): Promise<string | undefined> {
  const dataFolder = await chooseDataFolder(wantedFolder, process.getuid?.() === 0);
  const read = (name: string) => readFile(join(dataFolder, name), 'utf8').catch(() => '');
  // Its fourth line is the port (PostgreSQL, src/include/utils/pidfile.h).
  const port = Number((await read('cluster/postmaster.pid')).split('\n')[3]);
  const password = (await read('superuser-password')).trim();
  return port > 0 && password !== '' ? `postgres://postgres:${password}@127.0.0.1:${port}/postgres` : undefined;
}
