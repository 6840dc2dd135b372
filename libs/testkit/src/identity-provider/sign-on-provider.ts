import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { type Configuration, Provider } from 'oidc-provider';
import { freePort } from '../free-port.js';
import { makeTestCertificate } from '../test-certificate.js';
import { ProviderMemory } from './provider-memory.js';
import { SignInPages } from './sign-in-pages.js';

export interface SignOnUser {
  /** What is typed to sign in; also the subject. */
  readonly address: string;
  readonly password: string;
  /** Besides the subject. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface SignOnProviderOptions {
  readonly users: readonly SignOnUser[];
  readonly redirectUris: readonly string[];
  readonly signOutRedirectUris: readonly string[];
  /** Claims stand in the token; else only its subject does, and the rest is to be asked for, as the standard has it. Default false. */
  readonly claimsInToken?: boolean;
}

/** A real OpenID provider for one client, on https://localhost. It demands PKCE. */
export interface SignOnProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Signs its certificate (PEM). */
  readonly ca: string;
  /** Tokens are signed with another key from now on than the published one. */
  forgeSignatures(): void;
  stop(): Promise<void>;
}

const CLIENT = { clientId: 'inkpost', clientSecret: 'sign-on~s3cret' } as const;

function signingKey(kid: string) {
  return { ...generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid };
}

export async function startSignOnProvider({ users, redirectUris, signOutRedirectUris, claimsInToken = false }: SignOnProviderOptions): Promise<SignOnProvider> {
  const [port, { ca, certificate, key }] = [await freePort(), await makeTestCertificate()];
  const issuer = `https://localhost:${port}`;
  const memory = new ProviderMemory();
  memory.setClient(CLIENT.clientId, {
    client_id: CLIENT.clientId, client_secret: CLIENT.clientSecret, redirect_uris: [...redirectUris], post_logout_redirect_uris: [...signOutRedirectUris], response_types: ['code'], token_endpoint_auth_method: 'client_secret_basic',
  });
  const names = [...new Set(users.flatMap(({ claims }) => Object.keys(claims)))];
  const published = signingKey('published');
  const configuration: Configuration = {
    adapter: (kind) => memory.adapter(kind),
    jwks: { keys: [published] },
    cookies: { keys: ['test'] },
    scopes: ['openid', 'profile'],
    claims: { openid: ['sub'], profile: names },
    conformIdTokenClaims: !claimsInToken,
    findAccount: (_context, id) => {
      const user = users.find(({ address }) => address === id);
      return user && { accountId: id, claims: async () => ({ ...user.claims, sub: id }) };
    },
    pkce: { required: () => true },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    renderError: (context, out) => {
      context.type = 'text/plain';
      context.body = `${out.error}: ${out.error_description ?? ''}`;
    },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Session: 600, Grant: 600 },
  };
  const make = (keys: object[]) => new Provider(issuer, { ...configuration, jwks: { keys } });
  const provider = make([published]);
  const pages = new SignInPages(provider, users);
  // The same to all who look at it, but for what its tokens are signed with.
  let tokens = provider;
  const server: Server = createServer({ cert: certificate, key }, (request, response) => {
    const path = request.url ?? '';
    if (path.startsWith('/interaction/')) void pages.answer(request, response).catch(() => response.destroy());
    else void (path.startsWith('/token') ? tokens : provider).callback()(request, response);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    issuer, ...CLIENT, ca,
    forgeSignatures: () => void (tokens = make([signingKey('published')])),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
