import { createHash } from 'node:crypto';
import { Agent, type ClientRequest, type IncomingMessage, request as sendRequest } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Request, RequestHandler, Response } from 'express';
import { sourceNetwork } from '@inkpost/service/source-network.js';
import { currentTraceparent } from '@inkpost/telemetry/telemetry.js';
import { AnonymousBudget } from '../answer-route/anonymous-budget.js';
import type { ControlTokens } from '../call-owner/control-tokens.js';
import { LIMITS } from '../limits.js';
import { DOOR_CALLER, type DomainDoor, type ProvenPeer } from './domain-door.js';

export interface PassOnOptions {
  readonly door: DomainDoor;
  readonly tokens: ControlTokens;
  readonly domainSyncUrl: string;
}

/** Only contracts between servers: nothing of the control plane is reached from here. */
const METHOD = /^\/(?<service>domain\.v1\.[A-Za-z]{1,64})\/[A-Za-z]{1,64}$/;
/** For who is no member yet. */
const OPEN_SERVICE = 'domain.v1.AdmissionService';
/** What goes on as it came; everything else is said by the gateway itself or is of no concern. */
const REQUEST_HEADERS = ['content-type', 'content-encoding', 'content-length', 'accept-encoding', 'connect-protocol-version', 'connect-timeout-ms', 'inkpost-succession'] as const;
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);

/** As Connect says errors, so that callers understand them. */
type ConnectCode = 'unauthenticated' | 'permission_denied' | 'unimplemented' | 'resource_exhausted' | 'unavailable';
const STATUS: Readonly<Record<ConnectCode, number>> = { unauthenticated: 401, permission_denied: 403, unimplemented: 404, resource_exhausted: 429, unavailable: 503 };

/** Hands what servers say to each other on to domain-sync, as bytes, with the name of the one whom the certificate proves. It knows nothing of what is said. */
export function passOnDsp({ door, tokens, domainSyncUrl }: PassOnOptions): RequestHandler {
  const agent = new Agent({ keepAlive: true });
  const strangers = new AnonymousBudget();
  const servers = new AnonymousBudget({ burst: LIMITS.peerBurst, perSecond: LIMITS.peerPerSecond });
  const decide = async (request: Request): Promise<Refused | Admitted> => {
    const service = METHOD.exec(request.path)?.groups?.['service'];
    if (request.method !== 'POST' || service === undefined) return { code: 'unimplemented', message: 'There is no such method.' };
    if (Number(request.headers['content-length'] ?? 0) > LIMITS.dspBytesMax) return tooLong();
    const { socket } = request;
    if (!(socket instanceof TLSSocket)) return { code: 'unavailable', message: 'This server speaks plain HTTP between servers: it can be in no domain.' };
    const peer = await door.peerOf(socket);
    if (!peer && service !== OPEN_SERVICE) return { code: 'unauthenticated', message: 'This is for servers of the domain: the certificate is missing, or no longer one of it.' };
    const wait = peer ? servers.take(peer.serverId) : strangers.take(sourceNetwork(request.ip ?? ''));
    return wait > 0 ? { code: 'resource_exhausted', message: `Too many calls: try again in ${wait} s.` } : { peer, isOpen: service === OPEN_SERVICE };
  };
  return (request, response) => {
    const pass = async (): Promise<void> => {
      const decision = await decide(request);
      if ('code' in decision) return refuse(request, response, decision);
      const headers = { ...headersOf(request, decision.peer), authorization: `Bearer ${await tokens.tokenFor('domain-sync', DOOR_CALLER)}` };
      const onward = sendRequest(new URL(request.path, domainSyncUrl), { method: 'POST', agent, headers });
      // Who joined or left is let in or refused from now on.
      if (decision.isOpen) response.once('finish', () => void door.lookSoon());
      exchange(request, response, onward);
    };
    pass().catch(() => refuse(request, response, { code: 'unavailable', message: 'This server can not answer now.' }));
  };
}

interface Refused {
  readonly code: ConnectCode;
  readonly message: string;
}

interface Admitted {
  readonly peer: ProvenPeer | undefined;
  readonly isOpen: boolean;
}

function tooLong(): Refused {
  return { code: 'resource_exhausted', message: `A message between servers has ${LIMITS.dspBytesMax} bytes at most.` };
}

function headersOf(request: Request, peer: ProvenPeer | undefined): Record<string, string> {
  const own = shownTo(request.socket as TLSSocket);
  const kept = REQUEST_HEADERS.flatMap((name) => (typeof request.headers[name] === 'string' ? [[name, request.headers[name]] as const] : []));
  const traceparent = currentTraceparent();
  return {
    ...Object.fromEntries(kept), 'inkpost-source': request.ip ?? '',
    ...(own === '' ? {} : { 'inkpost-door-certificate': own }),
    ...(peer ? { 'inkpost-peer': peer.serverId, 'inkpost-peer-serial': peer.serial } : {}),
    ...(traceparent === '' ? {} : { traceparent }),
  };
}

/** Servers keep their connections for long. */
const SHOWN = new WeakMap<TLSSocket, string>();

/** SHA-256 of the certificate that this door showed on the connection, lower-case hexadecimal; empty: none. */
function shownTo(socket: TLSSocket): string {
  const known = SHOWN.get(socket);
  if (known !== undefined) return known;
  const own = socket.getX509Certificate();
  const digest = own ? createHash('sha256').update(own.raw).digest('hex') : '';
  SHOWN.set(socket, digest);
  return digest;
}

function exchange(request: Request, response: Response, onward: ClientRequest): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= LIMITS.dspBytesMax) return;
    onward.destroy();
    refuse(request, response, tooLong());
  });
  request.pipe(onward);
  onward.once('response', (answer: IncomingMessage) => {
    const headers = Object.entries(answer.headers).filter(([name]) => !HOP_BY_HOP.has(name));
    response.writeHead(answer.statusCode ?? 502, Object.fromEntries(headers));
    answer.pipe(response);
    answer.once('error', () => response.destroy());
  });
  onward.once('error', () => refuse(request, response, { code: 'unavailable', message: 'This server can not answer now.' }));
  response.once('close', () => onward.destroy());
}

/** What was not read of the request is not read any more. */
function refuse(request: Request, response: Response, { code, message }: Refused): void {
  request.unpipe();
  if (response.headersSent) return void (response.writableEnded || response.destroy());
  response.writeHead(STATUS[code], { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify({ code, message }));
}
