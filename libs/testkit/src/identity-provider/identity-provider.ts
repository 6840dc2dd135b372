import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { text } from 'node:stream/consumers';
import type { MailUser } from '../dovecot-server.js';
import { freePort } from '../free-port.js';
import { makeTestCertificate } from '../test-certificate.js';
import { ShapedProvider, type TestClient, type TokenRequest } from './shaped-provider.js';
import { type ProviderShape, type RefusalReason, TENANT_UNKNOWN } from './token-refusal.js';

export interface IdentityProviderOptions {
  readonly users: readonly MailUser[];
  /** Where Inkpost is reached, `http://localhost:5780`: its callbacks are registered. */
  readonly publicUrl: string;
  /** Whose mail the application of Office 365 may read by itself. */
  readonly applicationMailbox?: string;
  /** Of a stand-in for Microsoft Graph that takes its tokens. */
  readonly graphUrl?: string;
}

/**
 * Real OpenID providers on https://localhost in the shapes of Entra (one tenant) and Google: their paths, scopes, rotation and words
 * of refusal. What can't be brought about from outside, such as a policy of the organisation, is refused by `refuse`.
 */
export interface IdentityProvider {
  /** As `INKPOST_OFFICE365_AUTHORITY`. */
  readonly authority: string;
  /** As `INKPOST_GOOGLE_ISSUER`. */
  readonly googleIssuer: string;
  /** The one tenant of the authority, by its two names. */
  readonly tenantId: string;
  readonly tenantDomain: string;
  readonly office365: TestClient;
  readonly google: TestClient;
  /** Signs its certificate (PEM). */
  readonly ca: string;
  /** For a Dovecot's XOAUTH2 (RFC 7662). */
  readonly introspectionUrl: string;
  /** All requests for tokens, in their order. */
  tokenRequests(): readonly TokenRequest[];
  /** Of tokens that are given from now on. */
  setAccessTokenSeconds(seconds: number): void;
  setTokenDelayMs(delayMs: number): void;
  /** Refuses all tokens for this reason, until it is called with undefined. */
  refuse(shape: ProviderShape, reason: RefusalReason | undefined): void;
  changeClientSecret(shape: ProviderShape, secret: string): void;
  /** Uploads the certificate (PEM) of an application of Office 365 that has no secret; gives its client ID. Another one takes the place of the one before. */
  certifyApplication(certificate: string): string;
  /** Ends the account's sessions, grants and tokens. */
  revoke(account: string): void;
  stop(): Promise<void>;
  /** On the same port. */
  start(): Promise<void>;
}

const TENANT_DOMAIN = 'inkpost.onmicrosoft.test';

export async function startIdentityProvider({ users, publicUrl, applicationMailbox, graphUrl = 'https://graph.microsoft.com' }: IdentityProviderOptions): Promise<IdentityProvider> {
  const [port, { ca, certificate, key }] = [await freePort(), await makeTestCertificate()];
  const origin = `https://localhost:${port}`;
  const [tenantId, certifiedClientId] = [randomUUID(), randomUUID()];
  const client = (shape: ProviderShape): TestClient => ({ clientId: shape === 'google' ? '1234.apps.googleusercontent.test' : randomUUID(), clientSecret: `${shape}~s3cret`, redirectUris: [`${publicUrl}/api/v0/oauth/${shape}/ack`] });
  const clients = { office365: client('office365'), google: client('google') };
  const providers: Readonly<Record<ProviderShape, ShapedProvider>> = {
    office365: new ShapedProvider({ shape: 'office365', issuer: `${origin}/${tenantId}/v2.0`, mountPath: `/${tenantId}`, users, client: clients.office365, applicationMailbox, graphUrl }),
    google: new ShapedProvider({ shape: 'google', issuer: `${origin}/google`, mountPath: '/google', users, client: clients.google, applicationMailbox: undefined, graphUrl }),
  };
  const all = Object.values(providers);
  const answer: RequestListener = (request, response) => void route(request, response, tenantId, providers).catch(() => response.destroy());
  const introspection = createHttpServer((request, response) => void introspect(request, response, all).catch(() => response.destroy()));
  await listen(introspection, 0);
  let server: Server | undefined;
  const start = async (): Promise<void> => {
    server = createHttpsServer({ cert: certificate, key }, answer);
    await listen(server, port);
  };
  const stop = async (): Promise<void> => {
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
  };
  await start();
  const introspectionPort = portOf(introspection);
  return {
    authority: origin, googleIssuer: `${origin}/google`, tenantId, tenantDomain: TENANT_DOMAIN, ...clients, ca, introspectionUrl: `http://dovecot:introspect@127.0.0.1:${introspectionPort}/`,
    tokenRequests: () => all.flatMap(({ requests }) => requests),
    setAccessTokenSeconds: (seconds) => all.forEach((provider) => void (provider.accessTokenSeconds = seconds)),
    setTokenDelayMs: (delayMs) => all.forEach((provider) => void (provider.tokenDelayMs = delayMs)),
    refuse: (shape, reason) => void (providers[shape].refusal = reason),
    changeClientSecret: (shape, secret) => {
      clients[shape].clientSecret = secret;
      providers[shape].setClient();
    },
    certifyApplication: (certificate) => {
      providers.office365.setCertifiedClient({ clientId: certifiedClientId, certificate });
      return certifiedClientId;
    },
    revoke: (account) => all.forEach(({ memory }) => memory.forgetAccount(account)),
    start,
    stop,
  };
}

async function route(request: IncomingMessage, response: ServerResponse, tenantId: string, providers: Readonly<Record<ProviderShape, ShapedProvider>>): Promise<void> {
  const [, first = '', rest = ''] = /^\/([^/]+)(\/.*)$/.exec(request.url ?? '') ?? [];
  if (first === 'google') return providers.google.answer(request, response, rest);
  // Entra publishes its metadata below the version, and says the endpoints themselves.
  if (first === tenantId || first === TENANT_DOMAIN) return providers.office365.answer(request, response, rest.replace(/^\/v2\.0(?=\/\.well-known\/)/, ''));
  const { status, body } = TENANT_UNKNOWN;
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function introspect(request: IncomingMessage, response: ServerResponse, providers: readonly ShapedProvider[]): Promise<void> {
  const token = new URLSearchParams(await text(request)).get('token') ?? '';
  const found = await Promise.all(providers.map((provider) => provider.introspect(token)));
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(found.find((each) => each !== undefined) ?? { active: false }));
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return address.port;
}
