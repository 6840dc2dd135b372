import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Configuration, Provider } from 'oidc-provider';
import type { MailUser } from '../dovecot-server.js';
import { ProviderMemory } from './provider-memory.js';
import { devicePages, SignInPages } from './sign-in-pages.js';
import { inShapeOf, type ProviderShape, type RefusalReason, refusalFor } from './token-refusal.js';

export interface TestClient {
  readonly clientId: string;
  clientSecret: string;
  readonly redirectUris: readonly string[];
}

/** An application without a person that proves itself by its certificate (RFC 7523, 2.2). */
export interface CertifiedClient {
  readonly clientId: string;
  /** PEM. */
  readonly certificate: string;
}

export interface ShapedProviderOptions {
  readonly shape: ProviderShape;
  readonly issuer: string;
  /** Path below which it answers, which it publishes too. */
  readonly mountPath: string;
  readonly users: readonly MailUser[];
  readonly client: TestClient;
  /** Whose mail the application may read by itself. */
  readonly applicationMailbox: string | undefined;
  /** Of which tokens for mails may be had: Microsoft's, or a stand-in's. */
  readonly graphUrl: string;
}

/** A request to the token endpoint. */
export interface TokenRequest {
  readonly shape: ProviderShape;
  readonly grantType: string;
  /** 200, or that of the refusal. */
  readonly status: number;
}

const ROUTES: Readonly<Record<ProviderShape, NonNullable<Configuration['routes']>>> = {
  office365: { authorization: '/oauth2/v2.0/authorize', token: '/oauth2/v2.0/token', jwks: '/discovery/v2.0/keys', device_authorization: '/oauth2/v2.0/devicecode', code_verification: '/oauth2/v2.0/deviceauth' },
  google: { authorization: '/o/oauth2/v2/auth', token: '/token', jwks: '/oauth2/v3/certs', revocation: '/revoke', device_authorization: '/device/code', code_verification: '/device' },
};

/** What a token must bear to be let in by a mail server. */
const MAIL_SCOPES = /\/(?:IMAP\.AccessAsUser\.All|POP\.AccessAsUser\.All|Mail\.ReadWrite|\.default)$|^https:\/\/mail\.google\.com\/$/;

const OUTLOOK = 'https://outlook.office.com';
const SCOPES = [
  'openid', 'offline_access', 'email', 'profile', `${OUTLOOK}/IMAP.AccessAsUser.All`, `${OUTLOOK}/POP.AccessAsUser.All`, 'https://outlook.office365.com/.default',
  'https://mail.google.com/',
];

/** One key for all providers of a process: to make it takes a tenth of a second. */
const signingKey = { ...generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'test' };

const DEVICE_INTERVAL_SECONDS = 1;

type Context = Parameters<Parameters<Provider['use']>[0]>[0];

/** A real OpenID provider with the paths, the rules and the words of another one. */
export class ShapedProvider {
  readonly requests: TokenRequest[] = [];
  accessTokenSeconds = 3_600;
  /** Answers of the token endpoint are kept back for so long. */
  tokenDelayMs = 0;
  refusal: RefusalReason | undefined;
  readonly memory = new ProviderMemory();
  private readonly provider: Provider;
  private readonly pages: SignInPages;

  constructor(private readonly options: ShapedProviderOptions) {
    this.provider = new Provider(options.issuer, this.configuration());
    this.provider.use((context, next) => this.shapeAnswer(context, next));
    this.pages = new SignInPages(this.provider, options.users);
    this.setClient();
  }

  setCertifiedClient({ clientId, certificate }: CertifiedClient): void {
    const key = new X509Certificate(certificate).publicKey.export({ format: 'jwk' });
    this.memory.setClient(clientId, {
      client_id: clientId, redirect_uris: [], response_types: [], grant_types: ['client_credentials'], token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'PS256', jwks: { keys: [{ ...key, use: 'sig', alg: 'PS256' }] },
    });
  }

  /** Registers the client as it is now: its secret may have changed. */
  setClient(): void {
    const { clientId, clientSecret, redirectUris } = this.options.client;
    this.memory.setClient(clientId, {
      client_id: clientId, client_secret: clientSecret, redirect_uris: [...redirectUris], response_types: ['code'], token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials', 'urn:ietf:params:oauth:grant-type:device_code'],
    });
  }

