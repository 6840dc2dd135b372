import { AccountSession, readRights } from '@inkpost/server-connection/account-session.js';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { ServerAgent } from '@inkpost/server-connection/server-agent.js';
import { exchange, readDetail, type ServerAnswer, type ServerRequest } from '@inkpost/server-connection/server-exchange.js';
import { SERVER_CALL_MAX_MS } from '../../limits.js';
import type { ServerSettings } from '../../user-management/server-settings.js';
import { asTrouble, ServerTrouble } from '../../user-management/server-status.js';
import { readServer, type ServerInformation } from './wsc-answers.js';

/** What the account must be allowed to (WSC-008). */
export const RIGHTS_NEEDED = ['guests.read', 'guests.add', 'guests.edit', 'guests.delete'] as const;

const SIGN_IN_STATES = { unopened: 'not-initialised', refused: 'connection-failed', unchanged: 'rights-missing' } as const;

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
 * Speaks with another installation as one of its accounts. Everything that fails is a `ServerTrouble`, after a few seconds at most.
 */
export class WscClient {
  private readonly connections: ServerAgent;
  private readonly session: AccountSession;

  constructor(private readonly parts: WscClientParts) {
    this.connections = new ServerAgent(parts.settings, parts.rules, parts.callMaxMs ?? SERVER_CALL_MAX_MS);
    const { settings: { account }, password, now } = parts;
    this.session = new AccountSession({
      agent: this.connections, path: '/wsc/v1/session', account, password, checked, trouble: (kind, text, cause) => new ServerTrouble(SIGN_IN_STATES[kind], text, cause), ...(now ? { now } : {}),
    });
  }

  /** What the server says of itself to everybody. */
  async server(): Promise<ServerInformation> {
    return readServer(checked(await this.send({ method: 'GET', path: '/wsc/v1/server' })));
  }

  /** Which of the rights that are needed the account lacks now. */
  async missingRights(): Promise<readonly string[]> {
    const granted = readRights(checked(await this.asAccount({ method: 'GET', path: '/wsc/v1/session' })));
    const missing = lackingIn(granted);
    return missing.length > 0 && this.session.maySignInAnew() ? lackingIn((await this.session.signIn()).rights) : missing;
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

  async signIn(): Promise<void> {
    await this.session.signIn().catch((error: unknown) => {
      throw asTrouble(error);
    });
  }

  private async asAccount(wanted: ServerRequest): Promise<ServerAnswer> {
    return this.session.ask((token) => this.send({ ...wanted, token })).catch((error: unknown) => {
      throw asTrouble(error);
    });
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
