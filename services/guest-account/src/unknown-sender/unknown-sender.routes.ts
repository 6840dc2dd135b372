import type { ConnectRouter } from '@connectrpc/connect';
import { ConfirmationService, OwnerPreviewService, WaitingSenderService } from '@inkpost/contracts/admin/v1/waiting_senders_pb.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { OwnerPreviewRpc } from '../preview-owner/owner-preview.rpc.js';
import type { ResolveOwner } from '../resolve-owner/resolve-owner.js';
import { ConfirmationRpc } from './confirmation.rpc.js';
import type { WaitingSenderStore } from './waiting-sender.store.js';
import { WaitingSendersRpc } from './waiting-senders.rpc.js';

interface Parts {
  readonly waiting: WaitingSenderStore;
  readonly owners: ResolveOwner;
  readonly masterKey: MasterKey;
  readonly log: Log;
}

/** What is asked about unknown senders. */
export function unknownSenderRoutes(router: ConnectRouter, { waiting, owners, masterKey, log }: Parts): void {
  router.service(WaitingSenderService, new WaitingSendersRpc(waiting, log));
  router.service(ConfirmationService, new ConfirmationRpc(waiting, masterKey, log));
  router.service(OwnerPreviewService, new OwnerPreviewRpc(owners));
}
