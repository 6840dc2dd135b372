import type { IncomingMessage } from 'node:http';
import type { Agent } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { CauseDown } from '@inkpost/failure/failure.js';
import { GRAPH_JSON_BYTES_MAX, GRAPH_PATIENCE_MAX_MS, GRAPH_TOKEN_KEPT_MS, GRAPH_TRIES_MAX } from '../../limits.js';
import { readProblem } from './graph-answers.js';
import { connectionFailure, type GraphAccount, type GraphRefusal, isThrottled, notUnderstood, refusalFailure, throttled } from './graph-failure.js';
import { exchange, type HttpRequest, readBody, readRetryAfter } from '@inkpost/server-connection/https-exchange.js';

export interface GraphClientOptions {
  /** Of the installation, such as https://graph.microsoft.com. */
  readonly baseUrl: string;
  readonly agent: Agent;
  readonly account: GraphAccount;
  /** A token that is valid now; `refused` is one that Graph didn't take. */
  readonly accessToken: (refused?: string) => Promise<string>;
  /** Until when Graph wants no requests: outlives the client. */
  readonly pauses: GraphPauses;
  readonly signal: AbortSignal;
  /** How long the server may be silent. */
  readonly silenceMaxMs: number;
  readonly trace?: ((line: string) => void) | undefined;
}

/** When the next request for an account is welcome, in milliseconds since 1970, by its address. */
export type GraphPauses = Map<string, number>;

type Method = HttpRequest['method'];

/** An answer that is no success, for whoever knows more about what was asked for. */
export class GraphRefused extends Error {
  constructor(readonly refusal: GraphRefusal) {
    super(`${refusal.status} ${refusal.code}`);
  }
}

/**
 * Requests of one account's mails: signed in, patient where Graph asks for patience, cancellable. Throws `GraphRefused` for what
 * Graph answered other than success, and `Failure`s for the rest.
 */
export class GraphClient {
  /** The account's own part of Graph. */
  readonly root: string;
  readonly host: string;
  private token: { readonly text: string; readonly until: number } | undefined;

  constructor(private readonly options: GraphClientOptions) {
    const { baseUrl, account: { access, address } } = options;
    this.host = new URL(baseUrl).host;
    // An application has no /me; a person's sign-in name need not be the address.
    this.root = `${baseUrl.replace(/\/$/, '')}/v1.0/${access === 'delegated' ? 'me' : `users/${encodeURIComponent(address)}`}`;
  }

  /** `path` below the account, or a link that Graph gave. */
  async get(path: string, prefer?: string): Promise<unknown> {
    return this.readJson(await this.request('GET', path, undefined, prefer));
  }

  async change(method: Exclude<Method, 'GET'>, path: string, body?: unknown): Promise<unknown> {
    const response = await this.request(method, path, body === undefined ? undefined : JSON.stringify(body));
    return response.statusCode === 204 ? undefined : this.readJson(response);
  }

  /** A body that isn't JSON, as it comes. Left early, the connection is ended. */
  async *download(path: string, leaving?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    const response = await this.request('GET', path, undefined, undefined, leaving);
    let sizeBytes = 0;
    try {
      for await (const chunk of readBody(response, this.options.silenceMaxMs)) {
        sizeBytes += chunk.length;
        yield chunk;
      }
      this.options.trace?.(`< ${sizeBytes} bytes of a mail`);
    } catch (error) {
      throw this.lost(error);
    } finally {
      response.destroy();
    }
  }

  /** A failure in words for an error of this client. */
  explain(error: unknown): Error {
    return error instanceof GraphRefused ? refusalFailure(error.refusal, this.options.account) : connectionFailure(error, this.host);
  }

