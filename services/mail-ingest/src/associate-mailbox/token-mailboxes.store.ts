import { CauseDown, PermanentFailure } from '@inkpost/failure/failure.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret } from '@inkpost/secrets/seal.js';
import { clientSecretContext } from '../mailboxes/mailbox.js';
import { type SettingsRow, toSettings } from '../mailboxes/mailbox-row.js';
import type { AuthorityClient } from '../ports/authority.port.js';
import { CLIENT_SECRET_REFUSED } from '../ports/mail-source.port.js';
import { googleSecretContext } from './google-client.store.js';
import { type CloudPlaces, consentBinding, scopesFor, signsInWithToken, type TokenSettings } from './mail-access.js';

/** A mailbox that signs in with tokens, with the client that asks for them. */
export interface TokenMailbox {
  readonly id: string;
  readonly settings: TokenSettings;
  readonly client: AuthorityClient;
  /** What a consent must hold for. */
  readonly binding: string;
}

const LOAD = `SELECT m.kind, m.address, m.queue_id AS "queueId", m.enabled, m.after_processing AS "afterProcessing", m.processed_folder AS "processedFolder",
    m.protocol, m.host, m.port, m.tls, m.login, m.folder, m.certificate_authority AS "certificateAuthority",
    m.tenant_id AS "tenantId", m.client_id AS "clientId", m.client_access AS "clientAccess", m.client_secret_expires_at AS "clientSecretExpiresAt",
    m.sealed_client_secret AS "sealedClientSecret", g.client_id AS "googleClientId", g.sealed_secret AS "sealedGoogleSecret"
  FROM mailbox m LEFT JOIN google_client g ON m.kind = 'google' AND m.client_id IS NULL WHERE m.id = $1`;

interface Row extends SettingsRow {
  readonly sealedClientSecret: Buffer | null;
  readonly googleClientId: string | null;
  readonly sealedGoogleSecret: Buffer | null;
}

/** Mailboxes as authorities are asked for them. */
export class TokenMailboxesStore {
  constructor(
    private readonly pool: Pool,
    private readonly masterKey: MasterKey,
    private readonly places: CloudPlaces,
  ) {}

  /**
   * Undefined: there is no such mailbox. Throws the PermanentFailure `mailbox.no-tokens` for one that signs in otherwise, and a
   * CauseDown for a Google mailbox where neither it nor the installation has a client.
   */
  async find(mailboxId: string): Promise<TokenMailbox | undefined> {
    const [row] = await query<Row>(this.pool, 'association.mailbox', LOAD, [mailboxId]);
    if (!row) return undefined;
    const settings = toSettings(row);
    if (!signsInWithToken(settings)) throw new PermanentFailure('mailbox.no-tokens', `A mailbox of kind ${settings.kind} is not associated: it signs in with its password, or needs none.`);
    const { clientId, clientSecret } = this.clientOf(mailboxId, row);
    const client = { authority: settings.kind, tenantId: settings.kind === 'office365' ? settings.tenantId : '', clientId, clientSecret, scopes: scopesFor(settings, this.places) };
    return { id: mailboxId, settings, client, binding: consentBinding(settings, clientId) };
  }

  private clientOf(mailboxId: string, row: Row): { readonly clientId: string; readonly clientSecret: string } {
    const { clientId, sealedClientSecret, googleClientId, sealedGoogleSecret } = row;
    if (clientId !== null && sealedClientSecret) return { clientId, clientSecret: openSecret(this.masterKey, clientSecretContext(mailboxId), sealedClientSecret) };
    if (googleClientId !== null && sealedGoogleSecret) return { clientId: googleClientId, clientSecret: openSecret(this.masterKey, googleSecretContext, sealedGoogleSecret) };
    throw new CauseDown(CLIENT_SECRET_REFUSED, 'Neither the mailbox nor the installation has a client for Google. Set the installation\'s with PUT /api/v0/mail-clients/google, or give the mailbox its own.');
  }
}
