import { createHash } from 'node:crypto';
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SuiteSecrets } from './ensure-secrets.js';

/** Readable by the group too: the servers' containers run under an account of their own, with this group added. */
async function writeForGroup(folder: string, name: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o750);
  const draft = join(folder, `.${name}`);
  await writeFile(draft, text, { flush: true });
  await chmod(draft, 0o640);
  await rename(draft, join(folder, name));
}

/**
 * Writes what the containers of Postgres and Redis read, from the secrets that stand: `postgres/password` (POSTGRES_PASSWORD_FILE)
 * and `redis/users.acl` (aclfile). Redis gets the password's hash alone, and a user `health` that may only PING.
 */
export async function writeServerSecrets(folder: string, secrets: SuiteSecrets): Promise<void> {
  const redisPasswordHash = createHash('sha256').update(secrets.redisPassword).digest('hex');
  const users = [`user default on #${redisPasswordHash} ~* &* +@all`, 'user health on nopass resetkeys resetchannels -@all +ping'];
  await writeForGroup(join(folder, 'postgres'), 'password', `${secrets.databaseOwnerPassword}\n`);
  await writeForGroup(join(folder, 'redis'), 'users.acl', `${users.join('\n')}\n`);
}
