import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret, sealSecret } from '@inkpost/secrets/seal.js';
import type { CheckedSignOn } from './check-sign-on.js';
import { clientSecretContext, type StoredSignOn } from './sign-on-settings.js';

const LOAD = 'SELECT settings, sealed_client_secret AS "sealedClientSecret", changed_at AS "changedAt", version FROM single_sign_on';
const INSERT = 'INSERT INTO single_sign_on (id, settings, sealed_client_secret) VALUES (1, $1, $2) ON CONFLICT DO NOTHING RETURNING 1';
const UPDATE = `UPDATE single_sign_on SET settings = $1, sealed_client_secret = coalesce($2, sealed_client_secret), changed_at = now(), version = version + 1
  WHERE version = $3 RETURNING 1`;

/** The organisation's sign-in server as administrators set it. */
export class SingleSignOnStore {
  constructor(
    private readonly pool: Pool,
    private readonly masterKey: MasterKey,
  ) {}

  async load(): Promise<StoredSignOn | undefined> {
    const [row] = await query<StoredSignOn & object>(this.pool, 'sign-on.load', LOAD, []);
    return row;
  }

  /** `before`: as it was read. False: somebody changed it meanwhile. */
  async write({ settings, clientSecret }: CheckedSignOn, before: StoredSignOn | undefined): Promise<boolean> {
    const sealed = clientSecret === undefined ? null : sealSecret(this.masterKey, clientSecretContext(), clientSecret);
    const rows = before ? await query(this.pool, 'sign-on.update', UPDATE, [settings, sealed, before.version]) : await query(this.pool, 'sign-on.insert', INSERT, [settings, sealed]);
    return rows.length === 1;
  }

  async remove(): Promise<void> {
    await query(this.pool, 'sign-on.delete', 'DELETE FROM single_sign_on', []);
  }

  /** Throws a `Failure` where it can't be opened. */
  clientSecretOf({ sealedClientSecret }: StoredSignOn): string {
    return openSecret(this.masterKey, clientSecretContext(), sealedClientSecret);
  }
}
