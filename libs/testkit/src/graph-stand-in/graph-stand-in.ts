import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { makeTestCertificate } from '../test-certificate.js';
import { answerGraphCall, type GraphAnswer } from './graph-api.js';
import { GraphDelta } from './graph-delta.js';
import { GraphError } from './graph-error.js';
import { GraphMailbox } from './graph-mailbox.js';

/** Whom a token stands for. */
export interface GraphCaller {
  /** The person whose mailbox is /me; undefined: the application itself, which has no /me. */
  readonly user?: string;
  /** Mail.ReadWrite rather than Mail.Read. */
  readonly mayWrite: boolean;
}

/** undefined: no such token, or no longer; `claims-challenge`: a policy wants the person to sign in anew. */
export type AuthorizeGraphToken = (token: string) => TokenMeaning | Promise<TokenMeaning>;
type TokenMeaning = GraphCaller | 'claims-challenge' | undefined;

/** What happens instead of the answer, or in the midst of it. */
export type GraphFault =
  | { readonly status: number; readonly code?: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly afterBytes: number; readonly andThen: 'cut' | 'silence' };

export interface GraphRequest {
  /** Method and path below the version, such as `GET /me/mailFolders/inbox`. */
  readonly line: string;
  /** performance.now() */
  readonly at: number;
  readonly token: string;
  /** Counts the connections. */
  readonly connection: number;
}

/**
 * A stand-in for Microsoft Graph, which nobody but Microsoft can run: written from its public documentation, for mail folders,
 * messages, delta queries, errors and throttling. It shows that Inkpost keeps to what is documented, not how Microsoft's service behaves.
 */
export interface GraphStandIn {
  /** Without the version. */
  readonly url: string;
  /** Signs its certificate (PEM). */
  readonly ca: string;
  /** All that were received. */
  readonly requests: readonly GraphRequest[];
  /** So many were answered side by side, at most. */
  mostAtOnce(address: string): number;
  mailbox(address: string): GraphMailbox;
  delta(address: string): GraphDelta;
  /** The next `times` requests whose line fits don't get their answer. */
  fail(line: RegExp, fault: GraphFault, times?: number): void;
  /** Takes back what wasn't asked for. */
  heal(): void;
  /** Ends all connections, whatever is under way; new ones work. */
  cut(): void;
  /** As a load balancer does with connections that it has kept for long: the next request on each gets no answer. */
  endConnectionsBeforeNextAnswer(): void;
  stop(): Promise<void>;
}

export interface GraphStandInOptions {
  readonly addresses: readonly string[];
  readonly authorize: AuthorizeGraphToken;
  /** How long each answer takes. */
  readonly latencyMs?: number;
  readonly permanentDelete?: boolean;
}

/** Requests of one application for one mailbox at a time (Graph, "Outlook service limits"). */
const CONCURRENT_MAX = 4;
const VERSION = '/v1.0';
const CHUNK_BYTES = 32 * 1024;

