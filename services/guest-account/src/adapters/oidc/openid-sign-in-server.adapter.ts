import {
  authorizationCodeGrant, AuthorizationResponseError, buildAuthorizationUrl, buildEndSessionUrl, calculatePKCECodeChallenge, ClientSecretBasic, ClientSecretPost, type Configuration, customFetch, discovery,
  enableNonRepudiationChecks, fetchUserInfo, genericGrantRequest, randomNonce, randomPKCECodeVerifier, randomState, ResponseBodyError,
} from 'openid-client';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { type HttpsFetch, httpsFetch } from '@inkpost/server-connection/https-fetch.js';
import { fault, type Finding, passed, skipped, type Step } from '@inkpost/server-connection/run-steps.js';
import { shownText } from '@inkpost/server-connection/shown-text.js';
import { SAID_CHARACTERS_MAX, SIGN_ON_ANSWER_BYTES_MAX, SIGN_ON_ANSWER_MAX_MS, SIGN_ON_CONNECTIONS_MAX, SIGN_ON_METADATA_KEPT_MS, TEST_STEP_MAX_MS } from '../../limits.js';
import type { BegunSignIn, FinishedSignIn, SignInClient, SignInServer, SignInServerStep } from '../../ports/sign-in-server.port.js';
import { refusalOf, signInServerFailure } from './sign-in-server-failure.js';

type Claims = Readonly<Record<string, unknown>>;

interface Known {
  readonly client: string;
  readonly until: number;
  readonly configuration: Promise<Configuration>;
}

export interface SignInServerPlaces {
  /** PEM that the installation trusts besides the system's; empty: none. */
  readonly certificates: string;
  readonly rules: AddressRules;
}

/** A sign-in server by openid-client: code flow with PKCE, state and nonce; the token's signature is checked, also where TLS vouches for it. */
export class OpenIdSignInServer implements SignInServer {
  private known: Known | undefined;

  constructor(private readonly places: SignInServerPlaces) {}

  begin(client: SignInClient, redirectUri: string): Promise<BegunSignIn> {
    return this.ask(client, async (configuration) => {
      const [state, nonce, verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()];
      const parameters = { redirect_uri: redirectUri, scope: client.scopes.join(' '), state, nonce, code_challenge: await calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' };
      return { url: buildAuthorizationUrl(configuration, parameters).href, state, nonce, verifier };
    });
  }

  async finish(client: SignInClient, callback: URL, { state, nonce, verifier }: Pick<BegunSignIn, 'state' | 'nonce' | 'verifier'>, wanted: readonly string[]): Promise<FinishedSignIn> {
    try {
      return await this.ask(client, async (configuration) => {
        const tokens = await authorizationCodeGrant(configuration, callback, { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true });
        const claims: (Claims & { readonly sub: string }) | undefined = tokens.claims();
        if (!claims) throw new Error('an ID token was expected, and none was missed');
        // Many servers say no more than who it is in the token, and the rest when asked for it (OpenID Connect Core, 5.4).
        const asksMore = wanted.some((name) => claims[name] === undefined) && configuration.serverMetadata().userinfo_endpoint !== undefined;
        const more = asksMore ? await fetchUserInfo(configuration, tokens.access_token, claims.sub) : {};
        return { kind: 'proven', claims: { ...more, ...claims } };
      });
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal) throw error;
      return refusal.declined ? { kind: 'declined' } : { kind: 'refused', problem: refusal.problem };
    }
  }

  signOutUrl(client: SignInClient, redirectUri: string): Promise<string | undefined> {
    return this.ask(client, async (configuration) => (configuration.serverMetadata().end_session_endpoint === undefined ? undefined : buildEndSessionUrl(configuration, { post_logout_redirect_uri: redirectUri }).href));
  }

  testSteps(client: SignInClient, redirectUri: string): readonly Step<SignInServerStep>[] {
    // Asked anew, as it is now.
    const fetch = this.fetchFor(client);
    const configuration = (): Promise<Configuration> => configure(client, fetch).catch((error: unknown) => {
      throw signInServerFailure(client.issuer, error);
    });
    const step = (name: SignInServerStep, run: (known: Configuration) => Promise<Finding>): Step<SignInServerStep> => ({
      name, withinMs: TEST_STEP_MAX_MS, silence: 'Does this server reach the sign-in server, and is a proxy between?', run: async () => run(await configuration()),
    });
    return [
      step('metadata', async (known) => passed(`${known.serverMetadata().issuer} describes itself${known.serverMetadata().end_session_endpoint === undefined ? '; it has no sign-out that Inkpost could send people to' : ''}.`)),
      step('keys', async (known) => findKeys(client, known, fetch)),
      step('client', async (known) => tryClient(client, known, redirectUri)),
    ];
  }

