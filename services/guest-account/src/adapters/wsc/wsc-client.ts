import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { ServerAgent } from '@inkpost/server-connection/server-agent.js';
import { exchange, readDetail, type ServerAnswer, type ServerRequest } from '@inkpost/server-connection/server-exchange.js';
import { SERVER_CALL_MAX_MS, SERVER_REFUSED_PAUSE_MS, SERVER_SIGN_IN_EVERY_MS } from '../../limits.js';
import type { ServerSettings } from '../../user-management/server-settings.js';
import { asTrouble, ServerTrouble } from '../../user-management/server-status.js';
import { readRights, readServer, readSignedIn, type ServerInformation, type SignedIn } from './wsc-answers.js';

/** What the account must be allowed to (WSC-008). */
export const RIGHTS_NEEDED = ['guests.read', 'guests.add', 'guests.edit', 'guests.delete'] as const;

export interface WscClientParts {
  readonly settings: ServerSettings;
  /** Throws a `Failure` where it can't be opened. */
  readonly password: () => string;
  readonly rules: AddressRules;
  readonly now?: () => number;
  /** How long one request may take. */
  readonly callMaxMs?: number;
}

/**
 * Speaks with another installation as one of its accounts. The token is kept until it is refused; an account that is refused is left alone
 * for a while, or it would be locked out. Everything that fails is a `ServerTrouble`, after a few seconds at most.
 */
export class WscClient {
  private readonly connections: ServerAgent;
  private readonly now: () => number;
  private session: SignedIn | undefined;
  private signingIn: Promise<SignedIn> | undefined;
  private signedInAt = Number.NEGATIVE_INFINITY;
  private refusal: { readonly trouble: ServerTrouble; readonly until: number } | undefined;

  constructor(private readonly parts: WscClientParts) {
    this.connections = new ServerAgent(parts.settings, parts.rules, parts.callMaxMs ?? SERVER_CALL_MAX_MS);
    this.now = parts.now ?? (() => performance.now());
  }

  /** What the server says of itself to everybody. */
  async server(): Promise<ServerInformation> {
    return readServer(checked(await this.send({ method: 'GET', path: '/wsc/v1/server' })));
  }

  /** Which of the rights that are needed the account lacks now. */
  async missingRights(): Promise<readonly string[]> {
    const granted = readRights(checked(await this.asAccount({ method: 'GET', path: '/wsc/v1/session' })));
    const missing = lackingIn(granted);
    return missing.length > 0 && this.maySignInAnew() ? lackingIn((await this.signIn()).rights) : missing;
  }

  /** Gives the body of the answer. A right that is missing is the trouble `rights-missing`. */
  async call(wanted: ServerRequest): Promise<unknown> {
    return checked(await this.asAccount(wanted));
  }

  /** The same, with a no (a right that is missing, or what is asked can't be) as an answer. */
  async ask(wanted: ServerRequest): Promise<{ readonly body: unknown } | { readonly refusal: string } | { readonly refusal: ServerTrouble }> {
    const answer = await this.asAccount(wanted);
    switch (answer.status) {
      case 400:
      case 409:
      case 422:
        return { refusal: readDetail(answer.body) || `The server answers ${answer.status}.` };
      case 403:
        return { refusal: rightsMissing(answer) };
      default:
        return { body: checked(answer) };
    }
  }

  close(): void {
    this.connections.destroy();
  }

  private async asAccount(wanted: ServerRequest): Promise<ServerAnswer> {
    const kept = this.session;
    const { token } = kept ?? (await this.signIn());
    const answer = await this.send({ ...wanted, token });
    // The token ran out; or a right was given since, which holds from the next sign-in on (WSC-009).
    const isOver = answer.status === 401 || (answer.status === 403 && this.maySignInAnew());
    if (!kept || !isOver) return answer;
    if (this.session === kept) this.session = undefined;
    return this.send({ ...wanted, token: (this.session ?? (await this.signIn())).token });
  }

  private maySignInAnew(): boolean {
    return this.now() - this.signedInAt >= SERVER_SIGN_IN_EVERY_MS;
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
    const { account } = this.parts.settings;
    let password: string;
    try {
      password = this.parts.password();
    } catch (error) {
      throw new ServerTrouble('not-initialised', `The stored password can't be opened: give it again. ${asTrouble(error).problem}`, error);
    }
    const answer = await this.send({ method: 'POST', path: '/wsc/v1/session', body: { account, password } });
    if (answer.status === 401 || answer.status === 429) throw this.refused(answer);
    this.refusal = undefined;
    const session = readSignedIn(checked(answer));
    if (session.passwordMustChange) throw new ServerTrouble('rights-missing', `The account ${account} still has its first password there, with which it may do nothing: it must be changed before.`);
    this.signedInAt = this.now();
    this.session = session;
    return session;
  }

  private refused({ status, retryAfterSeconds }: ServerAnswer): ServerTrouble {
    const { account } = this.parts.settings;
    const trouble = new ServerTrouble('connection-failed', status === 429
      ? `The server takes no sign-in of ${account} from here for now, after too many wrong ones: are account and password right?`
      : `The server refuses the account ${account} or its password: correct them.`);
    const pauseMs = Math.max(SERVER_REFUSED_PAUSE_MS, 1_000 * (retryAfterSeconds ?? 0));
    this.refusal = { trouble, until: this.now() + pauseMs };
    return trouble;
  }

  private async send(wanted: ServerRequest): Promise<ServerAnswer> {
    return exchange(this.connections, wanted).catch((error: unknown) => {
      throw asTrouble(error);
    });
  }
}

function lackingIn(granted: readonly string[]): readonly string[] {
  return RIGHTS_NEEDED.filter((right) => !granted.includes(right));
}

function rightsMissing({ body }: Pick<ServerAnswer, 'body'>): ServerTrouble {
  return new ServerTrouble('rights-missing', `A security profile on that server must give its account the rights to read, add, edit and delete guests. It says: ${readDetail(body)}`);
}

/** The body of an answer that says yes. */
function checked({ status, body }: ServerAnswer): unknown {
  if (status >= 200 && status < 300) return body;
  const detail = readDetail(body);
  const says = detail === '' ? '' : ` It says: ${detail}`;
  switch (status) {
    case 401:
      throw new ServerTrouble('connection-failed', `The server ends the session at once.${says}`);
    case 403:
      throw rightsMissing({ body });
    case 404:
    case 405:
      throw new ServerTrouble('connection-failed', 'What answers there is no server for user management: is the port right? Usually it is 5756.');
    case 429:
    case 502:
    case 503:
    case 504:
      throw new ServerTrouble('connection-failed', `The server can't answer now (${status}).${says}`);
    default:
      throw new ServerTrouble('unknown-error', `The server answers ${status}.${says}`);
  }
}