  private async request(method: Method, path: string, body?: string, prefer?: string, leaving?: AbortSignal): Promise<IncomingMessage> {
    const url = this.resolve(path);
    const signal = leaving ? AbortSignal.any([this.options.signal, leaving]) : this.options.signal;
    let refused: string | undefined;
    for (let tries = 1; ; tries += 1) {
      await this.waitForWelcome(signal);
      const token = await this.currentToken(refused);
      const response = await this.send({ method, url, signal, silenceMaxMs: this.options.silenceMaxMs, ...(body === undefined ? {} : { body }) }, token, prefer);
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) return response;
      const refusal = await this.readRefusal(response);
      if (isThrottled(status)) this.postpone(refusal, tries);
      if (status === 401 && refused === undefined) refused = token;
      else if (!isThrottled(status) || tries >= GRAPH_TRIES_MAX) throw new GraphRefused(refusal);
    }
  }

  /** Asked for again after a while, or when it was refused: whoever gives it knows when it ends. */
  private async currentToken(refused: string | undefined): Promise<string> {
    const { token } = this;
    if (token && token.text !== refused && performance.now() < token.until) return token.text;
    const text = await this.options.accessToken(refused);
    this.token = { text, until: performance.now() + GRAPH_TOKEN_KEPT_MS };
    return text;
  }

  private async send(wanted: Omit<HttpRequest, 'headers'>, token: string, prefer: string | undefined): Promise<IncomingMessage> {
    const { agent, trace } = this.options;
    // Ids that stay when a mail is moved; the preference holds for its own request only.
    const preferences = ['IdType="ImmutableId"', ...(prefer === undefined ? [] : [prefer])].join(', ');
    const headers = { accept: 'application/json', authorization: `Bearer ${token}`, prefer: preferences, 'user-agent': 'Inkpost' };
    trace?.(`> ${wanted.method} ${wanted.url.pathname}${wanted.url.search} ${wanted.body ?? ''}`.trimEnd());
    try {
      const response = await exchange(agent, { ...wanted, headers });
      trace?.(`< ${response.statusCode} ${response.statusMessage} request-id: ${String(response.headers['request-id'] ?? '')}`);
      return response;
    } catch (error) {
      throw this.lost(error);
    }
  }

  /** Never to another server: the token goes with it. */
  private resolve(path: string): URL {
    const url = new URL(path.startsWith('/') ? `${this.root}${path}` : path);
    if (url.origin !== new URL(this.root).origin) throw notUnderstood(this.host, `it leads to another server, ${url.origin}`);
    return url;
  }

  /** Short pauses are waited for here; a long one is a state of the mailbox, and nothing is sent meanwhile. */
  private async waitForWelcome(signal: AbortSignal): Promise<void> {
    const { pauses, account } = this.options;
    const waitMs = (pauses.get(account.address) ?? 0) - Date.now();
    if (waitMs <= 0) {
      pauses.delete(account.address);
      return;
    }
    if (waitMs > GRAPH_PATIENCE_MAX_MS) throw throttled(waitMs);
    this.options.trace?.(`* waiting for ${waitMs} ms, as Microsoft Graph wants it`);
    await pause(waitMs, undefined, { signal }).catch((error: unknown) => {
      throw this.lost(error);
    });
  }

  private postpone({ retryAfterMs }: GraphRefusal, tries: number): void {
    const { pauses, account } = this.options;
    const waitMs = retryAfterMs ?? 1_000 * 2 ** (tries - 1) * (1 + Math.random());
    pauses.set(account.address, Math.max(pauses.get(account.address) ?? 0, Date.now() + waitMs));
  }

  private async readRefusal(response: IncomingMessage): Promise<GraphRefusal> {
    const { headers, statusCode: status = 0 } = response;
    const { code, message } = readProblem(await this.readJson(response).catch(() => undefined));
    this.options.trace?.(`< ${code} ${message}`);
    return {
      status, code, message,
      requestId: String(headers['request-id'] ?? ''),
      claimsChallenge: /\bclaims=/.test(headers['www-authenticate'] ?? ''),
      retryAfterMs: readRetryAfter(headers['retry-after'], Date.now()),
    };
  }

  private async readJson(response: IncomingMessage): Promise<unknown> {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    try {
      for await (const chunk of readBody(response, this.options.silenceMaxMs)) {
        sizeBytes += chunk.length;
        if (sizeBytes > GRAPH_JSON_BYTES_MAX) throw notUnderstood(this.host, 'its answer is too long');
        chunks.push(chunk);
      }
    } catch (error) {
      throw this.lost(error);
    } finally {
      // Read to its end it does nothing, and the connection is kept.
      response.destroy();
    }
    try {
      return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
    } catch {
      throw notUnderstood(this.host, 'its answer is no JSON');
    }
  }

  private lost(error: unknown): Error {
    if (this.options.signal.aborted) return new CauseDown('mailbox.connection-lost', 'The connection to Microsoft Graph was ended.', { cause: error });
    return connectionFailure(error, this.host);
  }
}
