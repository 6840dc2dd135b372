import { setTimeout as pause } from 'node:timers/promises';
import { fault } from '@inkpost/server-connection/run-steps.js';
import { GRAPH_PAUSE_MIN_MS, GRAPH_PAUSE_UNSAID_MS } from '../../limits.js';
import type { EntraPlaces, EntraToken } from './entra-token.js';
import { GraphRefused, isThrottled, throttled } from './graph-refusal.js';
import { exchangeJson, member, textIn } from './json-exchange.js';

/** What follows `?`, in the words of OData: `$filter`, `$select`, … */
export type GraphQuery = Readonly<Record<`$${string}`, string>>;

/** One page of a list. */
export interface GraphPage {
  readonly values: readonly unknown[];
  /** Of all pages; undefined where it wasn't asked for. */
  readonly count: number | undefined;
  /** Undefined: this was the last one. */
  readonly nextLink: string | undefined;
}

/** Questions to Microsoft Graph: signed in, and patient where Graph asks for patience. Throws `Failure`s, or `GraphRefused` for whoever knows more about what was asked for. */
export class GraphClient {
  /** Until when Graph wants no questions: performance.now(). */
  private quietUntil = 0;

  constructor(
    private readonly places: Pick<EntraPlaces, 'graphUrl' | 'agent'>,
    private readonly token: EntraToken,
    private readonly timeoutMs: number,
  ) {}

  /** The first page; `path` such as `/users`. */
  async list(path: string, query: GraphQuery): Promise<GraphPage> {
    // Values alone are encoded: Graph knows its options by their dollar sign.
    const options = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
    return this.page(new URL(`${this.places.graphUrl.replace(/\/$/, '')}/v1.0${path}?${options}`));
  }

  /** Another page, by the link of the one before. */
  async next(link: string): Promise<GraphPage> {
    const url = URL.canParse(link) ? new URL(link) : undefined;
    // The token goes along.
    if (url?.origin !== new URL(this.places.graphUrl).origin) throw fault('Microsoft Graph leads to another server for the next page, which is not followed.');
    return this.page(url);
  }

  private async page(url: URL): Promise<GraphPage> {
    const json = await this.get(url);
    const [values, count, link] = [member(json, 'value'), member(json, '@odata.count'), textIn(json, '@odata.nextLink')];
    if (!Array.isArray(values)) throw fault(`${url.host} does not answer as Microsoft Graph does: a list was asked for, and none came.`);
    return { values, count: typeof count === 'number' ? count : undefined, nextLink: link === '' ? undefined : link };
  }

  private async get(url: URL): Promise<unknown> {
    const deadline = performance.now() + this.timeoutMs;
    const signal = AbortSignal.timeout(this.timeoutMs);
    let refused: string | undefined;
    for (;;) {
      await this.waitForWelcome(deadline);
      const token = await this.token.current(refused);
      // With `eventual` and `$count` a question may join properties of any kind (Graph, "Advanced query capabilities").
      const headers = { accept: 'application/json', authorization: `Bearer ${token}`, consistencylevel: 'eventual', 'user-agent': 'Inkpost' };
      const answer = await exchangeJson(this.places.agent, 'Microsoft Graph', { method: 'GET', url, headers, signal, silenceMaxMs: this.timeoutMs });
      if (answer.status === 200) return answer.json;
      const refusal = new GraphRefused(answer);
      if (isThrottled(answer.status)) this.quietUntil = Math.max(this.quietUntil, performance.now() + Math.max(refusal.retryAfterMs ?? GRAPH_PAUSE_UNSAID_MS, GRAPH_PAUSE_MIN_MS));
      else if (answer.status === 401 && refused === undefined) refused = token;
      else throw refusal;
    }
  }

  /** A pause that ends in time is waited for; during a longer one nothing is sent, which Graph would count. */
  private async waitForWelcome(deadline: number): Promise<void> {
    const waitMs = this.quietUntil - performance.now();
    if (waitMs <= 0) return;
    if (this.quietUntil >= deadline) throw throttled(waitMs);
    await pause(waitMs);
  }
}
