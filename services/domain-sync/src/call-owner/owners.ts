import { Agent } from 'node:http';
import type { DescService } from '@bufbuild/protobuf';
import { type Client, createClient, type Interceptor, type Transport } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { signControlToken } from '@inkpost/service/control-token.js';
import { type Caller, RIGHTS } from '@inkpost/service/rights.js';
import { currentTraceparent } from '@inkpost/telemetry/telemetry.js';
import { OWNER_CALL_MS } from '../limits.js';

/** The services whose objects a domain shares. */
export const OBJECT_OWNERS = ['print-submit', 'guest-account', 'notification'] as const;

export type ObjectOwner = (typeof OBJECT_OWNERS)[number];

/** In whose name the domain acts: what a master's administrator decided was allowed there. Nobody gives rights that they lack, and security profiles may give any. */
const DOMAIN: Caller = { actor: 'domain', rights: RIGHTS };
/** Well below the 60 s that a token lives. */
const TOKEN_REUSE_MS = 30_000;
const SOCKETS_PER_OWNER = 16;

/** Clients of the owners' control planes on this server, over kept-alive connections. Calls have a deadline; a refusal or an owner that is down is a ConnectError. */
export class Owners {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_PER_OWNER });
  private readonly transports = new Map<ObjectOwner, Transport>();

  /** `keyOf` gives the owner's own control key; it is asked for with the first call. */
  constructor(
    private readonly urls: Readonly<Record<ObjectOwner, string>>,
    private readonly keyOf: (owner: ObjectOwner) => Promise<string>,
  ) {}

  client<S extends DescService>(service: S, owner: ObjectOwner): Client<S> {
    return createClient(service, this.transportTo(owner));
  }

  onModuleDestroy(): void {
    this.agent.destroy();
  }

  private transportTo(owner: ObjectOwner): Transport {
    const known = this.transports.get(owner);
    if (known) return known;
    const transport = createConnectTransport({
      httpVersion: '1.1', baseUrl: this.urls[owner], nodeOptions: { agent: this.agent }, defaultTimeoutMs: OWNER_CALL_MS, interceptors: [this.present(owner)],
    });
    this.transports.set(owner, transport);
    return transport;
  }

  private present(owner: ObjectOwner): Interceptor {
    let signed = { token: '', until: 0 };
    return (next) => async (request) => {
      if (signed.until < Date.now()) {
        const token = await signControlToken(new TextEncoder().encode(await this.keyOf(owner)), owner, DOMAIN);
        signed = { token, until: Date.now() + TOKEN_REUSE_MS };
      }
      request.header.set('authorization', `Bearer ${signed.token}`);
      const traceparent = currentTraceparent();
      if (traceparent !== '') request.header.set('traceparent', traceparent);
      return next(request);
    };
  }
}
