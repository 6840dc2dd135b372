/** Who grants access to mailboxes. */
export type AuthorityName = 'office365' | 'google';

/** Inkpost as an authority knows it, and what it asks for. */
export interface AuthorityClient {
  readonly authority: AuthorityName;
  /** Of office365: a GUID or a domain; else empty. */
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** In the authority's own words (RFC 6749, 3.3). */
  readonly scopes: readonly string[];
}

export interface Tokens {
  readonly accessToken: string;
  readonly accessTokenSeconds: number;
  /** Undefined: the one before stays, or there is none. */
  readonly refreshToken: string | undefined;
  /** Undefined: nobody says when it runs out. */
  readonly refreshTokenSeconds: number | undefined;
  /** What the account that signed in is called: addresses and sign-in names. Empty where nobody signed in. */
  readonly names: readonly string[];
}

/** A sign-in that was begun in a browser. */
export interface BegunSignIn {
  /** To be opened in a browser. */
  readonly url: string;
  /** Comes back with the browser (RFC 6749, 10.12). */
  readonly state: string;
  /** To be kept, secretly, until it comes back: verifier (RFC 7636) and nonce. */
  readonly proof: string;
}

/** A sign-in that goes on at another device (RFC 8628). */
export interface BegunDeviceSignIn {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly verificationUri: string;
  readonly expiresInSeconds: number;
  readonly pollEverySeconds: number;
}

/** An authority that grants access (OAuth 2.0). All methods throw a `Failure` whose message an administrator can act on. */
export interface Authority {
  beginSignIn(client: AuthorityClient, redirectUri: string, loginHint: string): Promise<BegunSignIn>;
  /** `callback`: the whole address that the browser came back to. */
  finishSignIn(client: AuthorityClient, callback: URL, begun: Pick<BegunSignIn, 'state' | 'proof'>): Promise<Tokens>;
  beginDeviceSignIn(client: AuthorityClient): Promise<BegunDeviceSignIn>;
  /** `pending`: nobody has signed in yet; `slower`: ask more rarely. */
  askForDevice(client: AuthorityClient, deviceCode: string): Promise<Tokens | 'pending' | 'slower'>;
  refresh(client: AuthorityClient, refreshToken: string): Promise<Tokens>;
  /** Without a person (RFC 6749, 4.4). */
  grantToApplication(client: AuthorityClient): Promise<Tokens>;
  /** Where the authority offers it (RFC 7009). */
  revoke(client: AuthorityClient, refreshToken: string): Promise<void>;
}

/** Codes of the failures of an authority besides those of `OpenSource`. */
export const AUTHORITY_UNREACHABLE = 'mailbox.authority-unreachable';
/** It refuses for a reason that has no code of its own. */
export const AUTHORITY_REFUSED = 'mailbox.authority-refused';
/** Whoever was asked said no. */
export const CONSENT_DENIED = 'mailbox.consent-denied';
