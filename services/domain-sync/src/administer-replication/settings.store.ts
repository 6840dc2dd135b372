import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { DomainSettings } from '../domain/domain.js';

/** What holds for the whole domain: set on the master, told to all with the next revision. */
export class SettingsStore {
  constructor(private readonly pool: Pool) {}

  async put(settings: Partial<DomainSettings>): Promise<void> {
    await query(this.pool, 'settings.put', `UPDATE domain SET settings = settings || $1::jsonb, revision = revision + 1 WHERE role = 'master'`, [JSON.stringify(settings)]);
  }
}
