import { Failure } from '@inkpost/failure/failure.js';
import { SERVER_REFUSED_PAUSE_MS, SERVER_SIGN_IN_EVERY_MS } from './limits.js';
import type { ServerAgent } from './server-agent.js';
import { exchange, fieldsOf, otherVersion, type ServerAnswer } from './server-exchange.js';

/** Why an account is of no use there. unopened: its password can't be read here. refused: account or password is wrong. unchanged: it has its first password still. */
export type SignInTrouble = 'unopened' | 'refused' | 'unchanged';

export interface AccountSessionParts {
  readonly agent: ServerAgent;
  /** Of the session, such as /wsc/v1/session. */
  readonly path: string;
  readonly account: string;
  /** Throws a `Failure` where it can't be opened. */
  readonly password: () => string;
  /** As the caller's own failures; `text` is a sentence with what to do. */
  readonly trouble: (kind: SignInTrouble, text: string, cause?: unknown) => Failure;
  /** Of an answer to a sign-in that is neither yes nor no. */
  readonly checked: (answer: ServerAnswer) => unknown;
  readonly now?: () => number;
}

export interface SignedIn {
  readonly token: string;
  /** As the other server names it. */
  readonly account: string;
  readonly rights: readonly string[];
}

/**
 * Asks another installation as one of its accounts. The token is kept until it is refused; an account that is refused is left alone for a
 * while, or it would be locked out.
 */
export class AccountSession {
  private readonly now: () => number;
  private session: SignedIn | undefined;
  private signingIn: Promise<SignedIn> | undefined;
  private signedInAt = Number.NEGATIVE_INFINITY;
  private refusal: { readonly trouble: Failure; readonly until: number } | undefined;

  constructor(private readonly parts: AccountSessionParts) {
    this.now = parts.now ?? (() => performance.now());
  }

  /** Asks with a token, and once more where it is over; what is asked must bear that. */
  async ask(send: (token: string) => Promise<ServerAnswer>): Promise<ServerAnswer> {
    const kept = this.session;
    const answer = await send((kept ?? (await this.signIn())).token);
    // The token ran out; or a right was given since, which holds from the next sign-in on (WSC-009).
    const isOver = answer.status === 401 || (answer.status === 403 && this.maySignInAnew());
    if (!kept || !isOver) return answer;
    if (this.session === kept) this.session = undefined;
    return send((this.session ?? (await this.signIn())).token);
  }

  /** Whether the last sign-in is some time ago. */
  maySignInAnew(): boolean {
    return this.now() - this.signedInAt >= SERVER_SIGN_IN_EVERY_MS;
  }

  /** As whom it asks. */
  async current(): Promise<SignedIn> {
    return this.session ?? this.signIn();
  }

  /** Anew. Requests that come together sign in once. */
  async signIn(): Promise<SignedIn> {
    if (this.refusal && this.now() < this.refusal.until) throw this.refusal.trouble;
    this.signingIn ??= this.signInNow().finally(() => {
      this.signingIn = undefined;
    });
    return this.signingIn;
  }

  private async signInNow(): Promise<SignedIn> {
    const { agent, path, account, checked, trouble } = this.parts;
    const answer = await exchange(agent, { method: 'POST', path, body: { account, password: this.password() } });
    if (answer.status === 401 || answer.status === 429) throw this.refused(answer);
    this.refusal = undefined;
    const { passwordMustChange, ...session } = readSignedIn(checked(answer), account);
    if (passwordMustChange) throw trouble('unchanged', `The account ${account} still has its first password there, with which it may do nothing: it must be changed before.`);
    this.signedInAt = this.now();
    this.session = session;
    return session;
  }

  private password(): string {
    try {
      return this.parts.password();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw this.parts.trouble('unopened', `The stored password can't be opened: give it again. ${reason}`, error);
    }
  }

  private refused({ status, retryAfterSeconds }: ServerAnswer): Failure {
    const { account, trouble: troubleOf } = this.parts;
    const trouble = troubleOf('refused', status === 429
      ? `The server takes no sign-in of ${account} from here for now, after too many wrong ones: are account and password right?`
      : `The server refuses the account ${account} or its password: correct them.`);
    this.refusal = { trouble, until: this.now() + Math.max(SERVER_REFUSED_PAUSE_MS, 1_000 * (retryAfterSeconds ?? 0)) };
    return trouble;
  }
}

function readSignedIn(body: unknown, given: string): SignedIn & { readonly passwordMustChange: boolean } {
  const { token, account, rights, passwordMustChange } = fieldsOf(body);
  if (typeof token !== 'string') throw otherVersion();
  return { token, account: typeof account === 'string' ? account : given, rights: readRights({ rights }), passwordMustChange: passwordMustChange === true };
}

/** Of a session: what the account may do. */
export function readRights(body: unknown): readonly string[] {
  const { rights } = fieldsOf(body);
  if (!Array.isArray(rights) || !rights.every((each) => typeof each === 'string')) throw otherVersion();
  return rights;
}
