import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SERVICES, type ServiceName } from '@inkpost/database/database-layout.js';

export interface SecretsOptions {
  readonly folder: string;
  /** Password of an existing Redis; absent: one is made. */
  readonly redisPassword?: string | undefined;
}

export interface SuiteSecrets {
  /** Of the account that owns the database, where Inkpost brings its own Postgres in a container. */
  readonly databaseOwnerPassword: string;
  readonly databasePasswords: Readonly<Record<ServiceName, string>>;
  readonly redisPassword: string;
}

/** Those that seal or open documents, codes or stored passwords. */
export const MASTER_KEY_HOLDERS: readonly ServiceName[] = ['mail-ingest', 'acceptance', 'guest-account', 'print-submit', 'notification', 'domain-sync'];

/** Those whose objects a domain shares: domain-sync reads them there and hands them in. */
const OBJECT_OWNERS: readonly ServiceName[] = ['guest-account', 'print-submit', 'notification'];

/** The secret in a file of mode 0600, made at the first call. Whoever is killed meanwhile leaves no half of a key behind. */
async function ensureSecret(folder: string, name: string, make: () => string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, name);
  const draft = join(folder, `.${name}.${process.pid}`);
  const existing = await readFile(path, 'utf8').catch(unlessCode('ENOENT'));
  if (existing !== undefined) return existing.trim();
  await writeFile(draft, `${make()}\n`, { mode: 0o600, flush: true });
  // Of two that start together the first one's secret stands, for both.
  await link(draft, path).catch(unlessCode('EEXIST'));
  await rm(draft, { force: true });
  return (await readFile(path, 'utf8')).trim();
}

function unlessCode(code: string): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (error.code !== code) throw error;
    return undefined;
  };
}

const password = () => randomBytes(24).toString('base64url');

/**
 * Makes what is missing of a suite's secrets: one sub-folder per service with just that service's own, and `owner` with what
 * only the set-up needs. What is there already stays: the folder must be kept and backed up, without its master key no
 * document and no stored password can be read.
 */
export async function ensureSecrets({ folder, redisPassword }: SecretsOptions): Promise<SuiteSecrets> {
  const owner = join(folder, 'owner');
  const databaseOwnerPassword = await ensureSecret(owner, 'database-password', password);
  const redis = await ensureSecret(owner, 'redis-password', () => redisPassword ?? password());
  const masterKey = await ensureSecret(owner, 'master-key', () => `1:${randomBytes(32).toString('base64')}`);
  const databasePasswords: Partial<Record<ServiceName, string>> = {};
  for (const service of SERVICES) {
    const own = join(folder, service);
    databasePasswords[service] = await ensureSecret(own, 'database-password', password);
    await ensureSecret(own, 'redis-password', () => redis);
    const controlKey = await ensureSecret(own, 'control-key', () => randomBytes(32).toString('base64url'));
    await ensureSecret(join(folder, 'gateway'), `control-key.${service}`, () => controlKey);
    if (OBJECT_OWNERS.includes(service)) await ensureSecret(join(folder, 'domain-sync'), `control-key.${service}`, () => controlKey);
    if (MASTER_KEY_HOLDERS.includes(service)) await ensureSecret(own, 'master-key', () => masterKey);
  }
  return { databaseOwnerPassword, databasePasswords: databasePasswords as Record<ServiceName, string>, redisPassword: redis };
}
