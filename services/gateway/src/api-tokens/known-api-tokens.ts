import { timestampDate } from '@bufbuild/protobuf/wkt';
import { knownRights } from '@inkpost/service/rights.js';
import { ANONYMOUS } from '../answer-route/access.js';
import type { AnonymousBudget } from '../answer-route/anonymous-budget.js';
import { Problem } from '../answer-route/problem.js';
import { as, type Owners } from '../call-owner/owners.js';
import { LIMITS } from '../limits.js';
import { sessionTokenSha256 } from '../sessions/session-token.js';
import type { Session } from '../sessions/session.js';

interface Known {
  readonly session: Session;
  readonly tokenId: string;
  readonly checkedAt: number;
}

/** Programs' tokens as guest-account knows them; each is asked for at most once a minute. */
export class ApiTokens {
  private readonly known = new Map<string, Known>();
  private readonly underWay = new Map<string, Promise<Session | undefined>>();

  constructor(
    private readonly owner: Pick<Owners['apiTokens'], 'verifyApiToken'>,
    /** What a network may ask in vain. */
    private readonly budget: AnonymousBudget,
    private readonly now: () => number = () => Date.now(),
  ) {}

  /** `source`: the client's network. Undefined: unknown, revoked, run out, or its maker is gone. Throws a Problem where too many are tried or nobody answers. */
  async find(token: string, source: string): Promise<Session | undefined> {
    const tokenSha256 = sessionTokenSha256(token);
    const key = tokenSha256.toString('base64');
    const known = this.known.get(key);
    if (known && this.now() < known.session.expiresAt.getTime() && this.now() - known.checkedAt < LIMITS.rightsHoldMs) return known.session;
    // A busy program's requests in one moment are one question.
    const asked = this.underWay.get(key);
    if (asked) return asked;
    const waitSeconds = known ? 0 : this.budget.take(source, this.now());
    if (waitSeconds > 0) throw new Problem('too-many-requests', 'Too many tokens from this address that were not known.', { retryAfterSeconds: waitSeconds });
    const question = this.ask(tokenSha256, key, known).finally(() => this.underWay.delete(key));
    this.underWay.set(key, question);
    return question;
  }

  /** A token that was revoked here is over here at once, elsewhere within a minute. */
  forget(tokenId: string): void {
    for (const [key, known] of this.known) if (known.tokenId === tokenId) this.known.delete(key);
  }

  private async ask(tokenSha256: Buffer, key: string, known: Known | undefined): Promise<Session | undefined> {
    const answer = await this.owner.verifyApiToken({ tokenSha256: Uint8Array.from(tokenSha256) }, as(ANONYMOUS)).catch((error: unknown) => {
      // While guest-account is away nobody can revoke a token either: a release of it must not stop programs at work.
      const holds = known !== undefined && this.now() < known.session.expiresAt.getTime() && this.now() - known.checkedAt < LIMITS.rightsHoldUnansweredMs;
      if (holds && error instanceof Problem && error.kind === 'unavailable') return undefined;
      throw error;
    });
    if (!answer) return known?.session;
    this.known.delete(key);
    if (!answer.stands || !answer.expiresAt) return undefined;
    const session: Session = {
      tokenSha256, account: `token:${answer.name}`, identity: undefined, rights: knownRights(answer.rights), passwordMustChange: false, expiresAt: timestampDate(answer.expiresAt),
    };
    const [oldest] = this.known.keys();
    if (oldest !== undefined && this.known.size >= LIMITS.apiTokensKnownMax) this.known.delete(oldest);
    this.known.set(key, { session, tokenId: answer.tokenId, checkedAt: this.now() });
    return session;
  }
}
