import type { Step } from '@inkpost/server-connection/run-steps.js';

/** A client of a sign-in server, as it is registered there. */
export interface SignInClient {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly clientAuthentication: 'basic' | 'post';
  readonly scopes: readonly string[];
  /** PEM; empty: none besides those that the system and the installation trust. */
  readonly certificateAuthority: string;
}

export interface BegunSignIn {
  /** Where the browser goes. */
  readonly url: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export type FinishedSignIn =
  | { readonly kind: 'proven'; readonly claims: Readonly<Record<string, unknown>> }
  /** The person, or a rule of the server, said no. */
  | { readonly kind: 'declined' }
  | { readonly kind: 'refused'; readonly problem: string };

export type SignInServerStep = 'metadata' | 'keys' | 'client';

/** Who vouches for people: a server that speaks OpenID Connect. What can't be asked now throws `CauseDown`, whose message says why. */
export interface SignInServer {
  begin(client: SignInClient, redirectUri: string): Promise<BegunSignIn>;
  /** `callback`: the whole address that the browser came back to. `wanted`: claims that are asked for a second time where the token lacks them. */
  finish(client: SignInClient, callback: URL, begun: Pick<BegunSignIn, 'state' | 'nonce' | 'verifier'>, wanted: readonly string[]): Promise<FinishedSignIn>;
  /** Undefined: the server doesn't sign out. */
  signOutUrl(client: SignInClient, redirectUri: string): Promise<string | undefined>;
  testSteps(client: SignInClient, redirectUri: string): readonly Step<SignInServerStep>[];
}
