import { Defect, Failure, PermanentFailure } from '@inkpost/failure/failure.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { type MasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret } from '@inkpost/secrets/seal.js';
import { LEASE_MS, LEASE_RENEWED_BEFORE_MS } from '../limits.js';
import { passwordContext } from '../mailboxes/mailbox.js';
import { type SettingsRow, toWatchedSettings } from '../mailboxes/mailbox-row.js';
import type { WatchState } from './mailbox-watcher.js';
import type { OpenableMailbox } from './open-mailbox.js';

export interface LeasedMailbox {
  readonly id: string;
  readonly version: number;
  /** Its conversation is written down at present. */
  readonly traced: boolean;
}

const TRACED = 'EXISTS (SELECT 1 FROM trace t WHERE t.mailbox_id = mailbox.id AND t.until > now()) AS traced';

/** Takes what is free, renews what will run out soon, and leaves alone what another replica watches. */
const LEASE = `WITH wanted AS (SELECT id, version, ${TRACED} FROM mailbox WHERE kind <> 'smtp' AND enabled),
  kept AS (SELECT mailbox_id FROM watch WHERE holder = $1 AND lease_until > now() + $3 * interval '1 ms'),
  taken AS (
    INSERT INTO watch (mailbox_id, holder, lease_until)
    SELECT id, $1, now() + $2 * interval '1 ms' FROM wanted
    WHERE NOT EXISTS (SELECT 1 FROM watch w WHERE w.mailbox_id = id AND w.lease_until > now() + CASE WHEN w.holder = $1 THEN $3 * interval '1 ms' ELSE interval '0' END)
    ON CONFLICT (mailbox_id) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until,
      state = CASE WHEN watch.holder = excluded.holder THEN watch.state ELSE 'connecting' END,
      problem = CASE WHEN watch.holder = excluded.holder THEN watch.problem ELSE '' END,
      next_try_at = CASE WHEN watch.holder = excluded.holder THEN watch.next_try_at END
    WHERE watch.holder = excluded.holder OR watch.lease_until <= now()
    RETURNING mailbox_id)
  SELECT id, version, traced FROM wanted WHERE id IN (SELECT mailbox_id FROM kept UNION ALL SELECT mailbox_id FROM taken)`;

const LOAD = `SELECT id, version, ${TRACED}, kind, address, queue_id AS "queueId", enabled, after_processing AS "afterProcessing", processed_folder AS "processedFolder",
    protocol, host, port, tls, login, folder, certificate_authority AS "certificateAuthority", sealed_password AS "sealedPassword",
    tenant_id AS "tenantId", client_id AS "clientId", client_access AS "clientAccess", client_secret_expires_at AS "clientSecretExpiresAt"
  FROM mailbox WHERE id = ANY ($1::uuid[]) AND kind <> 'smtp'`;

const REPORT = `UPDATE watch w SET state = r.state, problem = r.problem, next_try_at = r.next_try_at
  FROM unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[]) AS r (mailbox_id, state, problem, next_try_at)
  WHERE w.mailbox_id = r.mailbox_id AND w.holder = $1`;

const RELEASE = 'UPDATE watch SET lease_until = now() WHERE holder = $1';

interface LoadedRow extends SettingsRow, LeasedMailbox {
  readonly sealedPassword: Buffer | null;
}

/** Who watches which mailbox: one row each, one replica at a time. */
export class WatchStore {
  constructor(
    private readonly pool: Pool,
    private readonly masterKey: MasterKey,
    private readonly traceOf: (mailboxId: string) => (line: string) => void,
  ) {}

  /** The mailboxes that this replica watches from now on, in one round trip. */
  async lease(holder: string): Promise<LeasedMailbox[]> {
    return query<{ id: string; version: number; traced: boolean }>(this.pool, 'watch.lease', LEASE, [holder, LEASE_MS, LEASE_RENEWED_BEFORE_MS]);
  }

  async load(ids: readonly string[]): Promise<(OpenableMailbox & LeasedMailbox)[]> {
    const rows = await query<LoadedRow>(this.pool, 'watch.load', LOAD, [ids]);
    return rows.map((row) => {
      const { id, version, traced, sealedPassword } = row;
      return { id, version, traced, settings: toWatchedSettings(row), password: () => this.open(id, sealedPassword), ...(traced ? { trace: this.traceOf(id) } : {}) };
    });
  }

  /** The stored password of a mailbox that has one. */
  async password(mailboxId: string): Promise<string> {
    const [mailbox] = await query<Pick<LoadedRow, 'sealedPassword'>>(this.pool, 'watch.password', 'SELECT sealed_password AS "sealedPassword" FROM mailbox WHERE id = $1', [mailboxId]);
    if (!mailbox) throw new PermanentFailure('mailbox.gone', 'The mailbox was deleted.');
    return this.openSealed(mailboxId, mailbox.sealedPassword);
  }

  /** What the watchers of this replica report. */
  async report(holder: string, states: ReadonlyMap<string, WatchState>): Promise<void> {
    const all = [...states.values()];
    await query(this.pool, 'watch.report', REPORT, [holder, [...states.keys()], all.map(({ state }) => state), all.map(({ problem }) => problem), all.map(({ nextTryAt }) => nextTryAt ?? null)]);
  }

  /** Lets other replicas go on at once. */
  async release(holder: string): Promise<void> {
    await query(this.pool, 'watch.release', RELEASE, [holder]);
  }

  private async open(mailboxId: string, sealedPassword: Buffer | null): Promise<string> {
    try {
      return this.openSealed(mailboxId, sealedPassword);
    } catch (error) {
      // A watcher keeps what it was started with for weeks; the key that it was sealed with may have been retired meanwhile.
      if (error instanceof Failure && error.code === 'secrets.key-missing') return this.password(mailboxId);
      throw error;
    }
  }

  private openSealed(mailboxId: string, sealedPassword: Buffer | null): string {
    if (!sealedPassword) throw new Defect('mailbox.no-password', 'The mailbox signs in with a token, it has no password.', { fields: { mailboxId } });
    return openSecret(this.masterKey, passwordContext(mailboxId), sealedPassword);
  }
}
