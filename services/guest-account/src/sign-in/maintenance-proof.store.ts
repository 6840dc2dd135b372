import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret, sealSecret } from '@inkpost/secrets/seal.js';
import { type PasswordRecord, recordPassword } from '@inkpost/trust/password-proof.js';
import { MAINTENANCE_ACCOUNT } from './maintenance-account.js';

export const MAINTENANCE_PROOF_CONTEXT = 'maintenance proof';

const FIND = `SELECT sealed_record AS "sealedRecord" FROM maintenance_proof JOIN administrator a ON a.name = $1 AND a.changed_at = password_changed_at AND NOT a.password_must_change`;

/** One of an older password never takes a newer one's place. */
const KEEP = `INSERT INTO maintenance_proof (sealed_record, password_changed_at) VALUES ($1, $2)
  ON CONFLICT (only_row) DO UPDATE SET sealed_record = excluded.sealed_record, password_changed_at = excluded.password_changed_at
  WHERE maintenance_proof.password_changed_at <= excluded.password_changed_at`;

/** By what other servers prove that they have the same maintenance password (DOM-005); made while the password is at hand. */
export class MaintenanceProofStore {
  constructor(
    private readonly pool: Pool,
    private readonly masterKey: MasterKey,
  ) {}

  /** Undefined: there is none of the password that holds now, or it is the first one. */
  async find(): Promise<PasswordRecord | undefined> {
    const [row] = await query<{ sealedRecord: Buffer }>(this.pool, 'maintenance-proof.find', FIND, [MAINTENANCE_ACCOUNT]);
    return row && (JSON.parse(openSecret(this.masterKey, MAINTENANCE_PROOF_CONTEXT, row.sealedRecord)) as PasswordRecord);
  }

  /** `changedAt`: when this password was set. */
  async keep(password: string, changedAt: Date): Promise<void> {
    const record = await recordPassword(password);
    await query(this.pool, 'maintenance-proof.keep', KEEP, [sealSecret(this.masterKey, MAINTENANCE_PROOF_CONTEXT, JSON.stringify(record)), changedAt]);
  }

  /** Of a password that was proven in another way, and had no record yet. */
  async ensure(password: string, changedAt: Date): Promise<void> {
    if (!(await this.find())) await this.keep(password, changedAt);
  }
}
