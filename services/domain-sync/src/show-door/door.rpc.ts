import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { DomainDoorService, GetDoorRequest } from '@inkpost/contracts/admin/v1/domain_pb.js';
import { callerOf } from '@inkpost/service/control-listener.js';
import { sealDoorKey } from '@inkpost/trust/door-key.js';
import { dspNameOf } from '@inkpost/trust/dsp-name.js';
import type { DomainStore } from '../domain/domain.store.js';

/** What the gateway shows and lets in at the door between servers. */
export class DoorRpc implements ServiceImpl<typeof DomainDoorService> {
  constructor(
    private readonly domains: DomainStore,
    private readonly controlKey: Uint8Array,
  ) {}

  async getDoor(_request: GetDoorRequest, context: HandlerContext) {
    callerOf(context);
    const identity = await this.domains.identity();
    if (!identity) return {};
    const serverName = dspNameOf(identity.serverId);
    const members = await this.domains.members();
    return {
      serverName, certificate: identity.certificatePem, authorityCertificate: identity.authorityCertificatePem, sealedKey: new Uint8Array(sealDoorKey(this.controlKey, serverName, identity.keyPem)),
      members: members.map(({ serverId, certificateSerial, formerSerial }) => ({ serverId, serials: [certificateSerial, formerSerial].filter((serial) => serial !== '') })),
    };
  }
}
