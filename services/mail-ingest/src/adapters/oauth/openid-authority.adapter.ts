import {
  authorizationCodeGrant, buildAuthorizationUrl, calculatePKCECodeChallenge, ClientSecretPost, clientCredentialsGrant, Configuration, type CustomFetch, customFetch, discovery,
  genericGrantRequest, initiateDeviceAuthorization, randomNonce, randomPKCECodeVerifier, randomState, refreshTokenGrant, type ServerMetadata, tokenRevocation,
  type TokenEndpointResponse, type TokenEndpointResponseHelpers,
} from 'openid-client';
import { httpsFetch } from '@inkpost/server-connection/https-fetch.js';
import { KeptUntil } from '../../associate-mailbox/kept-until.js';
import { AUTHORITY_ANSWER_BYTES_MAX, AUTHORITY_ANSWER_MAX_MS, AUTHORITY_CONNECTIONS_MAX, AUTHORITY_METADATA_KEPT_MS, DEVICE_POLL_SECONDS } from '../../limits.js';
import type { Authority, AuthorityClient, AuthorityName, BegunDeviceSignIn, BegunSignIn, Tokens } from '../../ports/authority.port.js';
import { authorityFailure } from './authority-failure.js';

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** Where an authority doesn't say how long a token lives (RFC 6749, 5.1). */
const ACCESS_TOKEN_SECONDS = 3_600;

export interface AuthorityPlaces {
  /** https://login.microsoftonline.com, or that of a national cloud. */
  readonly office365Authority: string;
  readonly googleIssuer: string;
  /** PEM of authorities to trust for them besides the system's; empty: none. */
  readonly certificates: string;
}

/** Entra and Google, by OpenID Connect. */
export class OpenIdAuthority implements Authority {
  private readonly known = new KeptUntil<Promise<ServerMetadata>>();
  private readonly fetch: CustomFetch;

  constructor(
    private readonly places: AuthorityPlaces,
    private readonly answerMaxMs = AUTHORITY_ANSWER_MAX_MS,
  ) {
    this.fetch = httpsFetch({ certificates: places.certificates, connectionsMax: AUTHORITY_CONNECTIONS_MAX, answerBytesMax: AUTHORITY_ANSWER_BYTES_MAX });
  }

  beginSignIn(client: AuthorityClient, redirectUri: string, loginHint: string): Promise<BegunSignIn> {
    return this.ask(client, async (configuration) => {
      const [state, nonce, verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()];
      const parameters = {
        redirect_uri: redirectUri, scope: client.scopes.join(' '), login_hint: loginHint, state, nonce, code_challenge: await calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
        // Google gives a refresh token only then, and only with a consent.
        ...(client.authority === 'google' ? { access_type: 'offline', prompt: 'consent' } : {}),
      };
      return { url: buildAuthorizationUrl(configuration, parameters).href, state, proof: JSON.stringify({ verifier, nonce }) };
    });
  }

  finishSignIn(client: AuthorityClient, callback: URL, { state, proof }: Pick<BegunSignIn, 'state' | 'proof'>): Promise<Tokens> {
    const { verifier, nonce } = JSON.parse(proof) as { readonly verifier: string; readonly nonce: string };
    return this.ask(client, async (configuration) => toTokens(client.authority, await authorizationCodeGrant(configuration, callback, { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier })));
  }

  beginDeviceSignIn(client: AuthorityClient): Promise<BegunDeviceSignIn> {
    return this.ask(client, async (configuration) => {
      const begun = await initiateDeviceAuthorization(configuration, { scope: client.scopes.join(' ') });
      return { deviceCode: begun.device_code, userCode: begun.user_code, verificationUri: begun.verification_uri, expiresInSeconds: begun.expires_in, pollEverySeconds: begun.interval ?? DEVICE_POLL_SECONDS };
    });
  }

  askForDevice(client: AuthorityClient, deviceCode: string): Promise<Tokens | 'pending' | 'slower'> {
    return this.ask(client, async (configuration) => {
      try {
        return toTokens(client.authority, await genericGrantRequest(configuration, DEVICE_GRANT, { device_code: deviceCode }));
      } catch (error) {
        const name = error instanceof Error && 'error' in error ? error.error : undefined;
        if (name === 'authorization_pending') return 'pending';
        if (name === 'slow_down') return 'slower';
        throw error;
      }
    });
  }

  refresh(client: AuthorityClient, refreshToken: string): Promise<Tokens> {
    return this.ask(client, async (configuration) => toTokens(client.authority, await refreshTokenGrant(configuration, refreshToken)));
  }

  grantToApplication(client: AuthorityClient): Promise<Tokens> {
    return this.ask(client, async (configuration) => toTokens(client.authority, await clientCredentialsGrant(configuration, { scope: client.scopes.join(' ') })));
  }

  revoke(client: AuthorityClient, refreshToken: string): Promise<void> {
    return this.ask(client, async (configuration) => {
      if (configuration.serverMetadata().revocation_endpoint !== undefined) await tokenRevocation(configuration, refreshToken);
    });
  }

  private async ask<T>(client: AuthorityClient, question: (configuration: Configuration) => Promise<T>): Promise<T> {
    const server = this.serverOf(client);
    try {
      const configuration = new Configuration(await this.metadata(server, client.clientId), client.clientId, {}, ClientSecretPost(client.clientSecret));
      configuration.timeout = this.answerMaxMs / 1_000;
      configuration[customFetch] = this.fetch;
      return await question(configuration);
    } catch (error) {
      throw await authorityFailure(client.authority, server.host, error);
    }
  }

  private serverOf({ authority, tenantId }: AuthorityClient): URL {
    const { office365Authority, googleIssuer } = this.places;
    if (authority === 'google') return new URL(googleIssuer);
    // By its whole address: a tenant that is named by its domain calls itself by its GUID.
    return new URL(`${office365Authority.replace(/\/$/, '')}/${encodeURIComponent(tenantId)}/v2.0/.well-known/openid-configuration`);
  }

  private async metadata(server: URL, clientId: string): Promise<ServerMetadata> {
    const known = this.known.get(server.href);
    if (known) return known;
    const asked = discovery(server, clientId, undefined, undefined, { timeout: this.answerMaxMs / 1_000, [customFetch]: this.fetch }).then((found) => found.serverMetadata());
    // All who want it at once wait for one answer; a failure is not kept.
    this.known.set(server.href, asked, Date.now() + AUTHORITY_METADATA_KEPT_MS);
    asked.catch(() => this.known.delete(server.href));
    return asked;
  }
}

function toTokens(authority: AuthorityName, answer: TokenEndpointResponse & TokenEndpointResponseHelpers): Tokens {
  // Google's own field; Entra says nothing of it.
  const refreshTokenSeconds = answer['refresh_token_expires_in'];
  return {
    accessToken: answer.access_token, accessTokenSeconds: answer.expires_in ?? ACCESS_TOKEN_SECONDS, refreshToken: answer.refresh_token,
    refreshTokenSeconds: typeof refreshTokenSeconds === 'number' ? refreshTokenSeconds : undefined, names: namesIn(authority, answer.claims() ?? {}),
  };
}

/** Only what the authority vouches for: in Entra anybody who manages a directory may write any address into `email`. */
function namesIn(authority: AuthorityName, claims: Readonly<Record<string, unknown>>): string[] {
  const { email, email_verified: isVerified, preferred_username: userName, upn } = claims;
  const names = authority === 'google' ? [isVerified === true ? email : undefined] : [userName, upn];
  return [...new Set(names.filter((name) => typeof name === 'string'))];
}
