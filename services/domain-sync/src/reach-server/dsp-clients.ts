import type { Agent } from 'node:https';
import type { DescService } from '@bufbuild/protobuf';
import { type Client, Code, ConnectError, createClient, type Interceptor, type Transport } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import type { AddressGuard } from '@inkpost/admission/reach-server.js';
import { dspNameOf } from '@inkpost/trust/dsp-name.js';
import { SUCCESSION_HEADER } from '../answer-servers/peer.js';
import type { DomainStore } from '../domain/domain.store.js';
import type { Succeed } from '../domain/succeed.js';
import { DSP_CALL_MS, DSP_CONNECT_MS, DSP_RESPONSE_BYTES_MAX, DSP_SOCKETS_PER_SERVER, IDENTITY_HOLDS_MS } from '../limits.js';
import { ConnectingAgent } from './connecting-agent.js';
import { transferMs } from './transfer-time.js';

/** Another server of the domain. */
export interface ReachableServer {
  readonly serverId: string;
  /** `https://host:5753/watchdoc/server`: only its origin counts. */
  readonly uri: string;
}

interface OpenTransport {
  readonly transport: Transport;
  readonly agent: Agent;
  readonly certificatePem: string;
}

/**
 * Connect clients of other servers of the domain: mutual TLS, pinned to the domain's authority and to the one server, over kept-alive connections. Whatever either side
 * knows of a newer master goes along with each call. A call has 30 s unless it says otherwise, and the time that its message is under way.
 */
export class DspClients {
  private readonly transports = new Map<string, OpenTransport>();
  private identity: { readonly of: ReturnType<DomainStore['identity']>; readonly until: number } | undefined;

  constructor(
    private readonly domains: Pick<DomainStore, 'identity'>,
    private readonly succeed: Succeed,
    /** A member says itself where it is: not everywhere is it called. */
    private readonly guard: AddressGuard,
  ) {}

  /** Throws ConnectErrors; FailedPrecondition while this server is in no domain, Unavailable while the other is not reached. */
  clientFor<S extends DescService>(service: S, server: ReachableServer): Client<S> {
    return createClient(service, {
      unary: async (method, signal, timeoutMs = DSP_CALL_MS, header, input, values) => (await this.transportTo(server)).unary(method, signal, timeoutMs + transferMs(method.input, input), header, input, values),
      stream: async (...call) => (await this.transportTo(server)).stream(...call),
    });
  }

  /** The certificate is another one, or the domain: connections are made anew. */
  forget(): void {
    this.identity = undefined;
    for (const { agent } of this.transports.values()) agent.destroy();
    this.transports.clear();
  }

  onModuleDestroy(): void {
    this.forget();
  }

  private async transportTo({ serverId, uri }: ReachableServer): Promise<Transport> {
    const { origin, hostname } = new URL(uri);
    if (!this.identity || this.identity.until < Date.now()) this.identity = { of: this.domains.identity(), until: Date.now() + IDENTITY_HOLDS_MS };
    const identity = await this.identity.of.catch((error: unknown) => {
      this.identity = undefined;
      throw error;
    });
    if (!identity) this.identity = undefined;
    if (!identity) throw new ConnectError('This server is in no domain.', Code.FailedPrecondition);
    const name = `${serverId} ${origin}`;
    const known = this.transports.get(name);
    if (known?.certificatePem === identity.certificatePem) return known.transport;
    known?.agent.destroy();
    const agent = new ConnectingAgent({
      ...this.guard(hostname.replaceAll(/^\[|\]$/g, '')), cert: identity.certificatePem, key: identity.keyPem, ca: identity.authorityCertificatePem, servername: dspNameOf(serverId),
      minVersion: 'TLSv1.3', keepAlive: true, maxSockets: DSP_SOCKETS_PER_SERVER,
    }, DSP_CONNECT_MS);
    const transport = createConnectTransport({
      httpVersion: '1.1', useBinaryFormat: true, baseUrl: `${origin}/dsp/v1`, nodeOptions: { agent }, readMaxBytes: DSP_RESPONSE_BYTES_MAX, interceptors: [this.bearSuccession(origin)],
    });
    this.transports.set(name, { transport, agent, certificatePem: identity.certificatePem });
    return transport;
  }

  private bearSuccession(origin: string): Interceptor {
    return (next) => async (request) => {
      const statement = await this.succeed.statement();
      if (statement !== '') request.header.set(SUCCESSION_HEADER, statement);
      const hear = async (headers: Headers) => this.succeed.hear(headers.get(SUCCESSION_HEADER) ?? '');
      try {
        const response = await next(request);
        await hear(response.header);
        return response;
      } catch (error) {
        if (error instanceof ConnectError) await hear(error.metadata);
        throw namelessRefusal(error, origin) ?? error;
      }
    };
  }
}

/** Node's words for a door that breaks off at the name that is called: it shows the domain's certificate to none but its own server's. Undefined: it is something else. */
function namelessRefusal(error: unknown, origin: string): ConnectError | undefined {
  if (!(error instanceof ConnectError) || !error.rawMessage.includes('disconnected before secure TLS connection')) return undefined;
  const reason = `The server at ${origin} broke off before the connection was secured: either another one is there, or it is in this domain no longer. Look at ${origin}/watchdoc/server.`;
  return new ConnectError(reason, error.code, error.metadata, undefined, error.cause);
}
