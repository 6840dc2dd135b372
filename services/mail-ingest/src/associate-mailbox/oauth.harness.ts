import { randomBytes } from 'node:crypto';
import type { Pool } from '@inkpost/postgres/pool.js';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { sealSecret } from '@inkpost/secrets/seal.js';
import { createLog } from '@inkpost/telemetry/log.js';
import type { MailUser } from '@inkpost/testkit/dovecot-server.js';
import { type IdentityProvider, startIdentityProvider } from '@inkpost/testkit/identity-provider/identity-provider.js';
import { Visitor } from '@inkpost/testkit/identity-provider/visitor.js';
import { createInkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { OpenIdAuthority } from '../adapters/oauth/openid-authority.adapter.js';
import { clientSecretContext } from '../mailboxes/mailbox.js';
import { AccessTokens } from './access-tokens.js';
import { AssociationStore } from './association.store.js';
import { Associations } from './associations.js';
import { AttemptsStore } from './attempts.store.js';
import { TokenMailboxesStore } from './token-mailboxes.store.js';

export const PUBLIC_URL = 'http://localhost:5780';
const NO_BROWSER = new Uint8Array();

/** As a replica of mail-ingest has them. */
export interface OAuthReplica {
  readonly tokens: AccessTokens;
  readonly associations: Associations;
  readonly logged: Record<string, unknown>[];
}

/** What associates mailboxes, on a real database and before real identity providers, without the rest of the service. */
export class OAuthHarness {
  private constructor(
    readonly provider: IdentityProvider,
    readonly superuser: Pool,
    /** As mail-ingest itself sees the database. */
    readonly pool: Pool,
    private readonly newReplica: () => OAuthReplica,
    private readonly addRow: (address: string, access: string) => Promise<string>,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(users: readonly MailUser[]): Promise<OAuthHarness> {
    const [provider, database] = await Promise.all([startIdentityProvider({ users, publicUrl: PUBLIC_URL }), createInkpostDatabase()]);
    const masterKey = parseMasterKey(randomBytes(32).toString('hex'));
    const [pool, superuser] = [database.pool('mail-ingest'), database.superuserPool()];
    const newReplica = (): OAuthReplica => {
      const logged: Record<string, unknown>[] = [];
      const log = createLog('mail-ingest', 'info', { write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>) });
      const authority = new OpenIdAuthority({ office365Authority: provider.authority, googleIssuer: provider.googleIssuer, certificates: provider.ca });
      const mailboxes = new TokenMailboxesStore(pool, masterKey, { office365Authority: provider.authority, graphUrl: 'https://graph.microsoft.com' });
      const associations = new AssociationStore(pool, masterKey);
      const all = new Associations({ mailboxes, associations, attempts: new AttemptsStore(pool, masterKey), authority, publicUrl: PUBLIC_URL, onChange: () => undefined, log });
      return { tokens: new AccessTokens(mailboxes, associations, authority, log), associations: all, logged };
    };
    const addRow = async (address: string, access: string): Promise<string> => {
      const id = crypto.randomUUID();
      await superuser.query(
        `INSERT INTO mail_ingest.mailbox (id, address, kind, queue_id, enabled, after_processing, processed_folder, protocol, host, port, tls, login, folder, certificate_authority, tenant_id, client_id, client_access, sealed_client_secret)
         VALUES ($1, $2, 'office365', 'lobby', true, 'keep', '', 'imap', 'outlook.office365.com', 993, 'implicit', $2, 'INBOX', '', $3, $4, $5, $6)`,
        [id, address, provider.tenantId, provider.office365.clientId, access, sealSecret(masterKey, clientSecretContext(id), provider.office365.clientSecret)],
      );
      return id;
    };
    return new OAuthHarness(provider, superuser, pool, newReplica, addRow, async () => {
      await database.drop();
      await provider.stop();
    });
  }

  replica(): OAuthReplica {
    return this.newReplica();
  }

  /** Of kind office365; gives its id. */
  addMailbox(address: string, access: 'delegated' | 'application' = 'delegated'): Promise<string> {
    return this.addRow(address, access);
  }

  /** Begins in a browser, signs in there as this person, and comes back. */
  async associate({ associations }: OAuthReplica, mailboxId: string, person: MailUser & { readonly consent?: 'accept' | 'cancel' }) {
    const mailbox = await associations.mailbox(mailboxId);
    if (!mailbox) throw new Error(`no mailbox ${mailboxId}`);
    const { url } = await associations.beginInBrowser(mailbox, 'tester', undefined);
    const back = await new Visitor(this.provider.ca).signIn(url, { account: person.address, ...person });
    return associations.finishInBrowser('office365', back.searchParams, NO_BROWSER);
  }
}
