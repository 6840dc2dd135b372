import { type Pool, query } from '@inkpost/postgres/pool.js';
import { CurrentSettings } from '@inkpost/service/current-settings.js';
import { AUTHENTICATION_SETTINGS_AGE_MAX_MS } from '../limits.js';
import type { AuthenticationSettings } from './sender-authentication.js';

interface Row extends Record<string, unknown>, AuthenticationSettings {
  readonly mailboxId: string;
}

const READ = `SELECT mailbox_id AS "mailboxId", mode, trusted_servers AS "trustedServers", trusted_relays AS "trustedRelays" FROM sender_authentication WHERE NOT uses_default`;

/** The general settings have the empty mailbox id. */
const GENERAL = '';

/** Acceptance's settings, as it told them; in memory, at most a second old. */
export class CurrentAuthenticationSettings {
  private readonly byMailbox: CurrentSettings<ReadonlyMap<string, AuthenticationSettings>>;

  constructor(private readonly pool: Pool) {
    this.byMailbox = new CurrentSettings(() => this.ask(), AUTHENTICATION_SETTINGS_AGE_MAX_MS);
  }

  /** A mailbox's own settings, or the general ones if it follows those. Throws a `CauseDown` while the database is away. */
  async settingsFor(mailboxId: string): Promise<AuthenticationSettings> {
    const byMailbox = await this.byMailbox.get();
    const settings = byMailbox.get(mailboxId) ?? byMailbox.get(GENERAL);
    if (!settings) throw new Error('the general settings of sender authentication are missing');
    return settings;
  }

  /** The general ones and those of mailboxes that have their own. Throws as `settingsFor`. */
  async all(): Promise<readonly AuthenticationSettings[]> {
    return [...(await this.byMailbox.get()).values()];
  }

  /** After a change in this process: the next mail is judged by it. */
  expire(): void {
    this.byMailbox.expire();
  }

  private async ask(): Promise<ReadonlyMap<string, AuthenticationSettings>> {
    const rows = await query<Row>(this.pool, 'sender-authentication.read', READ, []);
    return new Map(rows.map(({ mailboxId, ...settings }) => [mailboxId, settings]));
  }
}
