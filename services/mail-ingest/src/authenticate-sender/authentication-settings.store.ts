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
  private changesHere = 0;

  constructor(
    private readonly pool: Pool,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** A mailbox's own settings, or the general ones if it follows those. Throws a `CauseDown` while the database is away. */
  async settingsFor(mailboxId: string): Promise<AuthenticationSettings> {
    await this.freshen();
    const settings = this.byMailbox.get(mailboxId) ?? this.byMailbox.get(GENERAL);
    if (!settings) throw new Error('the general settings of sender authentication are missing');
    return settings;
  }

  /** The general ones and those of mailboxes that have their own. Throws as `settingsFor`. */
  async all(): Promise<readonly AuthenticationSettings[]> {
    await this.freshen();
    return [...this.byMailbox.values()];
  }

  /** After a change in this process: the next mail is judged by it, whatever question is still under way. */
  expire(): void {
    this.changesHere += 1;
    this.freshUntilMs = 0;
    this.refreshing = undefined;
  }

  private async freshen(): Promise<void> {
    if (this.nowMs() >= this.freshUntilMs) await (this.refreshing ??= this.refresh());
  }

  private refresh(): Promise<void> {
    const refreshing = this.ask().finally(() => {
      if (this.refreshing === refreshing) this.refreshing = undefined;
    });
    return refreshing;
  }

  private async ask(): Promise<void> {
    const { changesHere } = this;
    const askedAtMs = this.nowMs();
    const rows = await query<Row>(this.pool, 'sender-authentication.read', READ, []);
    this.byMailbox = new Map(rows.map(({ mailboxId, ...settings }) => [mailboxId, settings]));
    // What was asked before a change may be what held before it.
    if (changesHere === this.changesHere) this.freshUntilMs = askedAtMs + AUTHENTICATION_SETTINGS_AGE_MAX_MS;
  }
}
