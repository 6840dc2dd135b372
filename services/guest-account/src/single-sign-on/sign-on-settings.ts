/** The organisation's sign-in server and how its people are told, as they are stored. Never the secret. */
export interface SignOnSettings {
  readonly enabled: boolean;
  /** On the button. */
  readonly name: string;
  /** What the server calls itself, letter by letter. */
  readonly issuer: string;
  readonly clientId: string;
  /** How the client proves itself to the server (OpenID Connect Core, 9): `client_secret_basic` or `client_secret_post`. */
  readonly clientAuthentication: 'basic' | 'post';
  readonly scopes: readonly string[];
  readonly loginClaim: string;
  /** The claim must end with @ and this domain, which is no part of the login; empty: the claim is the login. */
  readonly loginDomain: string;
  /** Empty: only the groups that the directory knows count. */
  readonly groupsClaim: string;
  readonly directoryId: string;
  /** PEM; empty: none besides the system's. */
  readonly certificateAuthority: string;
}

export interface StoredSignOn {
  readonly settings: SignOnSettings;
  readonly sealedClientSecret: Buffer;
  readonly changedAt: Date;
  readonly version: number;
}

/** What the client's secret is sealed for. */
export function clientSecretContext(): string {
  return 'single-sign-on/client-secret';
}
