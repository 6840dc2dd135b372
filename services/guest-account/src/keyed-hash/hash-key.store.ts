import { randomBytes } from 'node:crypto';
import { Defect } from '@inkpost/failure/failure.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret, sealSecret } from '@inkpost/secrets/seal.js';
import { KeyedHash } from './keyed-hash.js';

const KEY_BYTES = 32;

/** Where the sealed key belongs. */
const CONTEXT = 'hash-key';

const ADD = 'INSERT INTO hash_key (sealed_key) VALUES ($1) ON CONFLICT DO NOTHING';

/**
 * The installation's key of keyed hashes, made at the first start. It is random and sealed, not derived from the master key: so PINs and
 * cards outlive the master key's replacement, for which one row is sealed anew.
 */
export async function openKeyedHash(pool: Pool, masterKey: MasterKey): Promise<KeyedHash> {
  // Two replicas may start for the first time together: the row that is there counts.
  await query(pool, 'hash-key.add', ADD, [sealSecret(masterKey, CONTEXT, randomBytes(KEY_BYTES).toString('hex'))]);
  const [row] = await query<{ sealed: Buffer }>(pool, 'hash-key.read', 'SELECT sealed_key AS sealed FROM hash_key', []);
  if (!row) throw new Defect('account.hash-key-missing', 'hash_key has no row.');
  return new KeyedHash(Buffer.from(openSecret(masterKey, CONTEXT, row.sealed), 'hex'));
}
