import type { Log } from '@inkpost/telemetry/log.js';
import type { ApiTokens } from '../api-tokens/known-api-tokens.js';
import { Problem } from '../answer-route/problem.js';
import { ANONYMOUS } from '../answer-route/access.js';
import { as, type Owners } from '../call-owner/owners.js';
import { isApiToken } from './session-token.js';
import type { Session } from './session.js';
import type { FoundSession, SessionStore } from './session.store.js';

const UNANSWERED = { outcome: 'unknown', rights: [] as readonly string[], passwordVersion: 0n } as const;

/** Says whose a presented token is: a session's, which must still stand, or a program's. */
export class PresentedTokens {
  constructor(
    private readonly sessions: SessionStore,
    private readonly apiTokens: ApiTokens,
    private readonly signIn: Pick<Owners['signIn'], 'checkStanding'>,
    private readonly log: Log,
  ) {}

  /** `source`: the client's network. Undefined: nobody's, or no longer. */
  async find(token: string, source: string): Promise<Session | undefined> {
    if (isApiToken(token)) return this.apiTokens.find(token, source);
    const found = await this.sessions.find(token);
    return found?.isDue ? this.checkStanding(found) : found?.session;
  }

  /**
   * Once a minute of use: an account that was removed or locked, or whose password is another by now, is signed in no longer, and rights
   * that were taken away are gone. Rights that were given come with the next sign-in (WSC-009).
   */
  private async checkStanding({ session, passwordVersion }: FoundSession): Promise<Session | undefined> {
    const { identity } = session;
    const standing = await this.signIn.checkStanding({ account: { ...identity, vouchedGroups: [...identity.vouchedGroups] } }, as(ANONYMOUS)).catch((error: unknown) => {
      // Nothing can be changed without guest-account either. The next use asks again.
      if (error instanceof Problem && error.kind === 'unavailable') return UNANSWERED;
      throw error;
    });
    if (standing.outcome === 'unknown') return session;
    if (standing.outcome !== 'stands' || standing.passwordVersion > passwordVersion) {
      await this.sessions.end(session);
      this.log.info('session ended', { account: session.account, reason: standing.outcome === 'stands' ? 'password changed' : 'account removed or locked' });
      return undefined;
    }
    const rights = session.rights.filter((right) => standing.rights.includes(right));
    if (rights.length === session.rights.length) return session;
    await this.sessions.narrow(session, rights);
    return { ...session, rights };
  }
}
