import type { ConnectRouter } from '@connectrpc/connect';
import { AccountCardService, IdentificationService, PinService } from '@inkpost/contracts/admin/v1/identification_pb.js';
import type { FlowClient } from '@inkpost/flow/flow-client.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { Language } from '../installation.js';
import { AccountCardStore } from '../keep-cards/account-card.store.js';
import { AccountCardsRpc } from '../keep-cards/account-cards.rpc.js';
import type { KeyedHash } from '../keyed-hash/keyed-hash.js';
import { PinLinkStore } from '../set-pin/pin-link.store.js';
import type { PinStore } from '../set-pin/pin.store.js';
import { PinsRpc } from '../set-pin/pins.rpc.js';
import { PinByLink } from '../set-pin/set-pin-by-link.js';
import type { AccountFinder } from '../sign-in/account-finder.js';
import type { SignInDelayStore } from '../sign-in/sign-in-delay.store.js';
import { IdentificationRpc } from './identification.rpc.js';
import { PersonIdentification } from './person-identification.js';

interface Parts {
  readonly pool: Pool;
  readonly flow: FlowClient;
  readonly pins: PinStore;
  readonly accounts: AccountFinder;
  readonly delays: SignInDelayStore;
  readonly hash: KeyedHash;
  readonly masterKey: MasterKey;
  readonly language: Language;
  readonly log: Log;
}

/** Who people are at a release point, and what proves it. */
export function identificationRoutes(router: ConnectRouter, { pool, flow, pins, accounts, delays, hash, masterKey, language, log }: Parts): void {
  const cards = new AccountCardStore(pool);
  const links = new PinLinkStore(pool, flow, pins);
  router.service(IdentificationService, new IdentificationRpc(new PersonIdentification({ accounts, cards, pins, hash, delays, log })));
  router.service(PinService, new PinsRpc({ pins, accounts, log, byLink: new PinByLink({ links, accounts, delays, masterKey, installationLanguage: language }) }));
  router.service(AccountCardService, new AccountCardsRpc(cards, accounts, hash, log));
}
