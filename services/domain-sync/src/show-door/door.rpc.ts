import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { DomainDoorService, GetDoorRequest } from '@inkpost/contracts/admin/v1/domain_pb.js';
import { callerOf } from '@inkpost/service/control-listener.js';
import { sealDoorKey } from '@inkpost/trust/door-key.js';
import { dspNameOf } from '@inkpost/trust/dsp-name.js';
import type { DomainStore } from '../domain/domain.store.js';
import { UNKNOWN_CERTIFICATE_ASK_MS } from '../limits.js';

export interface DoorRpcParts {
  readonly domains: DomainStore;
  readonly controlKey: Uint8Array;
  /** A member has another certificate than this server knows: the master says which. */
  readonly onUnknownCertificate: () => void;
}

/** What the gateway shows and lets in at the door between servers. */
export class DoorRpc implements ServiceImpl<typeof DomainDoorService> {
  private askedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: DoorRpcParts) {}

  async getDoor({ unknownCertificateOf }: GetDoorRequest, context: HandlerContext) {
    callerOf(context);
    const { domains, controlKey, onUnknownCertificate } = this.parts;
    const identity = await domains.identity();
    if (!identity) return {};
    const serverName = dspNameOf(identity.serverId);
    const members = await domains.members();
    // Who shows an old certificate again and again has the master asked now and then.
    if (members.some(({ serverId }) => serverId === unknownCertificateOf) && performance.now() - this.askedAt > UNKNOWN_CERTIFICATE_ASK_MS) {
      this.askedAt = performance.now();
      onUnknownCertificate();
    }
    return {
      serverName, certificate: identity.certificatePem, authorityCertificate: identity.authorityCertificatePem, sealedKey: new Uint8Array(sealDoorKey(controlKey, serverName, identity.keyPem)),
      members: members.map(({ serverId, certificateSerial, formerSerial }) => ({ serverId, serials: [certificateSerial, formerSerial].filter((serial) => serial !== '') })),
    };
  }
}
