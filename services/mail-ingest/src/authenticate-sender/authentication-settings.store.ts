import { type Pool, query } from '@inkpost/postgres/pool.js';
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
  private byMailbox: ReadonlyMap<string, AuthenticationSettings> = new Map();
  private freshUntilMs = 0;
  private refreshing: Promise<void> | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** A mailbox's own settings, or the general ones if it follows those. Throws a `CauseDown` while the database is away. */
  async settingsFor(mailboxId: string): Promise<AuthenticationSettings> {
    if (this.nowMs() >= this.freshUntilMs) {
      await (this.refreshing ??= this.refresh().finally(() => {
        this.refreshing = undefined;
      }));
    }
    const settings = this.byMailbox.get(mailboxId) ?? this.byMailbox.get(GENERAL);
    if (!settings) throw new Error('the general settings of sender authentication are missing');
    return settings;
  }

  private async refresh(): Promise<void> {
    const askedAtMs = this.nowMs();
    const rows = await query<Row>(this.pool, 'sender-authentication.read', READ, []);
    this.byMailbox = new Map(rows.map(({ mailboxId, ...settings }) => [mailboxId, settings]));
    this.freshUntilMs = askedAtMs + AUTHENTICATION_SETTINGS_AGE_MAX_MS;
  }
}
