import type { X509Certificate } from 'node:crypto';
import type { Server as HttpsServer } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { callbackify } from 'node:util';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { Client } from '@connectrpc/connect';
import type { DomainDoorService, GetDoorResponse } from '@inkpost/contracts/admin/v1/domain_pb.js';
import { RepeatedRound } from '@inkpost/service/repeated-round.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { openDoorKey } from '@inkpost/trust/door-key.js';
import { serverIdOf } from '@inkpost/trust/dsp-name.js';
import { as } from '../call-owner/owners.js';
import { LIMITS } from '../limits.js';

/** Who the gateway is to domain-sync, where it speaks for itself. */
export const DOOR_CALLER = { actor: 'door', rights: [] } as const;

/** What a server of the domain has proven with its certificate. */
export interface ProvenPeer {
  readonly serverId: string;
  /** Lower-case hexadecimal. */
  readonly serial: string;
}

interface OpenDoor {
  readonly said: GetDoorResponse;
  readonly context: SecureContext;
  readonly serials: ReadonlyMap<string, readonly string[]>;
}

export interface DomainDoorOptions {
  readonly owner: Client<typeof DomainDoorService>;
  readonly controlKey: Uint8Array;
  readonly log: Log;
}

/**
 * The domain's side of the door between servers. Who sends a member's name as SNI is shown this server's certificate of the domain, and must show one itself;
 * everybody else is shown the door's own. Certificate, key and members are domain-sync's, and asked for again and again.
 */
export class DomainDoor {
  private door: OpenDoor | undefined;
  private looking: Promise<void> | undefined;
  private lookingSoon: Promise<void> | undefined;
  /** What connections showed when they were opened. */
  private readonly shown = new WeakMap<TLSSocket, ProvenPeer>();
  private lookedAt = Number.NEGATIVE_INFINITY;
  /** Who came last with a certificate of the domain that is not known. */
  private unknown = '';
  private readonly round: RepeatedRound;

  constructor(private readonly options: DomainDoorOptions) {
    const onError = (error: unknown): void => options.log.debug('door of the domain not asked for, tried again', { error });
    this.round = new RepeatedRound({ everyMs: LIMITS.doorLookMs, act: () => this.look(), onError });
  }

  start(): void {
    this.round.start();
  }

  async close(): Promise<void> {
    await this.round.stop(LIMITS.drainMs);
  }

  /** PEM, of this server's certificate of the domain; undefined: it is in none. */
  get certificate(): string | undefined {
    return this.door?.said.certificate;
  }

  /** PEM, of the authority that signs those of the domain; undefined: this server is in none. */
  get authorityCertificate(): string | undefined {
    return this.door?.said.authorityCertificate;
  }

  /** Options of the TLS server. Certificates are asked of everybody, and looked at only of who came for the domain. */
  get tlsOptions() {
    return {
      requestCert: true, rejectUnauthorized: false,
      // Without a context it is the door's own certificate that is shown.
      SNICallback: callbackify(async (name: string) => (serverIdOf(name) === undefined ? undefined : this.contextFor(name))),
    };
  }

  /** Who came for the domain and shows no certificate of its authority is refused before anything is read. */
  guard(server: HttpsServer): void {
    server.prependListener('secureConnection', (socket) => {
      if (cameForDomain(socket) && !socket.authorized) socket.destroy();
    });
  }

  /** Undefined: none of the domain's, or one that is no member any more. */
  async peerOf(socket: TLSSocket): Promise<ProvenPeer | undefined> {
    if (!cameForDomain(socket) || !socket.authorized) return undefined;
    const peer = this.shown.get(socket) ?? peerIn(socket.getPeerX509Certificate());
    if (!peer) return undefined;
    this.shown.set(socket, peer);
    if (!this.knows(peer)) {
      this.unknown = peer.serverId;
      await this.lookSoon();
    }
    return this.knows(peer) ? peer : undefined;
  }

  /** Something may be otherwise now: it is asked again, a moment later where it was asked just before, for all who want to know. */
  async lookSoon(): Promise<void> {
    const pauseMs = Math.max(0, this.lookedAt + LIMITS.doorLookAgainMs - performance.now());
    this.lookingSoon ??= sleep(pauseMs, undefined, { ref: false }).then(() => this.look()).catch(() => undefined).finally(() => {
      this.lookingSoon = undefined;
    });
    await this.lookingSoon;
  }

  private knows({ serverId, serial }: ProvenPeer): boolean {
    return this.door?.serials.get(serverId)?.includes(serial) ?? false;
  }

  private async contextFor(name: string): Promise<SecureContext> {
    if (this.door?.said.serverName !== name) await this.lookSoon();
    if (this.door?.said.serverName !== name) throw new Error('This server does not go by that name.');
    return this.door.context;
  }

  private look(): Promise<void> {
    this.lookedAt = performance.now();
    this.looking ??= this.ask().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  private async ask(): Promise<void> {
    const { owner, controlKey, log } = this.options;
    const unknownCertificateOf = this.unknown;
    this.unknown = '';
    const said = await owner.getDoor({ unknownCertificateOf }, as(DOOR_CALLER));
    if (said.serverName === '') {
      this.door = undefined;
      return;
    }
    const isSame = this.door?.said.certificate === said.certificate && this.door.said.serverName === said.serverName;
    const context = isSame && this.door ? this.door.context : createSecureContext({ cert: said.certificate, key: openDoorKey(controlKey, said.serverName, said.sealedKey), ca: said.authorityCertificate });
    if (!isSame) log.info('door of the domain open', { serverName: said.serverName });
    this.door = { said, context, serials: new Map(said.members.map(({ serverId, serials }) => [serverId, serials])) };
  }
}

function peerIn(certificate: X509Certificate | undefined): ProvenPeer | undefined {
  const serverId = serverIdOf(/^DNS:([^,]+)$/.exec(certificate?.subjectAltName ?? '')?.[1] ?? '');
  return certificate && serverId !== undefined ? { serverId, serial: certificate.serialNumber.toLowerCase() } : undefined;
}

function cameForDomain({ servername }: TLSSocket & { readonly servername?: string | false | null }): boolean {
  return typeof servername === 'string' && serverIdOf(servername) !== undefined;
}
