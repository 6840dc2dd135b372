import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { sealSecret } from '@inkpost/secrets/seal.js';

/** What the installation's Google secret is sealed for. */
export const googleSecretContext = 'google-client-secret';

export interface GoogleClient {
  readonly clientId: string;
  readonly changedAt: Date;
}

const FIND = 'SELECT client_id AS "clientId", changed_at AS "changedAt" FROM google_client';

// Mailboxes that use it are watched anew at once.
const NOTICE = `UPDATE mailbox SET version = version + 1 WHERE kind = 'google' AND client_id IS NULL`;

const PUT = `WITH stored AS (
    INSERT INTO google_client (client_id, sealed_secret, changed_at) VALUES ($1, $2, now())
    ON CONFLICT (only_one) DO UPDATE SET client_id = excluded.client_id, sealed_secret = excluded.sealed_secret, changed_at = excluded.changed_at)
  ${NOTICE}`;

const REMOVE = `WITH gone AS (DELETE FROM google_client) ${NOTICE}`;

/** The client that Google mailboxes without one of their own use. */
export class GoogleClientStore {
  constructor(
    private readonly pool: Pool,
    private readonly masterKey: MasterKey,
  ) {}

  async find(): Promise<GoogleClient | undefined> {
    const [client] = await query<GoogleClient & Record<string, unknown>>(this.pool, 'google-client.find', FIND, []);
    return client;
  }

  async put(clientId: string, clientSecret: string): Promise<void> {
    await query(this.pool, 'google-client.put', PUT, [clientId, sealSecret(this.masterKey, googleSecretContext, clientSecret)]);
  }

  async remove(): Promise<void> {
    await query(this.pool, 'google-client.remove', REMOVE, []);
  }
}
