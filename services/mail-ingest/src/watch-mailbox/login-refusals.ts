import { createHash } from 'node:crypto';
import { Failure } from '@inkpost/failure/failure.js';
import { LOGIN_TRUSTED_MS } from '../limits.js';
import { LOGIN_REFUSED } from '../ports/mail-source.port.js';
import { retryDelayMs } from './retry-delay.js';
import { unlessAborted } from './unless-aborted.js';

/** What somebody signs in with. */
export interface Credentials {
  readonly host: string;
  readonly user: string;
  readonly password: string;
}

/** Who tries. */
export interface Attempt {
  readonly mailboxId: string;
  /** Of its settings. */
  readonly version: number;
  /** Ends waiting for others; the sign-in itself looks after its own end. */
  readonly signal: AbortSignal;
}

interface Refusal {
  readonly failure: Failure;
  readonly count: number;
  readonly until: number;
}

interface Account {
  /** The one that tries whether user and password are good. */
  trying?: Promise<unknown>;
  goodUntil: number;
  refusal?: Refusal;
  /** Of the settings of each mailbox that was told of the refusal. */
  readonly versions: Map<string, number>;
}

/**
 * Keeps the mailboxes of one account from getting it locked: servers count refused sign-ins, whichever folder they are for. One signs
 * in first, and the others follow it; once it is refused nobody tries the same password again before a growing pause is over.
 * A mailbox whose settings an administrator changed tries at once.
 */
export class LoginRefusals {
  private readonly accounts = new Map<string, Account>();

  /** `now`: in ms, growing. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Calls `signIn`, or throws what it threw last time. */
  async attempt<T>(credentials: Credentials, attempt: Attempt, signIn: () => Promise<T>): Promise<T> {
    const account = this.accountOf(credentials);
    while (account.trying) await unlessAborted(account.trying, attempt.signal);
    const { refusal } = account;
    if (refusal && this.now() < refusal.until && !isChanged(account, attempt)) throw refusal.failure;
    const signedIn = this.judged(account, attempt, signIn);
    if (this.now() >= account.goodUntil) {
      const trying = signedIn.catch(() => undefined).finally(() => {
        if (account.trying === trying) delete account.trying;
      });
      account.trying = trying;
    }
    return signedIn;
  }

  private async judged<T>(account: Account, { mailboxId, version }: Attempt, signIn: () => Promise<T>): Promise<T> {
    try {
      const result = await signIn();
      account.goodUntil = this.now() + LOGIN_TRUSTED_MS;
      delete account.refusal;
      account.versions.clear();
      return result;
    } catch (error) {
      if (error instanceof Failure && error.code === LOGIN_REFUSED) {
        const count = (account.refusal?.count ?? 0) + 1;
        account.goodUntil = -Infinity;
        account.refusal = { failure: error, count, until: this.now() + retryDelayMs(LOGIN_REFUSED, count, 0) };
        account.versions.set(mailboxId, version);
      }
      throw error;
    }
  }

  private accountOf({ host, user, password }: Credentials): Account {
    // No password lies about longer than it is needed.
    const key = createHash('sha256').update(JSON.stringify([host, user, password])).digest('base64');
    const account = this.accounts.get(key) ?? { goodUntil: -Infinity, versions: new Map<string, number>() };
    this.accounts.set(key, account);
    return account;
  }
}

/** Those who are told of a refusal for the first time wait like all others. */
function isChanged({ versions }: Account, { mailboxId, version }: Attempt): boolean {
  const before = versions.get(mailboxId);
  versions.set(mailboxId, version);
  return before !== undefined && before !== version;
}
