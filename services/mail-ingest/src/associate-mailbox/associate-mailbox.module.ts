import type { Provider } from '@nestjs/common';
import type { ConfigOf } from '@inkpost/config/config.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import type { ServiceRuntime } from '@inkpost/service/service-definition.js';
import { OpenIdAuthority } from '../adapters/oauth/openid-authority.adapter.js';
import type { mailIngestConfig } from '../mail-ingest.config.js';
import type { Authority } from '../ports/authority.port.js';
import { MailboxWatch } from '../watch-mailbox/mailbox-watch.js';
import { AccessTokens } from './access-tokens.js';
import { AssociationStore } from './association.store.js';
import { Associations } from './associations.js';
import { AssociationsRpc } from './associations.rpc.js';
import { AttemptsStore } from './attempts.store.js';
import { DeviceAssociations } from './device-associations.js';
import { ExpiryWatch } from './expiry-watch.js';
import { GoogleClientStore } from './google-client.store.js';
import { MailClientsRpc } from './mail-clients.rpc.js';
import { TokenMailboxesStore } from './token-mailboxes.store.js';

export interface AssociateMailbox {
  readonly authority: Authority;
  readonly tokens: AccessTokens;
  readonly providers: Provider[];
}

/** What ties mailboxes to accounts at Microsoft and Google. `certificates`: PEM, trusted for both besides the system's; empty: none. */
export function associateMailbox(runtime: ServiceRuntime<ConfigOf<typeof mailIngestConfig>>, masterKey: MasterKey, certificates: string): AssociateMailbox {
  const { config, pool, log, meter } = runtime;
  const authority = new OpenIdAuthority({ ...config, certificates });
  const [mailboxes, associations, attempts] = [new TokenMailboxesStore(pool, masterKey, config), new AssociationStore(pool, masterKey), new AttemptsStore(pool, masterKey)];
  const tokens = new AccessTokens(mailboxes, associations, authority, log);
  const providers: Provider[] = [
    { provide: AccessTokens, useFactory: () => tokens },
    { provide: ExpiryWatch, useFactory: () => new ExpiryWatch(pool, meter, log) },
    {
      provide: Associations,
      useFactory: (watch: MailboxWatch) => new Associations({ mailboxes, associations, attempts, authority, publicUrl: config.publicUrl, onChange: () => watch.refresh(), log }),
      inject: [MailboxWatch],
    },
    { provide: DeviceAssociations, useFactory: (own: Associations) => new DeviceAssociations(attempts, own, authority, log), inject: [Associations] },
    { provide: AssociationsRpc, useFactory: (own: Associations, devices: DeviceAssociations) => new AssociationsRpc(own, devices), inject: [Associations, DeviceAssociations] },
    {
      provide: MailClientsRpc,
      useFactory: (own: Associations, watch: MailboxWatch) => new MailClientsRpc({ store: new GoogleClientStore(pool, masterKey), redirectUri: own.redirectUri('google'), onChange: () => watch.refresh(), log }),
      inject: [Associations, MailboxWatch],
    },
  ];
  return { authority, tokens, providers };
}
