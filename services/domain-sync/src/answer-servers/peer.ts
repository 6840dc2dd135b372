import { Code, ConnectError, createContextKey, type HandlerContext } from '@connectrpc/connect';
import type { DomainRole } from '../domain/domain.js';

/** Set by the gateway alone, on what it hands on from the door between servers: which server the client certificate proves. */
export const PEER_HEADER = 'inkpost-peer';
/** The certificate's serial number, lower-case hexadecimal. */
export const PEER_SERIAL_HEADER = 'inkpost-peer-serial';
/** SHA-256 of the certificate that the door showed, lower-case hexadecimal. */
export const DOOR_CERTIFICATE_HEADER = 'inkpost-door-certificate';
/** Where the connection comes from: an IP address. */
export const SOURCE_HEADER = 'inkpost-source';
/** Both ways, with each call: who is master since when. */
export const SUCCESSION_HEADER = 'inkpost-succession';

/** A server of this domain, proven by its certificate. */
export interface Peer {
  readonly serverId: string;
  readonly role: DomainRole;
}

export const peerKey = createContextKey<Peer | undefined>(undefined);

/** Who calls. Throws where no server of the domain does: its method was not registered by `answerServers`. */
export function peerOf(context: HandlerContext): Peer {
  const peer = context.values.get(peerKey);
  if (!peer) throw new ConnectError('No server of this domain calls.', Code.Unauthenticated);
  return peer;
}
