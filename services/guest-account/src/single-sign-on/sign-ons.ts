import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { SIGN_ON_ATTEMPT_MS } from '../limits.js';
import type { SignInClient, SignInServer } from '../ports/sign-in-server.port.js';
import { identifyVisitor } from './identify-visitor.js';
import { openAttempt, sealAttempt } from './sign-on-attempt.js';
import type { StoredSignOn } from './sign-on-settings.js';
import type { SingleSignOnStore } from './single-sign-on.store.js';

/** What a sign-in at the organisation's server came to. */
export type FinishedSignOn =
  | { readonly outcome: 'vouched'; readonly directoryId: string; readonly login: string; readonly groups: string[]; readonly returnTo: string }
  | { readonly outcome: 'off' | 'unknown' | 'expired' | 'changed' | 'declined' }
  | { readonly outcome: 'nameless' | 'refused'; readonly problem: string };

export interface SignOnParts {
  readonly store: SingleSignOnStore;
  readonly server: SignInServer;
  readonly masterKey: MasterKey;
  /** How browsers reach the gateway. */
  readonly publicUrl: string;
}

/** The way of a browser to the organisation's sign-in server and back. Nothing is remembered here meanwhile: any replica can finish. */
export class SignOns {
  /** To be registered at the server, letter by letter. */
  readonly redirectUri: string;
  readonly signOutRedirectUri: string;

  constructor(private readonly parts: SignOnParts) {
    const publicUrl = parts.publicUrl.replace(/\/$/, '');
    this.redirectUri = `${publicUrl}/api/v0/session/oidc/callback`;
    this.signOutRedirectUri = `${publicUrl}/`;
  }

  /** Undefined: single sign-on is not set, or not enabled. Throws `CauseDown` while the server can't be asked. */
  async begin(returnTo: string, now: Date): Promise<{ readonly url: string; readonly attempt: string; readonly expiresAt: Date } | undefined> {
    const stored = await this.enabled();
    if (!stored) return undefined;
    const { url, state, nonce, verifier } = await this.parts.server.begin(this.clientOf(stored), this.redirectUri);
    const expiresAt = new Date(now.getTime() + SIGN_ON_ATTEMPT_MS);
    const attempt = sealAttempt(this.parts.masterKey, { state, nonce, verifier, returnTo, settingsMark: markOf(stored), expiresAt: expiresAt.getTime() });
    return { url, attempt, expiresAt };
  }

  /** `query`: what the browser came back with; `attempt`: what it was given when it began, or empty. Throws `CauseDown` while the server can't be asked. */
  async finish(query: string, sealedAttempt: string, now: Date): Promise<FinishedSignOn> {
    const stored = await this.enabled();
    if (!stored) return { outcome: 'off' };
    const attempt = sealedAttempt === '' ? undefined : openAttempt(this.parts.masterKey, sealedAttempt);
    const callback = new URL(this.redirectUri);
    callback.search = query;
    // Another browser's, or of a page that somebody made to sign a person in as somebody else.
    if (!attempt || callback.searchParams.get('state') !== attempt.state) return { outcome: 'unknown' };
    if (attempt.expiresAt < now.getTime()) return { outcome: 'expired' };
    // A code goes to no other server than the one that gave it.
    if (attempt.settingsMark !== markOf(stored)) return { outcome: 'changed' };
    const { settings } = stored;
    const wanted = [settings.loginClaim, settings.groupsClaim].filter((name) => name !== '');
    const finished = await this.parts.server.finish(this.clientOf(stored), callback, attempt, wanted);
    if (finished.kind === 'declined') return { outcome: 'declined' };
    if (finished.kind === 'refused') return { outcome: 'refused', problem: finished.problem };
    const visitor = identifyVisitor(settings, finished.claims);
    if (visitor.kind === 'nameless') return { outcome: 'nameless', problem: visitor.problem };
    return { outcome: 'vouched', directoryId: settings.directoryId, login: visitor.login, groups: [...visitor.groups], returnTo: attempt.returnTo };
  }

  /** Undefined: there is nowhere to go. */
  async signOutUrl(): Promise<string | undefined> {
    const stored = await this.enabled();
    return stored && this.parts.server.signOutUrl(this.clientOf(stored), this.signOutRedirectUri);
  }

  private async enabled(): Promise<StoredSignOn | undefined> {
    const stored = await this.parts.store.load();
    return stored?.settings.enabled ? stored : undefined;
  }

  private clientOf(stored: StoredSignOn): SignInClient {
    const { issuer, clientId, clientAuthentication, scopes, certificateAuthority } = stored.settings;
    return { issuer, clientId, clientAuthentication, scopes, certificateAuthority, clientSecret: this.parts.store.clientSecretOf(stored) };
  }
}

/** Another one after each change, also when they were deleted and made anew. */
function markOf({ version, changedAt }: StoredSignOn): string {
  return `${version} ${changedAt.getTime()}`;
}