  /** Handles a request whose path below the mount path is `path`. */
  async answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const { mountPath } = this.options;
    // oidc-provider finds where it is mounted by comparing both.
    Object.assign(request, { url: path, originalUrl: `${mountPath}${path}` });
    if (path.startsWith('/interaction/')) return this.pages.answer(request, response);
    const problem = this.problemOf(new URL(path, 'https://localhost'));
    if (problem === undefined) await this.provider.callback()(request, response);
    else response.writeHead(400, { 'content-type': 'text/plain' }).end(problem);
  }

  /** RFC 7662, for mail servers: a token that is good for mail names the account that it opens. */
  async introspect(token: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const found = (await this.provider.AccessToken.find(token)) ?? (await this.provider.ClientCredentials.find(token));
    if (!found?.isValid || !found.scope?.split(' ').some((scope) => MAIL_SCOPES.test(scope))) return undefined;
    const account = 'accountId' in found ? found.accountId : this.options.applicationMailbox;
    return { active: true, sub: account, username: account, client_id: found.clientId, scope: found.scope };
  }

  private configuration(): Configuration {
    const { shape, mountPath, users, graphUrl } = this.options;
    return {
      adapter: (kind) => this.memory.adapter(kind),
      jwks: { keys: [signingKey] },
      cookies: { keys: ['test'], names: { session: `${shape}_session`, interaction: `${shape}_interaction`, resume: `${shape}_resume` } },
      scopes: [...SCOPES, `${graphUrl}/Mail.ReadWrite`, `${graphUrl}/.default`],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'] },
      conformIdTokenClaims: false,
      findAccount: (_context, id) => (users.some(({ address }) => address === id) ? { accountId: id, claims: async () => ({ sub: id, email: id, email_verified: true, preferred_username: id, name: id }) } : undefined),
      issueRefreshToken: async () => true,
      // Entra gives a new one each time; Google's stays.
      rotateRefreshToken: shape === 'office365',
      pkce: { required: () => false },
      extraParams: ['access_type', 'include_granted_scopes'],
      interactions: { url: (_context, { uid }) => `${mountPath}/interaction/${uid}` },
      routes: ROUTES[shape],
      ttl: { AccessToken: () => this.accessTokenSeconds, ClientCredentials: () => this.accessTokenSeconds, AuthorizationCode: 60, DeviceCode: 600, IdToken: 3_600, RefreshToken: 86_400, Interaction: 600, Session: 86_400, Grant: 86_400 },
      renderError: (context, out) => {
        context.type = 'text/plain';
        context.body = `${out.error}: ${out.error_description ?? ''}`;
      },
      features: {
        devInteractions: { enabled: false }, clientCredentials: { enabled: true }, revocation: { enabled: true, allowedPolicy: async () => true },
        deviceFlow: {
          enabled: true,
          userCodeInputSource: async (context, form, _out, error) => void (context.body = devicePages.input(form, error?.message)),
          userCodeConfirmSource: async (context, form, _client, _device, code) => void (context.body = devicePages.confirm(form, code)),
          successSource: async (context) => void (context.body = devicePages.success()),
        },
      },
    };
  }

  /** What the ones that it looks like are strict about, and oidc-provider isn't. */
  private problemOf({ pathname, searchParams }: URL): string | undefined {
    if (pathname !== ROUTES[this.options.shape].authorization) return undefined;
    const scopes = (searchParams.get('scope') ?? '').split(' ');
    if (this.options.shape === 'google') return searchParams.get('access_type') === 'offline' && searchParams.get('prompt') === 'consent' ? undefined : 'Google would give no refresh token.';
    if (!scopes.includes('offline_access')) return 'Entra would give no refresh token.';
    const resources = new Set(scopes.filter((scope) => scope.startsWith('https://')).map((scope) => new URL(scope).origin));
    return resources.size > 1 ? 'AADSTS28000: Provided value for the input parameter scope is not valid because it contains more than one resource.' : undefined;
  }

  /** Entra says how often it wants to be asked; oidc-provider doesn't. */
  private async shapeDeviceAnswer(context: Context, next: () => Promise<void>): Promise<void> {
    await next();
    if (context.status === 200) Object.assign(context.body as object, { interval: DEVICE_INTERVAL_SECONDS });
  }

  private async shapeAnswer(context: Context, next: () => Promise<void>): Promise<void> {
    const { shape } = this.options;
    if (context.path === ROUTES[shape].device_authorization) return this.shapeDeviceAnswer(context, next);
    if (context.path !== ROUTES[shape].token) return next();
    await new Promise((resolve) => setTimeout(resolve, this.tokenDelayMs));
    if (this.refusal === undefined) await next();
    const refusal = this.refusal === undefined ? context.status >= 400 && inShapeOf(shape, { status: context.status, body: context.body as Record<string, unknown> }) : refusalFor(shape, this.refusal);
    if (refusal) Object.assign(context, refusal);
    const grantType = String(context.oidc?.params?.['grant_type'] ?? '');
    // Google says nothing of a refresh token that stays.
    if (shape === 'google' && grantType === 'refresh_token' && !refusal) delete (context.body as Record<string, unknown>)['refresh_token'];
    this.requests.push({ shape, grantType, status: context.status });
  }
}