  private async ask<T>(client: SignInClient, question: (configuration: Configuration) => Promise<T>): Promise<T> {
    try {
      return await question(await this.configuration(client));
    } catch (error) {
      if (error instanceof AuthorizationResponseError) throw error;
      throw signInServerFailure(client.issuer, error);
    }
  }

  /** The server's metadata and keys are kept for a while; all who want them at once wait for one answer, and a failure is not kept. */
  private configuration(client: SignInClient): Promise<Configuration> {
    const [name, now] = [JSON.stringify(client), Date.now()];
    if (this.known?.client === name && this.known.until > now) return this.known.configuration;
    const configuration = configure(client, this.fetchFor(client));
    const known = { client: name, until: now + SIGN_ON_METADATA_KEPT_MS, configuration };
    this.known = known;
    configuration.catch(() => {
      if (this.known === known) this.known = undefined;
    });
    return configuration;
  }

  private fetchFor({ certificateAuthority }: SignInClient): HttpsFetch {
    const { certificates, rules } = this.places;
    return httpsFetch({ certificates: [certificates, certificateAuthority].filter((pem) => pem !== '').join('\n'), connectionsMax: SIGN_ON_CONNECTIONS_MAX, answerBytesMax: SIGN_ON_ANSWER_BYTES_MAX, rules });
  }
}

async function configure({ issuer, clientId, clientSecret, clientAuthentication }: SignInClient, fetch: HttpsFetch): Promise<Configuration> {
  const authentication = clientAuthentication === 'basic' ? ClientSecretBasic(clientSecret) : ClientSecretPost(clientSecret);
  const configuration = await discovery(new URL(issuer), clientId, undefined, authentication, { timeout: SIGN_ON_ANSWER_MAX_MS / 1_000, [customFetch]: fetch });
  enableNonRepudiationChecks(configuration);
  return configuration;
}

async function findKeys({ issuer }: SignInClient, configuration: Configuration, fetch: HttpsFetch): Promise<Finding> {
  const { jwks_uri: place = '', token_endpoint: tokens } = configuration.serverMetadata();
  if (tokens === undefined) throw fault('The server names no token_endpoint: it can\'t be used for single sign-on.');
  const answer = await fetch(place, { method: 'GET', headers: { accept: 'application/json' }, signal: AbortSignal.timeout(SIGN_ON_ANSWER_MAX_MS) }).catch((error: unknown) => {
    throw signInServerFailure(issuer, error);
  });
  const { keys = [] } = (await answer.json().catch(() => ({}))) as { readonly keys?: readonly unknown[] };
  if (keys.length === 0) throw fault(`The server shows no keys at ${shownText(place, SAID_CHARACTERS_MAX)}: what it says could not be checked.`);
  return passed(`The server signs with ${keys.length === 1 ? 'one key' : `one of ${keys.length} keys`}.`);
}

/** A code that nobody was given: whoever is told so was known before as this client. */
async function tryClient({ issuer, clientId }: SignInClient, configuration: Configuration, redirectUri: string): Promise<Finding> {
  const error = await genericGrantRequest(configuration, 'authorization_code', { code: 'inkpost-test', redirect_uri: redirectUri, code_verifier: randomPKCECodeVerifier() }).then(() => undefined, (failure: unknown) => failure);
  if (error instanceof ResponseBodyError && error.error === 'invalid_grant') return passed(`The server takes ${clientId} and its secret.`);
  const failure = signInServerFailure(issuer, error);
  if (error instanceof ResponseBodyError && error.status < 500 && !/^(?:invalid|unauthorized)_client$/.test(error.error)) return skipped(`Whether the secret is right is seen only when somebody signs in: the server says "${shownText(error.error, SAID_CHARACTERS_MAX)}".`);
  throw failure;
}