export async function startGraphStandIn(options: GraphStandInOptions): Promise<GraphStandIn> {
  const { ca, certificate, key } = await makeTestCertificate();
  const graph = new StandIn(options);
  const server = createServer({ cert: certificate, key }, (request, response) => {
    // A connection that breaks is the client's matter.
    graph.handle(request, response).catch(() => response.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the stand-in listens on no port');
  graph.url = `https://127.0.0.1:${address.port}`;
  return {
    url: graph.url,
    ca,
    requests: graph.requests,
    mostAtOnce: (own) => graph.account(own).mostUnderWay,
    mailbox: (own) => graph.account(own).mailbox,
    delta: (own) => graph.account(own).delta,
    heal: () => void graph.faults.splice(0),
    fail: (line, fault, times = 1) => void graph.faults.push(...Array.from({ length: times }, () => ({ line, fault }))),
    cut: () => server.closeAllConnections(),
    endConnectionsBeforeNextAnswer: () => {
      for (const socket of graph.connections.keys()) graph.ending.add(socket);
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

interface Account {
  readonly mailbox: GraphMailbox;
  readonly delta: GraphDelta;
  underWay: number;
  mostUnderWay: number;
}

class StandIn {
  url = '';
  readonly requests: GraphRequest[] = [];
  readonly faults: { readonly line: RegExp; readonly fault: GraphFault }[] = [];
  readonly connections = new Map<Socket, number>();
  readonly ending = new Set<Socket>();
  private readonly accounts: ReadonlyMap<string, Account>;

  constructor(private readonly options: GraphStandInOptions) {
    this.accounts = new Map(options.addresses.map((address) => {
      const mailbox = new GraphMailbox(address);
      return [address, { mailbox, delta: new GraphDelta(mailbox), underWay: 0, mostUnderWay: 0 }];
    }));
  }

  account(address: string): Account {
    const account = this.accounts.get(address);
    if (!account) throw new GraphError(404, 'ErrorInvalidUser', `The requested user '${address}' is invalid.`);
    return account;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const line = `${request.method} ${request.url?.replace(VERSION, '')}`;
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    this.requests.push({ line, at: performance.now(), token, connection: this.connectionOf(request.socket) });
    if (this.ending.delete(request.socket)) return void request.socket.resetAndDestroy();
    const id = { 'request-id': randomUUID(), 'client-request-id': String(request.headers['client-request-id'] ?? randomUUID()) };
    const fault = this.takeFault(line);
    try {
      if (fault && 'status' in fault) throw new GraphError(fault.status, fault.code ?? 'UnknownError', '', fault.headers);
      const answer = await this.answer(request, token);
      if (fault) await breakOff(response, answer, fault);
      else await send(response, answer, id);
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      const { status, code, message, headers } = error;
      const innerError = { date: new Date().toISOString().slice(0, 19), ...id };
      await send(response, { status, json: { error: { code, message, innerError } } }, { ...id, ...headers });
    }
  }

  private connectionOf(socket: Socket): number {
    const known = this.connections.get(socket) ?? this.connections.size;
    this.connections.set(socket, known);
    return known;
  }

  private takeFault(line: string): GraphFault | undefined {
    const at = this.faults.findIndex((planned) => planned.line.test(line));
    return at < 0 ? undefined : this.faults.splice(at, 1)[0]?.fault;
  }

  private async answer(request: IncomingMessage, token: string): Promise<GraphAnswer> {
    const caller = await this.authorize(token);
    const url = new URL(request.url ?? '', this.url);
    const segments = readSegments(url.pathname);
    const body: unknown = request.method === 'POST' || request.method === 'PATCH' ? await json(request).catch(() => undefined) : undefined;
    const user = segments[0] === 'me' ? ['me'] : segments.slice(0, 2);
    const account = this.account(addressOf(user, caller));
    if (account.underWay >= CONCURRENT_MAX) throw new GraphError(429, 'ApplicationThrottled', 'Application is over its MailboxConcurrency limit.', { 'retry-after': '1' });
    account.underWay += 1;
    account.mostUnderWay = Math.max(account.mostUnderWay, account.underWay);
    try {
      if (this.options.latencyMs) await pause(this.options.latencyMs);
      return answerGraphCall({
        method: request.method ?? '', segments: segments.slice(user.length), query: url.searchParams, body, mayWrite: caller.mayWrite, ...readPreferences(request),
        mailbox: account.mailbox, delta: account.delta, userUrl: `${this.url}${VERSION}/${user.join('/')}`, permanentDelete: this.options.permanentDelete ?? true,
      });
    } finally {
      account.underWay -= 1;
    }
  }

  private async authorize(token: string): Promise<GraphCaller> {
    const caller = await this.options.authorize(token);
    if (typeof caller === 'object') return caller;
    const challenge = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"';
    if (caller === undefined) throw new GraphError(401, 'InvalidAuthenticationToken', token === '' ? 'Access token is empty.' : 'Access token has expired or is not yet valid.', { 'www-authenticate': challenge });
    const claims = Buffer.from('{"access_token":{"nbf":{"essential":true, "value":"1604106651"}}}').toString('base64');
    throw new GraphError(401, 'InvalidAuthenticationToken', 'Continuous access evaluation resulted in challenge.', { 'www-authenticate': `${challenge}, error="insufficient_claims", claims="${claims}"` });
  }
}

function addressOf([kind, name = '']: readonly string[], { user }: GraphCaller): string {
  if (kind === 'me') {
    if (user === undefined) throw new GraphError(400, 'BadRequest', '/me request is only valid with delegated authentication flow.');
    return user;
  }
  if (user !== undefined && user !== name) throw new GraphError(403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.');
  return name;
}

/** OData's keys in parentheses are segments of their own. */
function readSegments(path: string): string[] {
  const raw = path.slice(VERSION.length).split('/').filter((part) => part !== '');
  return raw.flatMap((part) => {
    const [, name, key] = /^(\w+)\('(.*)'\)$/.exec(part) ?? [];
    return name === undefined || key === undefined ? [decodeURIComponent(part)] : [name, decodeURIComponent(key)];
  });
}

function readPreferences({ headers }: IncomingMessage): { immutableIds: boolean; pageSize: number | undefined } {
  const prefer = String(headers.prefer ?? '');
  const size = /odata\.maxpagesize=(\d+)/.exec(prefer)?.[1];
  return { immutableIds: /IdType="ImmutableId"/.test(prefer), pageSize: size === undefined ? undefined : Number(size) };
}

async function send(response: ServerResponse, { status, json, mime }: GraphAnswer, headers: Readonly<Record<string, string>>): Promise<void> {
  if (mime) {
    response.writeHead(status, { ...headers, 'content-type': 'text/plain', 'transfer-encoding': 'chunked' });
    await pipeline(chunksOf(mime), response);
  } else if (json === undefined) {
    response.writeHead(status, headers).end();
  } else {
    response.writeHead(status, { ...headers, 'content-type': 'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8' }).end(JSON.stringify(json));
  }
}

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += CHUNK_BYTES) yield bytes.subarray(from, from + CHUNK_BYTES);
}

/** The first bytes of the answer, then the end of the connection, or nothing any more. */
async function breakOff(response: ServerResponse, { status, json, mime }: GraphAnswer, { afterBytes, andThen }: Extract<GraphFault, { afterBytes: number }>): Promise<void> {
  if (afterBytes > 0) {
    const bytes = mime ?? Buffer.from(JSON.stringify(json));
    response.writeHead(status, { 'content-type': mime ? 'text/plain' : 'application/json', 'transfer-encoding': 'chunked' });
    await new Promise((resolve) => response.write(bytes.subarray(0, afterBytes), resolve));
  }
  if (andThen === 'cut') response.destroy();
}
