import type { OnModuleDestroy } from '@nestjs/common';
import { CauseDown } from '@inkpost/failure/failure.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { SETTINGS_AGE_MAX_MS } from '../limits.js';
import type { MailServer } from '../ports/mail-server.port.js';
import type { OutgoingMailStore } from './outgoing-mail.store.js';
import type { OutgoingMailSettings } from './outgoing-mail-settings.js';

/** The outgoing mail server as it is set now. */
export interface OutgoingMail {
  readonly settings: OutgoingMailSettings;
  readonly server: MailServer;
}

const NOT_SET = 0;

/**
 * The outgoing mail server, its settings at most a second old: under load the look whether they were changed elsewhere is shared
 * by all mails of that second. Its connections stay open until the settings change.
 */
export class CurrentOutgoingMail implements OnModuleDestroy {
  private current: OutgoingMail | undefined;
  private version = NOT_SET;
  private freshUntilMs = 0;
  private changesHere = 0;
  private refreshing: Promise<void> | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly store: OutgoingMailStore,
    private readonly openServer: (settings: OutgoingMailSettings) => MailServer,
  ) {}

  /** Undefined: no server was set yet. */
  async find(): Promise<OutgoingMail | undefined> {
    if (performance.now() >= this.freshUntilMs) await (this.refreshing ??= this.refresh());
    return this.current;
  }

  /** Throws the CauseDown `notification.not-configured`: mails wait until an administrator sets a server. */
  async get(): Promise<OutgoingMail> {
    const outgoing = await this.find();
    if (!outgoing) throw new CauseDown('notification.not-configured', 'No outgoing mail server is configured yet.');
    return outgoing;
  }

  /** After a change in this process: the next mail goes by it, whatever question is still under way. */
  expire(): void {
    this.changesHere += 1;
    this.freshUntilMs = 0;
    this.refreshing = undefined;
  }

  onModuleDestroy(): void {
    this.current?.server.close();
  }

  private refresh(): Promise<void> {
    const refreshing = this.ask().finally(() => {
      if (this.refreshing === refreshing) this.refreshing = undefined;
    });
    return refreshing;
  }

  private async ask(): Promise<void> {
    const { changesHere } = this;
    const askedAtMs = performance.now();
    const [row] = await query<{ version: number }>(this.pool, 'outgoing-mail.version', 'SELECT version FROM outgoing_mail', []);
    if ((row?.version ?? NOT_SET) > this.version) await this.load();
    if (changesHere === this.changesHere) this.freshUntilMs = askedAtMs + SETTINGS_AGE_MAX_MS;
  }

  private async load(): Promise<void> {
    const stored = await this.store.find();
    // Two questions may have been under way: what the newer one brought stays.
    if (!stored || stored.version <= this.version) return;
    this.current?.server.close();
    this.current = { settings: stored.settings, server: this.openServer(stored.settings) };
    this.version = stored.version;
  }
}
