import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret, sealSecret } from '@inkpost/secrets/seal.js';
import type { OutgoingMail as Row, PrismaClient } from '../gen/prisma/client.js';
import type { Language } from '../templates/language.js';
import type { OutgoingMailSettings, TlsMode } from './outgoing-mail-settings.js';

/** What the password is sealed for. */
export const outgoingPasswordContext = 'outgoing-mail-password';

export interface StoredSettings {
  /** Counted up by each change. */
  readonly version: number;
  readonly settings: OutgoingMailSettings;
}

/** The outgoing mail server's settings; the password is sealed. */
export class OutgoingMailStore {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly masterKey: MasterKey,
  ) {}

  async find(): Promise<StoredSettings | undefined> {
    const row = await this.prisma.outgoingMail.findUnique({ where: { id: true } });
    return row ? { version: row.version, settings: this.toSettings(row) } : undefined;
  }

  /** The password as it is given: absent removes it. */
  async put(settings: OutgoingMailSettings, actor: string): Promise<void> {
    const { password, ...others } = settings;
    const sealedPassword = password === undefined ? null : new Uint8Array(sealSecret(this.masterKey, outgoingPasswordContext, password));
    const row = { ...others, sealedPassword, changedAt: new Date(), changedBy: actor };
    await this.prisma.outgoingMail.upsert({ where: { id: true }, create: { ...row, version: 1 }, update: { ...row, version: { increment: 1 } } });
  }

  private toSettings({ host, port, tls, user, sealedPassword, fromAddress, fromName, language, certificateAuthority }: Row): OutgoingMailSettings {
    const password = sealedPassword === null ? undefined : openSecret(this.masterKey, outgoingPasswordContext, sealedPassword);
    // The database's own checks hold for these two.
    return { host, port, tls: tls as TlsMode, user, password, fromAddress, fromName, language: language as Language, certificateAuthority };
  }
}
