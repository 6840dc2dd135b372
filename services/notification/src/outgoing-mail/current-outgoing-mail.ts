import type { OnModuleDestroy } from '@nestjs/common';
import { CauseDown } from '@inkpost/failure/failure.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { CurrentSettings } from '@inkpost/service/current-settings.js';
import { SETTINGS_AGE_MAX_MS } from '../limits.js';
import type { MailServer } from '../ports/mail-server.port.js';
import type { OutgoingMailStore, StoredSettings } from './outgoing-mail.store.js';
import type { OutgoingMailSettings } from './outgoing-mail-settings.js';

/** The outgoing mail server as it is set now. */
export interface OutgoingMail {
  readonly settings: OutgoingMailSettings;
  readonly server: MailServer;
}

interface OpenServer extends OutgoingMail {
  readonly version: number;
}

/** The outgoing mail server, its settings at most a second old. Its connections stay open until the settings change. */
export class CurrentOutgoingMail implements OnModuleDestroy {
  /** Undefined: no server was set yet. */
  private readonly stored: CurrentSettings<StoredSettings | undefined>;
  private open: OpenServer | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly store: OutgoingMailStore,
    private readonly openServer: (settings: OutgoingMailSettings) => MailServer,
  ) {
    this.stored = new CurrentSettings((known) => this.ask(known), SETTINGS_AGE_MAX_MS);
  }

  /** Undefined: no server was set yet. */
  async find(): Promise<OutgoingMail | undefined> {
    const stored = await this.stored.get();
    if (stored && stored.version > (this.open?.version ?? 0)) {
      this.open?.server.close();
      this.open = { ...stored, server: this.openServer(stored.settings) };
    }
    return this.open;
  }

  /** Throws the CauseDown `notification.not-configured`: mails wait until an administrator sets a server. */
  async get(): Promise<OutgoingMail> {
    const outgoing = await this.find();
    if (!outgoing) throw new CauseDown('notification.not-configured', 'No outgoing mail server is configured yet.');
    return outgoing;
  }

  /** After a change in this process: the next mail goes by it. */
  expire(): void {
    this.stored.expire();
  }

  onModuleDestroy(): void {
    this.open?.server.close();
  }

  private async ask(known: StoredSettings | undefined): Promise<StoredSettings | undefined> {
    const [row] = await query<{ version: number }>(this.pool, 'outgoing-mail.version', 'SELECT version FROM outgoing_mail', []);
    return row?.version === known?.version ? known : this.store.find();
  }
}
